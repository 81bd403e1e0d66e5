"""Delivery: what counts as submitted, what is a copy, and how a submission is withdrawn before it."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from billing.claims import delivery
from billing.claims.ready_claims import claims_of
from billing.claims.send import report_filing
from billing.models import ClaimCopy, ClaimVersion, CopiedClaim, LedgerEntry, Submission
from billing.seal import services as sealing
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import post, receipt
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import an_835, complete, interchange, leave, sealed
from tests.builders import PASSWORD, a_world
from tests.snapshot import Snapshot
from tests.test_access import signed_in

LATER = AFTER + timedelta(days=2)
WHY = "The wrong month was chosen"


def _sealed(world):
    complete(world)
    world.close = sealed(world)
    return world


sealed_month = Snapshot(lambda: _sealed(a_world()))


@pytest.fixture
def world(db):
    return sealed_month()


def written(world, **options):
    return leave(world, world.close, delivered=False, **options)


def month_state(world):
    world.close.refresh_from_db()
    return world.close.state


def the_claim(world):
    (claim,) = claims_of(world.close)
    return claim


def confirm(world, row, *, by="biller"):
    return delivery.confirm_delivery(submission=row, note="", by=world.members[by], now=LATER)


def withdraw(world, row, *, by="biller", reason=WHY):
    return delivery.withdraw(submission=row, reason=reason, by=world.members[by], now=LATER)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["csv", "1500", "fhir", "trial"])
def test_a_copy_submits_nothing(world, shape):
    copy = leave(world, world.close, shape=shape)

    assert isinstance(copy, ClaimCopy)
    assert (month_state(world), the_claim(world).due, the_claim(world).status) == ("sealed", True, "")
    assert not Submission.objects.exists()
    assert not ClaimVersion.objects.exists()
    assert leave(world, world.close).number == 2, "files have one counter"
    sealing_state = month_state(world)
    assert sealing_state == "sent"


@pytest.mark.slow
def test_a_trial_is_marked_and_an_answer_to_it_changes_nothing(world):
    trial = leave(world, world.close, shape="trial")
    text = trial.as_sent().decode()
    assert text[:106].split("*")[15] == "T"
    control = CopiedClaim.objects.get().control
    assert f"CLM*{control}*" in text
    group = ["ST*999*0001*005010X231A1", "AK1*HC*1*005010X222A1", "AK2*837*0001", "IK5*R", "AK9*R*1*1*0"]

    assert [row.verdict for row in post(world, interchange(group, "FA")).transactions] == ["trial"]
    inner = [
        "ST*277*0001*005010X214",
        "BHT*0085*08*1*20260420*1200*TH",
        "HL*1**PT",
        f"TRN*2*{control}",
        "STC*A7:33*20260420*U*160",
    ]
    assert [row.verdict for row in post(world, interchange(inner, "HN")).transactions] == ["not_ours"]
    assert (month_state(world), the_claim(world).due) == ("sealed", True)


def test_a_production_file_is_marked_as_one_and_counts_from_its_delivery_on(world):
    row = written(world)
    text = row.as_sent().decode()
    assert text[:106].split("*")[15] == "P"
    assert f"BHT*0019*00*{world.practice.npi}-1*" in text
    assert (row.state, month_state(world), the_claim(world).status, the_claim(world).due) == (
        "written",
        "sealed",
        "written",
        False,
    )
    assert not LedgerEntry.objects.exists()

    confirm(world, row)
    assert (month_state(world), the_claim(world).status, the_claim(world).due) == ("sent", "sent", False)
    assert sum(entry.amount for entry in LedgerEntry.objects.all()) == 160
    with pytest.raises(Refused, match="delivered already"):
        confirm(world, row)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["999", "277CA", "835", "TA1"])
def test_any_answer_is_evidence_of_delivery(world, what):
    row = written(world)
    head = f"TA1*{row.interchange}*{row.interchange_date}*{row.interchange_time}*A*000"
    group = ["ST*999*0001*005010X231A1", "AK1*HC*1*005010X222A1", "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"]
    bodies = {
        "999": lambda: interchange(group, "FA"),
        "277CA": lambda: receipt(world, "A2"),
        "835": lambda: an_835(world),
        "TA1": lambda: interchange([], "TA").split(b"~")[0] + f"~{head}~IEA*0*000000001~".encode(),
    }
    post(world, bodies[what]())

    row.refresh_from_db()
    assert (row.state, month_state(world)) == ("delivered", "sent")
    assert [event.kind for event in row.events.all()] == ["acknowledged"]


def test_before_delivery_the_month_is_reopened_once_the_submission_is_withdrawn(world):
    row = written(world)
    with pytest.raises(Refused, match="Submission 1 of this month is not withdrawn"):
        sealing.reopen_month(close=world.close, by=world.members["qhp"], reason="A wrong device", now=LATER)
    with pytest.raises(Refused, match="ten characters"):
        withdraw(world, row, reason="oops")
    withdraw(world, row)

    assert the_claim(world).due
    assert (
        sealing.reopen_month(close=world.close, by=world.members["qhp"], reason="A wrong device", now=LATER).state
        == "in_review"
    )


@pytest.mark.slow
def test_a_downloaded_submission_is_withdrawn_by_two_persons(world):
    row = written(world)
    delivery.note_download(row, by=world.members["biller"], now=LATER)
    assert withdraw(world, row).state == "downloaded"
    with pytest.raises(Refused, match="Another person"):
        withdraw(world, row)

    assert withdraw(world, row, by="manager").state == "withdrawn"
    with pytest.raises(Refused, match="is withdrawn"):
        confirm(world, row)
    second = leave(world, world.close)
    assert ClaimVersion.objects.get(submission=second).number == 2


def test_a_withdrawn_file_that_was_uploaded_all_the_same_counts(world):
    row = written(world)
    withdraw(world, row)
    posted = post(world, an_835(world))

    assert any("was withdrawn, but it was delivered" in finding for finding in posted.findings)
    assert (month_state(world), the_claim(world).status) == ("sent", "paid")


@pytest.mark.slow
def test_claims_in_a_submission_that_waits_are_in_no_other(world):
    written(world)
    chosen = [the_claim(world).claim.public_id]
    for again in (False, True):
        with pytest.raises(Refused, match="in submission 1, which is not delivered"):
            leave(world, world.close, chosen=chosen, again=again)
    assert leave(world, world.close, chosen=chosen, shape="csv").claims == 1


def test_paper_forms_count_once_they_are_mailed(world):
    row = written(world, shape="paper")
    assert row.as_sent().startswith(b"%PDF")
    assert month_state(world) == "sealed"
    confirm(world, row)

    assert month_state(world) == "sent"
    assert [event.kind for event in row.events.all()] == ["mailed"]


def test_a_reported_filing_counts_at_once_and_needs_its_where_and_when(world):
    chosen = [the_claim(world).claim.public_id]
    by = world.members["biller"]
    with pytest.raises(Refused, match="where and when"):
        report_filing(close=world.close, chosen=chosen, note="web", by=by, now=LATER)
    row = report_filing(close=world.close, chosen=chosen, note="The payer's website, May 4", by=by, now=LATER)

    assert (row.state, month_state(world), the_claim(world).status) == ("delivered", "sent", "sent")


def test_a_line_number_is_sent_in_capitals(world):
    text = written(world).as_sent().decode()
    numbers = [segment.split("*")[2].strip("~") for segment in text.split("\n") if segment.startswith("REF*6R")]
    assert len(numbers) == 3
    assert all(number == number.upper() for number in numbers)


def test_nothing_is_chosen_on_the_page_and_the_button_says_what_all_are(world):
    client = signed_in(world.user("biller"))
    page = client.get("/months/2026-03/claims/").content.decode()
    assert not re.search(r'name="claim"[^>]*checked', page)
    assert "choose all 1 due, $160.00" in page
    page = client.get("/months/2026-03/claims/?which=all").content.decode()
    assert "Create 837P: 1 claim, $160.00" in " ".join(page.split())


@pytest.mark.slow
def test_the_pages_download_confirm_and_withdraw(world):
    row = written(world)
    client, other = signed_in(world.user("biller")), signed_in(world.other.user("biller"))
    address = f"/submissions/{row.public_id}/"
    assert "Confirm upload" in client.get(address).content.decode()
    assert client.get(f"{address}file/").content == row.as_sent()
    assert other.get(address).status_code == 404
    assert other.post(f"{address}delivered/", {"password": PASSWORD}).status_code == 404
    assert signed_in(world.user("auditor")).post(f"{address}withdraw/").status_code == 403
    assert client.post(f"{address}delivered/", {"password": "wrong"}).status_code == 422
    assert client.post(f"{address}withdraw/", {"reason": WHY}).status_code == 302
    assert "Another person withdraws it" in client.get(address).content.decode()
    assert client.post(f"{address}withdraw/", {"reason": WHY}).status_code == 422
    assert client.post(f"{address}delivered/", {"password": PASSWORD}).status_code == 302
    assert month_state(world) == "sent"
    copy = leave(world, world.close, shape="csv", chosen=[the_claim(world).claim.public_id])
    assert "Nothing was submitted" in client.get(f"/copies/{copy.public_id}/").content.decode()
    assert client.get(f"/copies/{copy.public_id}/file/").content == copy.as_sent()
    assert other.get(f"/copies/{copy.public_id}/").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement", ["delivered_at = NULL", "delivered_at = now()", "withdrawn_at = now(), number = 9"]
)
def test_the_moments_of_a_submission_are_set_once(world, statement):
    from django.db import connection

    leave(world, world.close)
    with (
        pytest.raises(DatabaseError, match=r"set once|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE billing_submission SET {statement}")
