"""A nurse's round on the worklist with the keyboard alone, and what two people see of each other."""

import gzip
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitoring.models import Review
from rpm_portal.days import local_day
from rpm_portal.worklist.models import Snooze
from tests.browser.conftest import sign_in
from tests.builders import PASSWORD, a_patient, a_world, an_enrollment
from tests.conftest import CHROMIUM
from timetracking.models import TimeEntry

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    made = a_world(with_other=False)
    nurse = made.user("clinical_staff")
    made.rows = [made.enrollment] + [
        an_enrollment(made, a_patient(made.practice, nurse, mrn=f"K{n}", family=name), serial=f"k{n}")
        for n, name in enumerate(["Hall", "Irons", "Jones"])
    ]
    today = local_day(timezone.now(), made.practice.zone)
    made.read([today - timedelta(days=back) for back in (1, 2, 3)], now=timezone.now())
    return made


def test_a_round_without_a_mouse(page, live_server, world, heard):
    page.goto(live_server.url)
    page.keyboard.press("Tab")
    page.get_by_label("E-mail").focus()
    page.keyboard.type(world.user("clinical_staff").email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("4 more need something this week.")
    page.wait_for_load_state("networkidle")

    # Choose from the second to the third row and put them off.
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-chosen]")).to_contain_text("2 chosen")
    page.keyboard.press(".")
    page.wait_for_url("**/worklist/arrange/")
    page.get_by_label("Back on").focus()
    until = local_day(timezone.now(), world.practice.zone) + timedelta(days=3)
    page.keyboard.type(f"{until:%m%d%Y}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.get_by_label("Why").focus()
    page.keyboard.type("away at her daughter's")
    page.keyboard.press("Enter")
    page.wait_for_url(live_server.url + "/?")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 more need something this week.")
    assert Snooze.objects.count() == 2

    # The first patient: readings reviewed, the timer on and off, and on to the next one of the list.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/*/**")
    expect(page.locator("[data-around]")).to_contain_text("1 of 2 in the list")
    page.keyboard.press("r")
    expect(page.locator("#reviews")).to_contain_text("readings reviewed to")
    page.keyboard.press("t")
    expect(page.locator("#timer")).to_contain_text("Reviewing readings")
    page.keyboard.press("t")
    expect(page.locator("#timer")).to_contain_text("No timer runs")
    # A note and a message, each in the panel, which gives the focus back where it is closed without keeping.
    page.keyboard.press("n")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("Measures before breakfast now, n and m.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notes")).to_contain_text("Measures before breakfast now, n and m.")
    page.keyboard.press("m")
    expect(page.locator("#panel")).to_contain_text("Keep the message")
    page.locator("#panel [data-close]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-key=message]")).to_be_focused()
    first = urlsplit(page.url).path
    page.keyboard.press("]")
    expect(page.locator("[data-around]")).to_contain_text("2 of 2 in the list")
    assert urlsplit(page.url).path != first
    page.keyboard.press("[")
    page.wait_for_url(f"**{first}**")
    assert TimeEntry.objects.count() == 1
    assert Review.objects.count() == 1

    # Search with arrows, and the list of keys.
    page.keyboard.press("/")
    page.keyboard.type("jon")
    expect(page.locator("#found a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".banner .name")).to_contain_text("JONES")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url(live_server.url + "/")
    assert heard == []


def test_two_people_see_each_other_and_no_row_jumps(page, browser, live_server, world, heard):
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
    assert other.locator("tr[data-row]").all_inner_texts() == before, "rows stay until they are asked for"
    other.locator("#news a").click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("1 patient needs you")
    other.close()
    assert heard == []


def test_first_load_is_light_and_quick(page, live_server, world, capsys):
    bodies: list[bytes] = []
    page.on("response", lambda answer: bodies.append(answer.body()) if answer.status == 200 else None)
    sign_in(page, live_server, world.user("clinical_staff"))
    page.wait_for_load_state("networkidle")
    painted = page.evaluate(
        "new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))"
        ".observe({type: 'largest-contentful-paint', buffered: true}))"
    )
    weight = sum(len(gzip.compress(body)) for body in bodies)
    with capsys.disabled():
        print(f"\nfirst load {weight / 1000:.0f} kB compressed, largest contentful paint {painted:.0f} ms")  # noqa: T201
    assert weight < 150_000


_WATCH = """
window.interactions = [];
new PerformanceObserver((list) => list.getEntries().forEach((one) => one.interactionId && interactions.push(one.duration)))
  .observe({type: 'event', buffered: true, durationThreshold: 16});
"""


def test_keys_answer_within_what_feels_at_once(page, live_server, world, capsys):
    """From a key to the next frame, over the list, the help, the search and a chart: what browsers call interaction to
    next paint, 200 ms at most.
    """
    page.add_init_script(_WATCH)
    sign_in(page, live_server, world.user("clinical_staff"))
    page.wait_for_load_state("networkidle")
    worst = {}

    def pressed(where, *keys):
        page.evaluate("window.interactions.length = 0")
        for key in keys:
            page.keyboard.press(key)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 120)))")
        worst[where] = max(page.evaluate("window.interactions"), default=0)

    pressed("list", *"jjjkkxj")
    pressed("help", "?", "Escape")
    pressed("search", "/", *"orte")
    page.keyboard.press("Escape")
    page.locator("tr[data-row] a[data-open]").first.click()
    page.wait_for_url("**/patients/*/**")
    page.wait_for_load_state("networkidle")
    pressed("chart", "t", "r")
    with capsys.disabled():
        told = ", ".join(f"{where} {took:.0f} ms" if took else f"{where} under 16 ms" for where, took in worst.items())
        print(f"\ninteraction to next paint: {told}")  # noqa: T201
    assert max(worst.values()) <= 200
