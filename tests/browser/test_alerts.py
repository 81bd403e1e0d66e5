"""A reading outside its limits arrives by webhook; a nurse documents the call with the keyboard, which closes it."""

import json
import re
import urllib.request
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitoring.ingest.simulated import body_of
from monitoring.models import Alert, Reading, Review
from monitoring.services import look_after, open_source
from tests.browser.conftest import key, sign_in
from tests.builders import a_world
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import CHROMIUM
from timetracking.models import Call, TimeEntry

TWO_SECONDS = timedelta(seconds=2)  # a timer that ran for less than a second is not stored

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    _, new_world.telli = open_source(practice=new_world.practice, name="Telli", shape="telli", now=timezone.now())
    look_after(
        enrollment=new_world.enrollment, member=new_world.members["clinical_staff"], by=new_world.user("manager")
    )
    return new_world


def webhook(live_server, world, systolic):
    """Send a reading over HTTP in the vendor's format."""
    address, body = body_of(
        "telli", serial=world.serial, metric="blood_pressure", values=(systolic, 95, 70), at=timezone.now()
    )
    request = urllib.request.Request(
        live_server.url + address,
        json.dumps(body).encode(),
        {"x-api-key": world.telli, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=HANG_TIMEOUT_SECONDS) as response:
        assert response.status == 200


def test_an_alert_arrives_and_is_closed_by_the_call_that_answers_it(
    page, live_server, world, browser_errors, pinned_day
):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/alerts/?who=mine")
    expect(page.get_by_text("No open alerts.")).to_be_visible()

    webhook(live_server, world, 192)
    # Rows do not move: a bar links to the new alerts.
    expect(page.locator("#news")).to_contain_text("1 new")
    expect(page.locator("[data-row]")).to_have_count(0)
    page.locator("#news a").click()
    expect(page.locator("[data-row]")).to_contain_text("192/95 mmHg")
    expect(page.locator("[data-row]")).to_contain_text("HH")

    # Close the alert without a mouse.
    key(page, "j")
    key(page, "a")
    expect(page.get_by_label("Outcome")).to_be_focused()
    page.keyboard.type("called")
    key(page, "Tab")
    page.keyboard.type("Rested for ten minutes, then 148/88. Took the missed tablet.")
    key(page, "Enter")

    # "Called the patient" opens the call with the reading and the note in it; saving it closes the alert.
    page.wait_for_url("**/calls/new/")
    expect(page.get_by_label("Readings reviewed")).to_have_value(re.compile("192/95 mmHg.*limit 180"))
    expect(page.get_by_label("Discussion and plan")).to_have_value(re.compile("^Rested for ten minutes"))
    assert Alert.objects.get().state == "open"
    page.get_by_label("Outcome").select_option("patient")
    pinned_day.shift(TWO_SECONDS)
    page.get_by_role("button", name="End call").click()
    expect(page.get_by_label("Seconds")).not_to_have_value("0")
    page.get_by_role("button", name="Sign call").click()
    expect(page.locator("main")).to_contain_text("The alert is closed: called the patient.")

    assert Alert.objects.get().state == "closed"
    assert Review.objects.get().conclusion == "called"
    assert Call.objects.get().is_live
    assert TimeEntry.objects.filter(activity="call").exists(), "the timer runs as a call from the moment it opens"

    # The chart: its values are read with the arrow keys, and reviewed with one key.
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    page.locator("[data-chart]:visible").focus()
    key(page, "End")
    expect(page.locator("[data-chart]:visible output")).to_contain_text("192/95 mmHg")
    expect(page.locator("[data-chart]:visible output")).to_contain_text("critical high")
    page.locator("main").click(position={"x": 5, "y": 5})
    key(page, "r")
    expect(page.locator("#reviews")).to_contain_text("readings reviewed to")
    assert Review.objects.filter(conclusion="read").exists()
    assert browser_errors == []


def test_a_file_is_previewed_and_imported(page, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/enrollments/{world.enrollment.public_id}/readings/file/")
    text = "Date,Time,Systolic (mmHg),Diastolic (mmHg),Pulse (bpm)\nFeb 03 2026,08:14 AM,128,79,66\nFeb 04 2026,08:10 AM,999,80,66\n"
    page.get_by_label("CSV file").set_input_files(
        {"name": "omron.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Recognized: Omron")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("1 reading of this patient, 1 that could not be read")
    assert not Reading.objects.exists()
    page.get_by_role("button", name="Import 1 reading").click()
    expect(page.get_by_role("status")).to_contain_text("1 new")

    assert Reading.objects.get().source_kind == "file"
    assert browser_errors == []


def test_a_reading_is_typed_and_corrected(page, live_server, world, browser_errors):
    world.read([timezone.now().date().replace(day=1)], now=timezone.now())
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/?days=90")
    page.get_by_role("link", name="Enter a reading").click()
    page.get_by_label("What was measured").select_option("weight")
    page.get_by_role("textbox", name="At").fill("00:05")
    page.get_by_label("Value, or systolic").fill("179.6")
    page.get_by_role("button", name="Save reading").click()
    page.get_by_text("Readings table").click()
    expect(page.get_by_text("reported by the patient", exact=True)).to_be_visible()
    page.get_by_role("link", name="Correct").first.click()
    page.get_by_label("Weight, lb").fill("177.4")
    page.get_by_label("Reason").fill("Read the wrong line")
    page.get_by_role("button", name="Void and save correction").click()
    page.get_by_text("Readings table").click()
    expect(page.get_by_text("Read the wrong line")).to_be_visible()
    expect(page.get_by_text("corrected version")).to_be_visible()

    assert Reading.objects.filter(voided_at__isnull=True, metric="weight").get().value == Decimal("80.47")
    assert browser_errors == []


def test_an_error_is_shown_in_the_visible_part_of_the_page(page, live_server, world):
    webhook(live_server, world, 192)
    sign_in(page, live_server, world.user("clinical_staff"))
    page.set_viewport_size({"width": 390, "height": 420})
    page.goto(f"{live_server.url}/alerts/")
    page.mouse.wheel(0, 10_000)
    page.wait_for_function("window.scrollY > 100")
    page.context.set_offline(True)
    page.get_by_role("button", name="Acknowledge").click()

    expect(page.locator("#notice")).to_contain_text("You are offline")
    expect(page.locator("#notice")).to_be_in_viewport()
    page.context.set_offline(False)
    # What was sent without a network is sent again by itself.
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
