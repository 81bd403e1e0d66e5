"""The worklist with the keyboard only, and how two people see each other's work."""

import gzip
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitoring.models import Review
from rpm_portal.core.days import local_day
from rpm_portal.pages.worklist.models import Snooze
from tests.browser.conftest import go, key, sign_in
from tests.builders import PASSWORD, a_patient, a_world, an_enrollment
from tests.conftest import CHROMIUM
from timetracking.models import TimeEntry

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    nurse = new_world.user("clinical_staff")
    new_world.rows = [new_world.enrollment] + [
        an_enrollment(new_world, a_patient(new_world.practice, nurse, mrn=f"K{n}", family=name), serial=f"k{n}")
        for n, name in enumerate(["Hall", "Irons", "Jones"])
    ]
    today = local_day(timezone.now(), new_world.practice.zone)
    new_world.read([today - timedelta(days=back) for back in (1, 2, 3)], now=timezone.now())
    return new_world


def test_a_nurse_works_through_the_worklist_without_a_mouse(page, live_server, world, browser_errors):
    page.goto(live_server.url)
    key(page, "Tab")
    page.get_by_label("E-mail").focus()
    page.keyboard.type(world.user("clinical_staff").email)
    key(page, "Tab")
    page.keyboard.type(PASSWORD)
    key(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 more need something this week.")
    page.wait_for_load_state("networkidle")

    # Select the second and the third row and snooze them.
    key(page, "j")
    key(page, "j")
    key(page, "x")
    key(page, "j")
    key(page, "Shift+X")
    expect(page.locator("[data-chosen]")).to_contain_text("2 selected")
    key(page, ".")
    page.wait_for_url("**/worklist/arrange/")
    page.get_by_label("Snooze until").focus()
    until = local_day(timezone.now(), world.practice.zone) + timedelta(days=3)
    page.keyboard.type(f"{until:%m%d%Y}")
    key(page, "Tab")
    key(page, "Tab")
    page.get_by_label("Reason").focus()
    page.keyboard.type("away at her daughter's")
    key(page, "Enter")
    page.wait_for_url(live_server.url + "/?")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 more need something this week.")
    assert Snooze.objects.count() == 2

    # The first patient: review the readings, start and stop the timer, and go to the next patient of the list.
    key(page, "j")
    key(page, "Enter")
    page.wait_for_url("**/patients/*/**")
    expect(page.locator("[data-around]")).to_contain_text("1 of 2 in the list")
    key(page, "r")
    expect(page.locator("#reviews")).to_contain_text("readings reviewed to")
    key(page, "t")
    expect(page.locator("#timer")).to_contain_text("Reviewing readings")
    key(page, "t")
    expect(page.locator("#timer")).to_contain_text("No timer running")
    # A note and a message, each in the panel, which returns the focus if it is closed without saving.
    key(page, "n")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("Measures before breakfast now, n and m.")
    key(page, "Tab")
    key(page, "Enter")
    expect(page.locator(".notes")).to_contain_text("Measures before breakfast now, n and m.")
    key(page, "m")
    expect(page.locator("#panel")).to_contain_text("Sign message")
    page.locator("#panel [data-close]").focus()
    key(page, "Enter")
    expect(page.locator("[data-key=message]")).to_be_focused()
    first = urlsplit(page.url).path
    key(page, "]")
    expect(page.locator("[data-around]")).to_contain_text("2 of 2 in the list")
    assert urlsplit(page.url).path != first
    key(page, "[")
    page.wait_for_url(f"**{first}**")
    assert TimeEntry.objects.count() == 1
    assert Review.objects.count() == 1

    # Search with arrows, and the list of keys.
    key(page, "/")
    page.keyboard.type("jon")
    expect(page.locator("#found a")).to_have_count(1)
    key(page, "ArrowDown")
    key(page, "Enter")
    expect(page.locator(".banner .name")).to_contain_text("JONES")
    key(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    key(page, "Escape")
    expect(page.locator("#keys")).to_be_hidden()
    go(page, "w", live_server.url + "/")
    assert browser_errors == []


def test_two_people_see_each_other_and_no_row_jumps(page, browser, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    other = browser.new_page()
    sign_in(other, live_server, world.user("physician"))
    row = other.locator(f"tr[data-patient='{world.patient.public_id}']")
    expect(row).to_contain_text("open by C. P")
    before = other.locator("tr[data-row]").all_inner_texts()

    from decimal import Decimal

    from monitoring.services import set_threshold

    doctor = world.user("physician")
    set_threshold(enrollment=world.enrollment, metric="blood_pressure", by=doctor, high=Decimal(150))
    now = timezone.now()
    world.send(
        [{"device": world.serial, "metric": "blood_pressure", "measured_at": now.isoformat(), "systolic": 190,
          "diastolic": 90, "pulse": 70}], now=now,
    )  # fmt: skip
    other.evaluate(
        "htmx.trigger('#news', 'look'); htmx.ajax('GET', document.querySelector('#news').getAttribute('hx-get'), {target: '#news', swap: 'outerHTML'})"
    )
    expect(other.locator("#news")).to_contain_text("1 new alert")
    assert other.locator("tr[data-row]").all_inner_texts() == before, "rows stay until the user asks for new ones"
    other.locator("#news a").click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("1 patient needs you")
    other.close()
    assert browser_errors == []


def test_the_first_page_is_light(page, live_server, world):
    bodies: list[bytes] = []
    page.on("response", lambda response: bodies.append(response.body()) if response.status == 200 else None)
    sign_in(page, live_server, world.user("clinical_staff"))
    page.wait_for_load_state("networkidle")
    assert sum(len(gzip.compress(body)) for body in bodies) < 150_000


def test_keys_that_move_within_a_page_ask_the_server_nothing(page, live_server, world):
    """Keys in the list and the help send no request, and a search one. `make bench` measures how fast they are."""
    sign_in(page, live_server, world.user("clinical_staff"))
    page.wait_for_load_state("networkidle")
    # The page sends its own requests by its clock, which does not move from here on.
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
    page.wait_for_load_state("networkidle")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {urlsplit(request.url).path}"))

    for name in (*"jjjkkxjx", "?", "Escape"):
        key(page, name)
    expect(page.locator("#keys")).to_be_hidden()
    assert requests == []
    key(page, "/")
    page.keyboard.type("orte")
    page.clock.run_for(1000)
    expect(page.locator("#found a")).to_have_count(1)
    assert len(requests) == 1, "one request for a word typed quickly"
