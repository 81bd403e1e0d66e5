"""A timer asks after silence, on leaving, and in a call without input; and ends where the person was last."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import go, key, press, sign_in
from tests.builders import PASSWORD, a_world
from tests.conftest import CHROMIUM, wait_for
from timetracking.models import DaySignature, TimeEntry, TimePolicy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


TWO_SECONDS = timedelta(seconds=2)  # a timer that ran for less than a second is not stored


@pytest.fixture
def world(transactional_db):
    return a_world(with_other=False)


def test_an_idle_timer_asks_and_is_cut_and_the_day_is_signed(page, live_server, world, browser_errors, pinned_day):
    page.clock.install()
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("short of 99470")
    # From here the browser's clock moves only in `run_for`: on a busy machine the question would otherwise time out.
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
    page.clock.run_for(16_000)
    wait_for(lambda: TimeEntry.objects.get().seen_at is not None)
    seen = TimeEntry.objects.get().seen_at

    # Without input the portal asks after two minutes, and sends no heartbeat meanwhile.
    page.clock.run_for(122_000)
    page.wait_for_load_state("networkidle")
    page.clock.run_for(28_000)
    question = page.locator("[data-idle]")
    expect(question).to_be_visible()
    expect(question).to_contain_text("Still on ORTEGAP, Miguel?")
    page.clock.resume()
    question.get_by_role("button", name="Stop at last activity").click()
    expect(page.locator("#timer")).to_contain_text("No timer running")
    entry = TimeEntry.objects.get()
    assert entry.voided_at is not None or entry.stopped_at <= entry.seen_at
    assert entry.seen_at >= seen

    # A pause remembers the patient; the day is signed with the password.
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer b.clock")).to_be_visible()
    pinned_day.shift(TWO_SECONDS)  # the server's own clock counts
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#timer")).to_contain_text("Paused: ORTEGAP")
    go(page, "m", "**/my-day/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign").last.click()
    expect(page.get_by_text("Signed by")).to_be_visible()
    assert DaySignature.objects.count() == 1
    assert browser_errors == []


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_of_time_is_wider_than_the_screen(page, live_server, world, width, browser_errors):
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, live_server, world.user("clinical_staff"))
    entry = world.work("2026-03-10", 300)
    for path in ("my-day/", f"enrollments/{world.enrollment.public_id}/time/new/", f"time/{entry.public_id}/void/"):
        page.goto(f"{live_server.url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert browser_errors == []


def test_a_browser_whose_clock_is_three_hours_wrong_changes_no_stamp(
    page, live_server, world, browser_errors, still_clock
):
    now = timezone.now()
    page.clock.install(time=now + timedelta(hours=3))
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("ORTEGAP")
    assert TimeEntry.objects.get().started_at == now
    expect(page.locator("#timer b.clock")).to_have_attribute("data-running", "0")
    still_clock.shift(TWO_SECONDS)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#timer")).to_contain_text("No timer running")
    assert TimeEntry.objects.get().stopped_at == now + TWO_SECONDS


def test_a_running_timer_covers_no_sticky_element(page, live_server, world, browser_errors):
    page.set_viewport_size({"width": 1280, "height": 500})
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.mouse.wheel(0, 400)
    page.wait_for_function("window.scrollY > 100")

    bar, banner = page.locator(".top").bounding_box(), page.locator(".banner").bounding_box()
    assert bar["height"] <= 60, "the timer is one line"
    assert banner["y"] >= bar["y"] + bar["height"], "the name of the patient stays visible"
    assert browser_errors == []


def test_a_running_timer_takes_less_than_a_third_of_a_phone_screen(page, live_server, world, browser_errors):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("short of")

    assert page.locator("main").bounding_box()["y"] < 844 / 3
    stop, clock = (page.locator(f"#timer {selector}").bounding_box() for selector in ("[data-key=stop]", ".clock"))
    assert abs(stop["y"] + stop["height"] / 2 - clock["y"] - clock["height"] / 2) < 4, (
        "the stop button is next to the clock"
    )
    page.locator("#timer summary", has_text="change").click()
    panel = page.locator("#timer details.pop > div").bounding_box()
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 390
    assert browser_errors == []


def test_c_calls_the_patient_of_the_running_timer_from_any_page(page, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer [data-key=call]")).to_be_hidden()
    page.goto(f"{live_server.url}/my-day/")
    expect(page.locator("#timer [data-key=call]")).to_be_visible()
    key(page, "c")
    page.wait_for_url("**/calls/new/")

    expect(page.locator("#timer")).to_contain_text("Calling the patient")
    expect(page.locator("#timer [data-key=call]")).to_have_count(0)
    assert browser_errors == []


def test_a_call_without_input_asks_and_ends_if_nobody_answers(page, live_server, world, browser_errors):
    TimePolicy.objects.create(practice=world.practice, call_idle_minutes=2)
    page.clock.install()
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    key(page, "c")
    expect(page.locator("#timer[data-call-idle='2']")).to_be_visible()
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
    page.clock.run_for(105_000)
    expect(page.locator("[data-idle]")).to_be_hidden()
    wait_for(lambda: TimeEntry.objects.get().seen_at is not None)
    page.clock.run_for(31_000)
    expect(page.locator("[data-idle]")).to_be_visible()
    assert TimeEntry.objects.get().stopped_at is None
    page.clock.run_for(75_000)
    expect(page.locator("#timer")).to_contain_text("No timer running")
    wait_for(lambda: TimeEntry.objects.get().stopped_at is not None)
    assert browser_errors == []


def test_leaving_the_patients_pages_asks_and_is_answered_by_keyboard(page, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer b.clock")).to_be_visible()
    go(page, "w", f"{live_server.url}/")
    expect(page.locator("[data-leaving=ask]")).to_contain_text("The timer is still running for ORTEGAP")
    page.wait_for_load_state("networkidle")
    press(page, "Stop timer")
    expect(page.locator("#timer")).to_contain_text("No timer running")
    assert browser_errors == []


def test_leaving_the_patients_pages_stops_the_timer_where_the_practice_decided_so(
    page, live_server, world, browser_errors, pinned_day
):
    TimePolicy.objects.create(practice=world.practice, leaving="end")
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer b.clock")).to_be_visible()
    pinned_day.shift(TWO_SECONDS)
    go(page, "w", f"{live_server.url}/")
    expect(page.locator("#timer")).to_contain_text("No timer running")
    assert TimeEntry.objects.get().stopped_at is not None or TimeEntry.objects.get().voided_at is not None
    assert browser_errors == []
