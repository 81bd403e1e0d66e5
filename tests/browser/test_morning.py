"""A nurse's morning: three patients, a switch, an idle cut, a voicemail, a live call, a late entry, a signed day."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rpm_portal.core.days import local_day
from tests.browser.conftest import key, sign_in
from tests.builders import PASSWORD, a_patient, a_world, an_enrollment
from tests.conftest import CHROMIUM, wait_for
from timetracking.calls.texts import add_call_templates
from timetracking.models import Call, DaySignature, TimeEntry

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


TWO_SECONDS = timedelta(seconds=2)  # a timer that ran for less than a second is not stored


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    add_call_templates(practice=new_world.practice, by=None)
    nurse = new_world.user("clinical_staff")
    new_world.rows = [new_world.enrollment] + [
        an_enrollment(new_world, a_patient(new_world.practice, nurse, mrn=f"M{n}", family=name, given_name="Ann"))
        for n, name in enumerate(["Hall", "Irons"])
    ]
    today = local_day(timezone.now(), new_world.practice.zone)
    new_world.read([today - timedelta(days=back) for back in (1, 2)], now=timezone.now())
    return new_world


def chart(page, live_server, row):
    page.goto(f"{live_server.url}/patients/{row.patient.public_id}/")


def expect_timer_on(page, name):
    """Wait until the timer runs for this patient. The question whether to start it also has the name, but no clock."""
    expect(page.locator("#timer b.clock")).to_be_visible()
    expect(page.locator("#timer .about")).to_contain_text(name)


def test_a_nurses_morning(page, live_server, world, browser_errors, pinned_day):
    nurse = world.user("clinical_staff")
    first, second, third = world.rows
    page.clock.install()
    sign_in(page, live_server, nurse)

    # The first patient: review the readings, then go to the next patient without stopping the timer.
    chart(page, live_server, first)
    key(page, "t")
    expect(page.locator("#timer")).to_contain_text("ORTEGAP")
    pinned_day.shift(TWO_SECONDS)
    page.locator("#timer summary", has_text="change").click()
    page.locator("#change-to").select_option("plan")
    page.locator("#timer").get_by_role("button", name="Change").click()
    expect(page.locator("#timer .about span").first).to_contain_text("Adjusting the plan")
    pinned_day.shift(TWO_SECONDS)
    chart(page, live_server, second)
    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("and start HALL, Ann?")
    page.get_by_role("button", name="Stop and start").click()
    expect_timer_on(page, "HALL")

    # After two minutes without input the portal asks, and the timer is cut at the last heartbeat.
    pinned_day.shift(TWO_SECONDS)
    # The browser's clock moves only in `run_for`: on a busy machine the question would otherwise time out.
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
    page.clock.run_for(16_000)
    wait_for(lambda: TimeEntry.objects.get(stopped_at=None, voided_at=None).seen_at is not None)
    page.clock.run_for(122_000)
    # An earlier request may still refresh the timer bar: wait for it.
    page.wait_for_load_state("networkidle")
    page.clock.run_for(28_000)
    expect(page.locator("[data-idle]")).to_be_visible()
    page.clock.resume()
    page.get_by_role("button", name="Stop at last activity").click()
    expect(page.locator("#timer")).to_contain_text("No timer running")
    cut = TimeEntry.objects.filter(enrollment=second).latest("started_at")
    assert cut.voided_at is not None or cut.stopped_at <= cut.seen_at

    # A voicemail with the keyboard: the panel opens and the timer runs for the call.
    key(page, "t")
    expect(page.locator("#timer")).to_contain_text("HALL")
    pinned_day.shift(TWO_SECONDS)
    key(page, "c")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Call HALL")).to_be_visible()
    expect(page.locator("#timer")).to_contain_text("Calling the patient")
    panel.get_by_label("Outcome").select_option("voicemail")
    pinned_day.shift(TWO_SECONDS)
    panel.get_by_role("button", name="Sign call").click()
    expect(page.get_by_text("does not count as live").first).to_be_visible()
    assert not Call.objects.get().is_live
    expect(page.locator("#timer")).to_contain_text("Reviewing readings")

    # A live call with a text template, which is not saved before its placeholders are filled.
    chart(page, live_server, first)
    page.get_by_role("button", name="Start timer").click()
    page.get_by_role("button", name="Stop and start").click()
    expect_timer_on(page, "ORTEGAP")
    pinned_day.shift(TWO_SECONDS)
    key(page, "c")
    expect(panel.get_by_role("heading", name="Call ORTEGAP")).to_be_visible()
    key(page, "Alt+r")
    expect(panel.get_by_label("Readings reviewed")).to_have_value(containing("128/79 mmHg"))
    panel.get_by_role("button", name="Use").click()
    panel.get_by_label("Outcome").select_option("patient")
    pinned_day.shift(TWO_SECONDS)
    panel.get_by_role("button", name="End call").click()
    wait_for(lambda: TimeEntry.objects.filter(activity="call", enrollment=first, stopped_at__isnull=False).exists())
    expect(panel.get_by_label("Seconds")).not_to_have_value("0")
    panel.get_by_role("button", name="Sign call").click()
    expect(panel).to_contain_text("Fill in or delete")
    assert Call.objects.count() == 1
    panel.get_by_label("Discussion and plan").fill("Feels well, salt less, next talk in two weeks.")
    panel.get_by_role("button", name="Sign call").click()
    expect(page.get_by_text("Feels well, salt less")).to_be_visible()
    assert Call.objects.get(outcome="patient").is_live

    # A late entry for the third patient, previewed before it is saved.
    pinned_day.shift(TWO_SECONDS)
    key(page, "t")
    expect(page.locator("#timer")).to_contain_text("No timer running")
    yesterday = local_day(timezone.now(), world.practice.zone) - timedelta(days=1)
    page.goto(f"{live_server.url}/enrollments/{third.public_id}/time/new/")
    page.get_by_label("Day").fill(yesterday.isoformat())
    page.get_by_label("From").fill("09:00:00")
    page.locator("#id_end").fill("09:06:30")
    page.get_by_label("Why no timer ran").select_option("home visit")
    page.get_by_role("button", name="Show that day").click()
    expect(page.get_by_text("No time on this day.")).to_be_visible()
    page.get_by_role("button", name="Save time").click()
    expect(page.get_by_text("6:30").first).to_be_visible()
    assert TimeEntry.objects.get(enrollment=third).proof == "late"

    # The day is signed.
    page.goto(f"{live_server.url}/my-day/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign").last.click()
    expect(page.get_by_text("Signed by")).to_be_visible()
    assert DaySignature.objects.count() == 1
    assert [error for error in browser_errors if "422" not in error] == []


def containing(text):
    import re

    return re.compile(re.escape(text))


def test_a_second_browser_shows_the_timer_without_being_touched(
    page, browser, live_server, world, browser_errors, pinned_day
):
    nurse = world.user("clinical_staff")
    sign_in(page, live_server, nurse)
    other = browser.new_context().new_page()
    sign_in(other, live_server, nurse)
    chart(page, live_server, world.rows[0])
    other.goto(f"{live_server.url}/my-day/")
    expect(other.locator("#timer")).to_contain_text("No timer running")

    page.get_by_role("button", name="Start timer").click()
    expect(page.locator("#timer")).to_contain_text("ORTEGAP")
    expect(other.locator("#timer")).to_contain_text("ORTEGAP")
    pinned_day.shift(TWO_SECONDS)
    other.get_by_role("button", name="Stop").click()
    expect(page.locator("#timer")).to_contain_text("No timer running")
    assert browser_errors == []
    other.context.close()


def test_a_chart_starts_the_timer_after_five_seconds_unless_canceled(page, live_server, world, browser_errors):
    from timetracking.models import StartPolicy

    StartPolicy.objects.create(practice=world.practice, role="clinical_staff", starts="automatic")
    sign_in(page, live_server, world.user("clinical_staff"))
    page.clock.install()
    chart(page, live_server, world.rows[0])
    page.get_by_role("button", name="Not now").click()
    page.clock.run_for(7000)
    assert not TimeEntry.objects.exists()
    chart(page, live_server, world.rows[1])
    page.clock.run_for(6000)
    expect(page.locator("#timer")).to_contain_text("HALL")
    assert browser_errors == []
