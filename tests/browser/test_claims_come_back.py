"""A biller takes one month through rejection, correction, denial, appeal, payment and refund."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.claims.states import derived_states, versions_of
from billing.ledger.check_ledger import ledger_differences
from billing.models import Appeal, ClaimLine, ClaimVersion, RefundDuty, WorkItem
from billing.policies.profiles import ProfileValues, set_profile
from billing.seal.corrections import confirm_corrections
from tests.billing.sending_world import a_denial, an_835, complete, leave, sealed
from tests.browser.conftest import sign_in
from tests.builders import PASSWORD, a_world
from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]
ARGUMENT = "The live call of March 12 is documented with its length and both persons."


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    complete(new_world)
    new_world.payer.filing = "CI"
    new_world.payer.save()
    values = ProfileValues(starts_on=date(2026, 1, 1), source="Provider manual 2026", appeal_days=300, filing_days=365)
    set_profile(payer=new_world.payer, values=values, by=new_world.members["manager"], now=timezone.now())
    new_world.close = sealed(new_world)
    leave(new_world, new_world.close)
    return new_world


def upload(page: Page, live_server, body: bytes, name: str) -> None:
    page.goto(f"{live_server.url}/answers/")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": body})
    page.get_by_role("button", name="Post files").click()
    expect(page.get_by_text(f"{name}: 1 new")).to_be_visible()


def version(world, number: int) -> ClaimVersion:
    return ClaimVersion.objects.select_related("claim", "submission").get(practice=world.practice, number=number)


def queue(page: Page, live_server, text: str) -> None:
    page.goto(f"{live_server.url}/claims/work/")
    expect(page.get_by_role("link", name=text).first).to_be_visible()


def test_one_month_from_a_rejection_to_a_refund(page, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("biller"))

    # The claim is rejected on the way: it is in the queue of rejections.
    page.goto(f"{live_server.url}/submissions/{version(world, 1).submission.public_id}/")
    page.locator("summary", has_text="Enter an answer").click()
    page.get_by_label("What became of it").select_option("rejected")
    page.get_by_label("Reason", exact=True).fill("A7:254, the diagnosis is not valid for the date")
    page.get_by_role("button", name="Save answer").click()
    queue(page, live_server, "Rejections 1")

    # The diagnosis is corrected, and a person opens the correction: it goes as a new claim.
    world.enrollment.diagnosis = "I11.9"
    world.enrollment.save()
    page.get_by_role("link", name="Correct", exact=True).click()
    expect(page.get_by_text("it goes as a new claim")).to_be_visible()
    expect(page.get_by_role("cell", name="I11.9")).to_be_visible()
    page.get_by_label("Reason (at least 10 characters)").fill("The diagnosis was not valid for the date")
    page.get_by_role("button", name="Open correction").click()
    expect(page.get_by_role("heading", name="Open correction: new claim")).to_be_visible()
    confirm_corrections(
        close=world.close, reason="Diagnosis corrected", by=world.members["manager"], now=timezone.now()
    )
    page.goto(f"{live_server.url}/months/2026-03/claims/")
    page.get_by_role("link", name="choose all 1 due").click()
    page.get_by_label("Your password").first.fill(PASSWORD)
    page.get_by_label("Your password").first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Submission 2: 1 claim")
    page.get_by_label("Your password").first.fill(PASSWORD)
    page.get_by_role("button", name="Confirm upload").click()
    expect(page.get_by_text("Delivered").first).to_be_visible()

    # The payer denies it: each line is an item, and one is appealed.
    upload(page, live_server, a_denial(world, claims=[version(world, 2)]), "denied.835")
    queue(page, live_server, "Denials 3")
    page.goto(f"{live_server.url}/denials/")
    page.locator("summary", has_text="Appeal").first.click()
    page.locator("textarea[name=argument]").first.fill(ARGUMENT)
    page.get_by_role("button", name="Open appeal").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Appeal for")
    with page.expect_download() as letter:
        page.get_by_role("link", name="Download letter").click()
    assert letter.value.suggested_filename.endswith(".pdf")
    page.get_by_label("Filed on (required)").fill(timezone.now().date().isoformat())
    page.get_by_label("How: portal, fax, mail (required)").fill("portal")
    page.get_by_role("button", name="Save filing").click()
    page.get_by_label("Outcome (required)").select_option("favorable")
    page.get_by_label("Decided on").fill(timezone.now().date().isoformat())
    page.get_by_label("What was decided (required)").fill("Paid after all")
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_text("Favorable").first).to_be_visible()

    # The payer pays, and the denials end.
    upload(page, live_server, an_835(world, trace="EFT2", claims=[version(world, 2)]), "paid.835")
    queue(page, live_server, "Denials 0")

    # The practice finds that one line was overpaid: the refund ends only with proof of all of it.
    page.goto(f"{live_server.url}/claims/{version(world, 2).claim.public_id}/")
    page.locator("summary", has_text="Overpayment found").click()
    line = ClaimLine.objects.get(practice=world.practice, code="99457")
    page.get_by_label("Overpaid").select_option(line.public_id)
    page.get_by_label("Why it is an overpayment").fill("The call was with another patient")
    page.get_by_role("button", name="Open refund").click()
    expect(page.get_by_text("No proof yet.")).to_be_visible()
    for kind, amount, reference in (("check", "56.00", "1201"), ("patient", "14.00", "CREDIT 7")):
        page.get_by_label("Returned as (required)").select_option(kind)
        page.get_by_label("Amount (required)").fill(amount)
        page.get_by_label("Day (required)").first.fill(timezone.now().date().isoformat())
        page.get_by_label("Number of the check or EFT (required)").fill(reference)
        page.get_by_role("button", name="Save refund").click()
        expect(page.get_by_text(reference).first).to_be_visible()
    expect(page.get_by_text("Made").first).to_be_visible()

    assert [row.state for row in ClaimVersion.objects.order_by("number")] == ["rejected", "paid"]
    assert Appeal.objects.get().outcome == "favorable"
    assert RefundDuty.objects.get().ended_at is not None
    assert WorkItem.objects.filter(queue__in=["rejected", "denied", "refund"], ended_at__isnull=True).count() == 0
    assert ledger_differences(world.practice) == []
    for row in versions_of(practice=world.practice):
        assert derived_states([row])[row.pk].state == row.state
    assert sum(duty.payer_amount for duty in RefundDuty.objects.all()) == Decimal("56.00")
    assert browser_errors == []
