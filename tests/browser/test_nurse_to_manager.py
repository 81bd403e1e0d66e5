"""The main steps in a real browser, by a nurse and then a manager, on a desktop and on a phone."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rpm_portal.core.days import Month, local_day
from tests.browser.conftest import go, key, sign_in, sign_out
from tests.builders import PASSWORD, World, a_world, days
from tests.conftest import CHROMIUM
from timetracking.models import Call, TimeEntry

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


TWO_SECONDS = timedelta(seconds=2)  # a timer that ran for less than a second is not stored


@pytest.fixture
def world(transactional_db) -> World:
    new_world = a_world()
    for role in ("clinical_staff", "manager"):
        user = new_world.user(role)
        user.set_password(PASSWORD)
        user.save()
    today = local_day(timezone.now(), new_world.practice.zone)
    last = Month.of(today).plus(-1)
    read = [day for day in days(str(last.plus(-1).first_day), str(today)) if day < today]
    new_world.read(read, now=timezone.now())
    new_world.send(
        [
            {
                "device": new_world.serial, "metric": "blood_pressure", "systolic": 191, "diastolic": 101,
                "measured_at": (timezone.now() - timedelta(hours=1)).isoformat(),
            }
        ],
        now=timezone.now(),
    )  # fmt: skip
    return new_world


def test_a_nurse_reviews_times_and_calls_and_a_manager_closes_the_month(
    page, live_server, world, worker, browser_errors, pinned_day
):
    sign_in(page, live_server, world.user("clinical_staff"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 patient needs you, 1 urgent.")
    page.get_by_role("link", name="ORTEGAP, Miguel").click()
    expect(page.get_by_role("img", name=re.compile("Blood pressure, .* values"))).to_be_visible()

    # The timer runs on the server: it survives a reload and a second tab.
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("Reviewing readings")
    page.reload()
    expect(page.locator("#timer")).to_contain_text("ORTEGAP, Miguel")
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.locator("#timer")).to_contain_text("Reviewing readings")
    expect(second.get_by_role("button", name="Start timer")).to_be_hidden()
    assert TimeEntry.objects.count() == 1
    second.close()

    # The alert is closed with a conclusion.
    alerts = page.locator("#alerts")
    key(page, "a")
    alerts.locator("select[name=conclusion]").first.select_option("expected")
    alerts.get_by_label("Note").first.fill("Rested, then 142/84.")
    alerts.get_by_role("button", name="Close alert").first.click()
    expect(alerts).to_contain_text("Closed: expected for this patient")
    pinned_day.shift(TWO_SECONDS)
    page.get_by_role("button", name=re.compile("^Stop")).click()
    expect(page.locator("#timer")).to_contain_text("No timer running")

    # A call needs its length and its text; then it is saved, and it is live.
    page.get_by_role("button", name="Call").click()
    page.get_by_label("Outcome").select_option("patient")
    page.get_by_role("button", name="Sign call").click()
    expect(page.get_by_text("Enter the length of the conversation.", exact=True)).to_be_visible()
    page.get_by_label("Seconds").fill("30")
    page.get_by_label("Discussion and plan").fill("Sat down, measured again, 132 over 80.")
    page.get_by_role("button", name="Sign call").click()
    expect(page.get_by_text("Sat down, measured again")).to_be_visible()
    assert Call.objects.get().is_live
    sign_out(page)

    worker.start()
    sign_in(page, live_server, world.user("manager"))
    page.get_by_role("link", name="Month close", exact=True).click()
    month = Month.of(local_day(timezone.now(), world.practice.zone)).plus(-1)
    page.get_by_role("link", name=month.words).click()
    page.get_by_role("button", name="Calculate the month").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("in review")
    page.get_by_role("link", name="99454").first.click()
    expect(
        page.get_by_text(re.compile(r"recorded on \d+ days from .* 99454 requires at least 16 days\.")).first
    ).to_be_visible()
    expect(page.get_by_text("A signed practitioner order is on file").first).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("approved")
    page.get_by_role("link", name=month.words).click()
    page.wait_for_url(f"**/months/{month}/")
    # Lines of a first month are not approved together: the others are decided in their rows.
    for line in range(page.locator("tr [data-next]").count()):
        page.locator("tr:not(.done) [data-next]").first.click()
        expect(page.locator("tr.done")).to_have_count(line + 1)
    page.get_by_role("button", name="Submit for lock").click()
    expect(page.get_by_text("You submitted this month.")).to_be_visible()
    sign_out(page)

    # Another person sets the seal, with the password.
    sign_in(page, live_server, world.user("physician"))
    page.goto(f"{live_server.url}/months/{month}/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Lock month").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("is locked")
    # A form with errors is a 422, which the browser reports as an error.
    assert [error for error in browser_errors if "422" not in error] == []


def test_an_expired_session_leads_the_whole_page_to_sign_in_and_back(page, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.get_by_role("link", name="ORTEGAP, Miguel").click()
    page.wait_for_url("**/patients/**")
    chart = page.url
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Start timer").click()

    expect(page.get_by_role("heading", name="Sign in to RPM Portal")).to_be_visible()
    page.get_by_label("E-mail").fill(world.user("clinical_staff").email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(chart.split("?")[0])


def test_the_main_steps_work_without_javascript(browser, live_server, world, pinned_day):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, world.user("clinical_staff"))
    page.get_by_role("link", name="ORTEGAP, Miguel").click()
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("Reviewing readings")
    pinned_day.shift(TWO_SECONDS)
    page.get_by_role("button", name=re.compile("^Stop")).click()
    expect(page.locator("#timer")).to_contain_text("No timer running")
    page.locator("#alerts summary", has_text="Close").first.click()
    page.locator("#alerts select[name=conclusion]").first.select_option("expected")
    page.get_by_label("Note").first.fill("Rested, then 142/84.")
    page.get_by_role("button", name="Close alert").first.click()
    expect(page.locator("#alerts")).to_contain_text("No open alerts.")
    context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_is_wider_than_its_screen(browser, live_server, world, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, live_server, world.user("clinical_staff"))
    chart = f"/patients/{world.patient.public_id}/"
    call = f"/enrollments/{world.enrollment.public_id}/calls/new/"
    for path in ("/", chart, call, "/patients/", "/readings/unmatched/"):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_keys_work_outside_text_fields_and_not_in_them(page, live_server, world):
    sign_in(page, live_server, world.user("clinical_staff"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Patients")).to_be_visible()
    # The worklist: go to the first row and open its chart.
    key(page, "j")
    expect(page.locator("tr[data-row]").first).to_be_focused()
    key(page, "Enter")
    page.wait_for_url("**/patients/*/**")
    go(page, "p", "**/patients/")
    key(page, "/")
    page.keyboard.type("tort")
    expect(page.get_by_label("Search patients, devices, orders, claims")).to_have_value("tort")
    expect(page.locator("#found")).to_contain_text("Nothing matches")
    key(page, "Escape")
    expect(page.locator("#found li")).to_have_count(0)
    assert not TimeEntry.objects.exists()
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    key(page, "t")
    expect(page.locator("#timer")).to_contain_text("Reviewing readings")
