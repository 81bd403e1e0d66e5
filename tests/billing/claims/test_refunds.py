"""Duties to refund: the sixty days and what suspends them, the proof that ends them, and where they come from."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.claims.refund_sums import duties, refund_of
from billing.claims.refunds import (
    conclude_investigation,
    investigate,
    offsets_of,
    open_duty,
    paid_for,
    prove,
    prove_by_payer,
    reversals_of,
)
from billing.evidence.mock_audits import conclude, draw
from billing.ledger.check_ledger import ledger_differences
from billing.models import CheckedClaim, Claim, ClaimLine, FeeBasis, Rate, RefundDuty, RefundProof
from billing.seal.adjustments import adjust
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.sending_world import a_reversal, an_835, complete, leave, recounted, sealed, sent_month
from tests.builders import at
from tests.test_access import signed_in

TODAY = LATER.date()
WHY = "The record does not support the call"


@pytest.fixture
def paid(db):
    world = sent_month()
    post(world, an_835(world))
    world.claim = Claim.objects.select_related("practice").get(practice=world.practice)
    world.line = ClaimLine.objects.get(practice=world.practice, code="99457")
    return world


def duty_of(world, line=None, **options):
    values = {"source": "person", "reason": WHY, "by": world.members["biller"], "now": LATER} | options
    return open_duty(claim=world.claim, line=line, **values)


def prove_it(world, duty, amount, *, kind="check", reference="1201", on=TODAY, now=LATER):
    return prove(duty=duty, kind=kind, amount=amount, on=on, reference=reference, by=world.members["biller"], now=now)


def test_the_amounts_are_those_that_were_paid_and_left_to_the_patient(paid):
    assert paid_for(paid.claim, paid.line) == (Decimal("56.00"), Decimal("14.00"))
    assert paid_for(paid.claim, None) == (Decimal("128.00"), Decimal("32.00"))


@pytest.mark.parametrize(("started", "ended", "days"), [
    (None, None, 60), (0, 0, 60), (0, 30, 90), (10, 40, 90), (0, 179, 239), (0, 180, 240), (0, 200, 240), (20, None, 220),
    (60, None, 180),
])  # fmt: skip
def test_an_investigation_suspends_the_sixty_days_until_the_180th_day_at_most(started, ended, days):
    day = date(2026, 4, 18)
    duty = RefundDuty(
        identified_on=day,
        investigated_from=None if started is None else day + timedelta(days=started),
        investigated_until=None if ended is None else day + timedelta(days=ended),
    )
    assert (duty.due_on - day).days == days


def test_a_check_ends_a_duty_only_when_all_is_returned(paid):
    duty = duty_of(paid, paid.line)
    prove_it(paid, duty, "55.99")
    assert [row.open_payer for row in duties(paid.practice)] == [Decimal("0.01")]
    prove_it(paid, duty, "$0.01", reference="1202")
    assert RefundDuty.objects.get().ended_at is None, "the patient's share is still to be returned"
    prove_it(paid, duty, "14.00", kind="patient", reference="CREDIT 3")

    assert RefundDuty.objects.get().ended_at == LATER
    assert duties(paid.practice) == []
    assert [row.is_met for row in duties(paid.practice, ended=True)] == [True]
    with pytest.raises(Refused, match="proved already"):
        prove_it(paid, duty, "1.00", reference="1203")
    assert ledger_differences(paid.practice) == []


@pytest.mark.parametrize("amount", ["", "0", "-1", "56.01", "sNaN", "1e3", "NaN", "12.345", "Infinity", "fifty"])
def test_an_impossible_amount_is_no_proof(paid, amount):
    duty = duty_of(paid, paid.line)
    with pytest.raises(Refused):
        prove_it(paid, duty, amount)
    assert not RefundProof.objects.exists()


def test_a_proof_has_a_day_and_a_number_and_counts_once(paid):
    duty = duty_of(paid, paid.line)
    for on in (None, TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(Refused, match="day of the refund"):
            prove_it(paid, duty, "10.00", on=on)
    with pytest.raises(Refused, match="number of the check"):
        prove_it(paid, duty, "10.00", reference=" ")
    with pytest.raises(Refused, match="Choose who got"):
        prove_it(paid, duty, "10.00", kind="reversal")
    prove_it(paid, duty, "10.00")
    with pytest.raises(Refused, match="recorded already"):
        prove_it(paid, duty, "10.00")


def test_a_reversal_of_the_payer_is_proof_once(paid):
    duty = duty_of(paid, paid.line, patient_amount=Decimal())
    assert not reversals_of(duty).exists()
    post(paid, a_reversal(paid))
    (reversal,) = reversals_of(duty)
    prove_by_payer(duty=duty, kind="reversal", key=str(reversal.pk), by=paid.members["biller"], now=LATER)

    assert RefundDuty.objects.get().ended_at == LATER
    assert RefundProof.objects.get().amount == Decimal("56.00")
    assert not reversals_of(duty).exists()


def with_offset(world):
    """A check of which the payer keeps 56.00 for the claim (PLB WO), moved to a later check (PLB FB)."""
    number = f"P900{world.claim.versions.get().pk}"
    segment = f"~PLB*{world.practice.npi}*20261231*WO:{number}*56.00*FB:EFT9*-56.00~SE*".encode()
    post(world, recounted(an_835(world, trace="EFT3", claims=[]).replace(b"~SE*", segment, 1)))


def test_an_amount_that_the_payer_kept_is_proof(paid):
    duty = duty_of(paid, paid.line, patient_amount=Decimal())
    with_offset(paid)
    (offset,) = offsets_of(duty)
    with pytest.raises(Refused, match="Choose a reversal"):
        prove_by_payer(duty=duty, kind="reversal", key=str(offset.pk), by=paid.members["biller"], now=LATER)
    prove_by_payer(duty=duty, kind="offset", key=str(offset.pk), by=paid.members["biller"], now=LATER)

    assert refund_of(RefundDuty.objects.get()).is_met
    assert not offsets_of(duty).exists()


@pytest.mark.parametrize("key", ["", "x", "-1", "0", "9" * 30, "1'"])
def test_a_made_up_row_is_no_proof(paid, key):
    duty = duty_of(paid, paid.line)
    for kind in ("reversal", "offset", "check", ""):
        with pytest.raises(Refused):
            prove_by_payer(duty=duty, kind=kind, key=key, by=paid.members["biller"], now=LATER)


def test_a_duty_needs_a_reason_a_payment_and_no_other_duty(paid):
    with pytest.raises(Refused, match="ten characters"):
        duty_of(paid, reason="wrong")
    with pytest.raises(Refused, match="Nothing was paid"):
        duty_of(paid, payer_amount=Decimal(), patient_amount=Decimal())
    duty_of(paid, paid.line)
    for line in (paid.line, None):
        with pytest.raises(Refused, match="due already"):
            duty_of(paid, line)
    duty_of(paid, ClaimLine.objects.get(practice=paid.practice, code="99454"))
    assert RefundDuty.objects.count() == 2


def test_what_went_back_by_check_is_not_owed_twice(paid):
    duty = duty_of(paid, paid.line, patient_amount=Decimal())
    prove_it(paid, duty, "56.00")
    assert paid_for(paid.claim, paid.line)[0] == Decimal("0.00")
    assert paid_for(paid.claim, None)[0] == Decimal("72.00")
    post(paid, a_reversal(paid))
    assert paid_for(paid.claim, paid.line)[0] == Decimal("0.00")


def test_an_investigation_begins_once_before_the_deadline_with_a_reason(paid):
    duty, by = duty_of(paid, paid.line), paid.members["biller"]
    reason = "Calls of the same staff member in March"
    with pytest.raises(Refused, match="No investigation"):
        conclude_investigation(duty=duty, on=TODAY, by=by, now=LATER)
    for on in (None, TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(Refused, match="day on which the investigation began"):
            investigate(duty=duty, on=on, reason=reason, by=by, now=LATER)
    with pytest.raises(Refused, match="20 characters"):
        investigate(duty=duty, on=TODAY, reason="x" * 19, by=by, now=LATER)
    late = LATER + timedelta(days=61)
    with pytest.raises(Refused, match="suspends nothing"):
        investigate(duty=duty, on=TODAY + timedelta(days=61), reason=reason, by=by, now=late)
    investigate(duty=duty, on=TODAY, reason=reason, by=by, now=LATER)
    with pytest.raises(Refused, match="An investigation began"):
        investigate(duty=duty, on=TODAY, reason=reason, by=by, now=LATER)
    later = LATER + timedelta(days=30)
    row = conclude_investigation(duty=duty, on=TODAY + timedelta(days=30), by=by, now=later)
    assert row.due_on == TODAY + timedelta(days=90)


def test_the_database_keeps_duties_and_proofs(paid):
    duty = duty_of(paid, paid.line)
    prove_it(paid, duty, "10.00")
    for change in (
        lambda: RefundDuty.objects.update(payer_amount=1),
        lambda: RefundDuty.objects.all().delete(),
        lambda: RefundProof.objects.update(amount=56),
        lambda: RefundProof.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        duty.proofs.create(
            practice=paid.practice, kind="reversal", amount=1, on=TODAY, reference="none", recorded_at=LATER,
            recorded_by=paid.user("biller"),
        )  # fmt: skip


def test_a_failed_mock_audit_opens_the_duty_of_the_whole_claim(paid):
    month = Month(2026, 3)
    by = paid.members["manager"]
    draw(practice=paid.practice, first=month, last=month, size=1, by=by, now=LATER, seed=1)
    item = CheckedClaim.objects.get()
    conclude(item=item, conclusion="not", note="No live call is documented.", by=by, now=LATER)

    (found,) = duties(paid.practice)
    assert (found.duty.source, found.duty.line, found.duty.payer_amount) == ("audit", None, Decimal("128.00"))
    assert found.duty.due_on == TODAY + timedelta(days=60)


def test_a_supported_claim_opens_none(paid):
    month, by = Month(2026, 3), paid.members["manager"]
    draw(practice=paid.practice, first=month, last=month, size=1, by=by, now=LATER, seed=1)
    conclude(item=CheckedClaim.objects.get(), conclusion="supported", note="", by=by, now=LATER)
    assert duties(paid.practice) == []


@pytest.mark.parametrize(("rates", "codes"), [({}, ["99445"]), ({"99445": "47.00", "99454": "47.00"}, [])])
def test_late_facts_that_take_a_paid_line_back_open_a_duty_unless_as_much_takes_its_place(world, rates, codes):
    """Fifteen days were paid as 99445; the sixteenth arrives late and makes them 99454."""
    for code, amount in rates.items():
        a_rate(world, code, amount)
    complete(world)
    world.close = sealed(world, last="2026-02-24")
    leave(world, world.close)
    post(world, an_835(world))
    world.read([date(2026, 3, 1)], now=at("2026-04-10"))
    adjust(
        close=world.close, patient=world.patient, reason="Stored readings arrived late", by=world.members["physician"],
        now=LATER,
    )  # fmt: skip

    found = duties(world.practice)
    assert [row.duty.line.code for row in found] == codes
    assert {row.duty.source for row in found} <= {"late_facts"}


def a_rate(world, code, amount):
    basis = FeeBasis(practice=world.practice)
    Rate.objects.create(
        practice=world.practice, code=code, year=2026, locality="national", facility=False,
        factor_class=basis.factor_class, amount=Decimal(amount), source="fee file",
    )  # fmt: skip


def test_the_pages_show_the_clock_and_take_the_proof(paid):
    client = signed_in(paid.user("biller"))
    assert client.post(f"/claims/{paid.claim.public_id}/refund/", {"reason": "short"}).status_code == 422
    sent = client.post(f"/claims/{paid.claim.public_id}/refund/", {"reason": WHY, "line": paid.line.public_id})
    assert sent.status_code == 302
    duty = RefundDuty.objects.get()
    page = client.get("/refunds/").content.decode()
    assert "1 refund due, $70.00" in page
    url = f"/refunds/{duty.public_id}/"
    assert "No proof yet." in client.get(url).content.decode()
    assert client.get(f"{url}letter/").content.startswith(b"%PDF")
    assert (
        client.post(f"{url}proof/", {"kind": "check", "amount": "sNaN", "on": str(TODAY), "reference": "7"}).status_code
        == 422
    )
    assert client.post(f"{url}investigation/", {"on": "0000-00-00"}).status_code == 422
    assert not RefundProof.objects.exists()


def test_another_practice_and_a_reader_cannot_prove(paid):
    duty = duty_of(paid, paid.line)
    url = f"/refunds/{duty.public_id}/proof/"
    assert signed_in(paid.other.user("biller")).post(url, {"kind": "check"}).status_code == 404
    assert signed_in(paid.user("auditor")).post(url, {"kind": "check"}).status_code == 403
