"""A manager's month end: from the forecast to the claim file, and an evidence packet whose hashes verify."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.claims.formats.validation import validation_errors
from billing.evidence.packet import verify
from billing.models import ClaimLine, MonthClose, Submission
from billing.seal.corrections import confirm_corrections
from rpm_portal.core.days import Month, local_day
from tests.billing.sending_world import complete
from tests.browser.conftest import go, key, press, sign_in, sign_in_by_keys, sign_out, tab_to, type_into
from tests.builders import PASSWORD, a_world, at
from tests.conftest import CHROMIUM, wait_for
from timetracking.staff_days.workdays import sign_day

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    complete(new_world)
    new_world.patient.street = ""
    new_world.patient.save()
    new_world.practice.days_signed = True
    new_world.practice.save()
    new_world.month = Month.of(local_day(timezone.now(), new_world.practice.zone)).plus(-1)
    first, last = new_world.month.plus(-1).first_day, new_world.month.last_day
    new_world.read([first + timedelta(days=step) for step in range((last - first).days + 1)], now=at(last, "22:00:00"))
    new_world.day = new_world.month.first_day + timedelta(days=8)
    new_world.work(new_world.day, 1300)
    new_world.call(new_world.day)
    return new_world


def test_a_month_end_without_a_mouse(page, live_server, world, browser_errors, worker, tmp_path):
    worker.start()
    month, address = str(world.month), f"{live_server.url}/months/{world.month}/"
    sign_in_by_keys(page, live_server, world.user("manager"))

    # The running month shows a forecast; the month that ended is computed.
    go(page, "c", "**/months/")
    press(page, world.month.plus(1).words)
    expect(page.get_by_text("Calculating now gives a forecast")).to_be_visible()
    press(page, world.month.words)
    page.wait_for_url(address)
    press(page, "Calculate the month")
    expect(page.get_by_role("heading", level=1)).to_contain_text("in review")

    # Each line of a first month is reviewed in its row: explained, one held with a reason and then approved.
    lines = page.locator("tr[data-row]").count()
    key(page, "j")
    key(page, "e")
    expect(page.get_by_text("A signed practitioner order is on file").first).to_be_visible()
    key(page, "h")
    page.keyboard.type("Ask the nurse about the set-up")
    key(page, "Enter")
    expect(page.locator("tr.done").first).to_contain_text("held")
    for decided in range(2, lines + 1):
        expect(page.locator("tr[data-row]:not(.done):focus")).to_have_count(1)
        key(page, ".")
        expect(page.locator("tr.done")).to_have_count(decided)
    page.goto(f"{address}?show=held")
    key(page, "j")
    key(page, ".")
    expect(page.locator("tr.done")).to_have_count(1)
    assert set(ClaimLine.objects.values_list("state", flat=True)) == {"approved"}

    # A code that is not billed, and the form that asks a second person to override.
    page.goto(f"{address}?show=do_not_bill")
    page.locator("tr[data-row]:has([data-override])").first.focus()
    key(page, "o")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Override: bill")

    # A day is not signed: the line that depends on it blocks the seal, and the page shows why.
    page.goto(address)
    press(page, "Submit for lock")
    expect(page.get_by_text("1 line depends on 1 unsigned day")).to_be_visible()
    sign_day(practice=world.practice, by=world.members["clinical_staff"], on=world.day, now=timezone.now())
    page.goto(address)
    press(page, "Submit for lock")
    expect(page.get_by_text("You submitted this month.")).to_be_visible()
    sign_out(page)

    page.wait_for_url("**/login/**")
    sign_in_by_keys(page, live_server, world.user("physician"))
    page.goto(address)
    type_into(page, "Your password", "not-the-password")
    key(page, "Enter")
    expect(page.get_by_text("This is not your password")).to_be_visible()
    type_into(page, "Your password", PASSWORD)
    key(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("is locked")
    press(page, "Verify")
    expect(page.get_by_text("Identical: 1 enrollments decided again")).to_be_visible()
    sign_out(page)

    # The biller sends the complete claim and downloads the evidence.
    page.wait_for_url("**/login/**")
    sign_in_by_keys(page, live_server, world.user("biller"))
    page.goto(f"{address}claims/")
    expect(page.get_by_text("The patient's address lacks street.")).to_be_visible()
    patient = world.patient
    patient.street = "7 Elm Rd"
    patient.save()
    # The address was completed after the month was locked, so a person confirms it.
    confirm_corrections(
        close=MonthClose.objects.get(month="2026-10-01", practice=world.practice), reason="Address was missing", by=world.members["manager"],
        now=timezone.now(),
    )  # fmt: skip
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 ready")
    with page.expect_download() as packet:
        press(page, "evidence")
    packet.value.save_as(tmp_path / "packet.zip")
    body = Path(tmp_path / "packet.zip").read_bytes()
    assert verify(body) == []
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    # No claim is chosen in advance.
    press(page, "choose all 1 due")
    expect(page.get_by_text("due claims are chosen")).to_be_visible()
    type_into(page, "Your password", PASSWORD)
    key(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Submission 1: 1 claim")
    with page.expect_download() as file:
        press(page, "Download file")
    file.value.save_as(tmp_path / "claims.edi")
    wait_for(lambda: Submission.objects.exists())
    text = Path(tmp_path / "claims.edi").read_text()
    assert validation_errors(text) == []
    page.reload()
    type_into(page, "Your password", PASSWORD)
    key(page, "Enter")
    expect(page.get_by_text("Delivered").first).to_be_visible()

    # The packets of the whole month, created by the worker and downloaded as one archive.
    page.goto(f"{live_server.url}/packets/")
    tab_to(page, "A whole month")
    page.keyboard.type(month)
    press(page, "Create packets")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 packet, 1 with something missing")
    with page.expect_download() as archive:
        press(page, "Download the archive")
    archive.value.save_as(tmp_path / "month.zip")
    assert verify(Path(tmp_path / "month.zip").read_bytes()) == []
    assert [error for error in browser_errors if "422" not in error] == []


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_of_the_month_is_wider_than_the_screen(page, live_server, world, width, browser_errors):
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, live_server, world.user("manager"))
    for path in (
        f"months/{world.month}/",
        f"months/{world.month}/claims/",
        "answers/",
        "packets/",
        "denials/",
        "staff-days/",
        "time/import/",
    ):
        page.goto(f"{live_server.url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
