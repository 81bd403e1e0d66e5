"""Un-billing a line of a locked month: two persons, what follows for the claim, and that nothing brings it back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.claims.ready_claims import claims_of
from billing.claims.refund_sums import refund_of
from billing.ledger.check_ledger import ledger_differences
from billing.models import Adjustment, Claim, ClaimLine, LineState, MonthClose, RefundDuty, UnbillRequest
from billing.seal import services as sealing
from billing.seal.adjustments import adjust
from billing.seal.signed_month import altered_rows
from billing.seal.unbill import ask_unbill, decide_unbill
from billing.seal.verify import verify
from enrollment.models import Payer
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.billing.sending_world import an_835, complete, leave, sealed, sent_month
from tests.builders import PASSWORD, a_world, days, seal
from tests.snapshot import Snapshot
from tests.test_access import signed_in

WHY = "The call of March 12 was with another patient; see the call log."


def _sealed_world():
    world = a_world()
    complete(world)
    world.close = sealed(world)
    return world


locked_month = Snapshot(_sealed_world)


@pytest.fixture
def locked(db):
    return locked_month()


@pytest.fixture
def sent(db):
    return sent_month()


def line_of(world, code="99457"):
    rows = ClaimLine.objects.select_related("close__practice", "claim")
    return rows.get(practice=world.practice, code=code, state="approved")


def ask(world, code="99457", *, by="manager", now=LATER, kind="wrong_patient", reason=WHY):
    return ask_unbill(line=line_of(world, code), kind=kind, reason=reason, by=world.members[by], now=now)


def decide(world, request, *, approve=True, by="physician", why="Checked", now=LATER):
    return decide_unbill(request=request, approve=approve, why=why, by=world.members[by], now=now)


def unbill(world, code="99457", **options):
    return decide(world, ask(world, code, **options))


def test_a_second_person_takes_the_line_off_and_the_month_stays_signed(locked):
    request = unbill(locked, now=AFTER)

    line = ClaimLine.objects.get(code="99457")
    assert line.state == LineState.REVERSED
    assert request.adjustment == Adjustment.objects.get()
    assert [one["code"] for one in request.adjustment.taken_back] == ["99457"]
    close = MonthClose.objects.get(pk=locked.close.pk)
    assert altered_rows(close) == []
    assert verify(close).follows
    acts = list(Event.objects.filter(action__endswith="_unbill").order_by("pk").values_list("action", flat=True))
    assert acts == ["request_unbill", "approve_unbill"]


def test_before_delivery_the_line_is_off_the_claim_and_nothing_is_owed(locked):
    unbill(locked)
    (ready,) = claims_of(locked.close)

    assert [line.code for line in ready.content.services] == ["99453", "99454"]
    assert ready.content.frequency == "1"
    assert not RefundDuty.objects.exists()


def test_the_requester_does_not_approve_but_may_withdraw(locked):
    request = ask(locked)
    with pytest.raises(Refused, match="second person"):
        decide(locked, request, by="manager")
    assert line_of(locked).state == LineState.APPROVED
    decide(locked, request, approve=False, by="manager", why="Mistaken")
    with pytest.raises(Refused, match="decided already"):
        decide(locked, request)
    assert UnbillRequest.objects.get().decision == "refused"


def test_the_database_refuses_an_approval_by_the_requester(locked):
    request = ask(locked)
    with pytest.raises(IntegrityError), transaction.atomic():
        UnbillRequest.objects.filter(pk=request.pk).update(
            decision="approved", decided_at=LATER, decided_by=request.asked_by
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        UnbillRequest.objects.filter(pk=request.pk).update(reason="another reason")


@pytest.mark.parametrize(
    ("kind", "reason", "error"),
    [("", WHY, "Choose why"), ("mistake", WHY, "Choose why"), ("double", "x" * 19, "20 characters")],
)
def test_a_request_needs_a_kind_and_a_reason(locked, kind, reason, error):
    with pytest.raises(Refused, match=error):
        ask(locked, kind=kind, reason=reason)


def test_a_reason_of_twenty_characters_is_enough_and_one_request_is_open(locked):
    ask(locked, kind="double", reason="x" * 20)
    with pytest.raises(Refused, match="requested already"):
        ask(locked)


def test_a_month_in_review_has_no_un_billing(world):
    complete(world)
    close = sealed(world)
    sealing.reopen_month(close=close, by=world.members["qhp"], reason="A line needs another look", now=AFTER)
    with pytest.raises(Refused, match="Hold or drop"):
        ask(world)


def test_a_base_line_with_an_add_on_is_un_billed_after_it(world):
    complete(world)
    world.read(days("2026-02-10", "2026-03-31"))
    for day, seconds in (("2026-03-12", 700), ("2026-03-19", 600), ("2026-03-20", 1300)):
        world.work(day, seconds)
    world.call("2026-03-20")
    close = compute(world)
    approve_all(close, world)
    world.close = seal(close, world, now=AFTER)
    assert line_of(world, "99458").units >= 1
    with pytest.raises(Refused, match="Un-bill 99458 first"):
        ask(world, "99457")
    unbill(world, "99458")
    unbill(world, "99457")
    assert not ClaimLine.objects.filter(component="management", state="approved").exists()


def test_a_line_in_a_file_that_waits_for_its_delivery_is_not_un_billed(locked):
    leave(locked, locked.close, delivered=False)
    with pytest.raises(Refused, match="not delivered"):
        ask(locked)


def test_an_adjustment_does_not_bring_an_un_billed_line_back(locked):
    unbill(locked)
    with pytest.raises(Refused, match="change no line"):
        adjust(
            close=locked.close, patient=locked.patient, reason="Looked at again later", by=locked.members["physician"],
            now=LATER,
        )  # fmt: skip


def test_computing_a_reopened_month_does_not_bring_it_back(locked):
    unbill(locked)
    close = MonthClose.objects.get(pk=locked.close.pk)
    sealing.reopen_month(close=close, by=locked.members["qhp"], reason="A line needs another look", now=LATER)
    close = compute(locked)
    approve_all(close, locked)

    assert set(ClaimLine.objects.filter(close=close, state="approved").values_list("code", flat=True)) == {
        "99453", "99454",
    }  # fmt: skip
    assert seal(close, locked, now=LATER).state == "sealed"


def test_an_un_billed_device_period_is_shut_out_and_another_one_is_not(locked):
    unbill(locked, "99454")
    unbill(locked, "99453")
    (ready,) = claims_of(locked.close)
    assert [line.code for line in ready.content.services] == ["99457"]


def test_what_was_paid_is_owed_within_sixty_days(sent):
    post(sent, an_835(sent))
    unbill(sent)
    duty = RefundDuty.objects.get()

    assert (duty.payer_amount, duty.patient_amount, duty.source) == (Decimal("56.00"), Decimal("14.00"), "unbilled")
    assert duty.due_on == duty.identified_on + timedelta(days=60)
    assert refund_of(duty).open_payer == Decimal("56.00")
    assert ledger_differences(sent.practice) == []


def test_a_line_that_is_paid_after_it_was_un_billed_is_owed_too(sent):
    unbill(sent)
    assert not RefundDuty.objects.exists()
    posted = post(sent, an_835(sent))

    assert RefundDuty.objects.get().payer_amount == Decimal("56.00")
    assert any("An un-billed line was paid: refund $56.00" in finding for finding in posted.findings)


def test_a_commercial_payer_gets_a_replacement_without_the_line_and_a_void_without_lines(sent):
    Payer.objects.filter(pk=sent.payer.pk).update(filing="CI")
    post(sent, an_835(sent))
    unbill(sent)
    (ready,) = claims_of(sent.close)
    assert (ready.due, ready.content.frequency, len(ready.content.services)) == (True, "7", 2)
    unbill(sent, "99454")
    unbill(sent, "99453")
    (ready,) = claims_of(sent.close)
    assert (ready.due, ready.content.frequency) == (True, "8")


def test_medicare_part_b_is_not_sent_a_replacement_without_the_line(sent):
    post(sent, an_835(sent))
    unbill(sent)
    (ready,) = claims_of(sent.close)

    assert not ready.may_go
    assert "Open a correction" in ready.wrong[0]


def test_the_page_asks_for_the_password_of_both_persons(sent):
    line = line_of(sent)
    url = f"/lines/{line.public_id}/unbill/"
    manager, physician = signed_in(sent.user("manager")), signed_in(sent.user("physician"))
    data = {"kind": "double", "reason": WHY, "password": PASSWORD}
    assert "A second person must approve" in manager.get(url).content.decode()
    assert manager.post(url, data | {"password": "wrong"}).status_code == 422
    assert manager.post(url, data).status_code == 302
    decide_url = f"/unbill/{UnbillRequest.objects.get().public_id}/"
    assert manager.post(decide_url, {"act": "approve", "password": PASSWORD}).status_code == 422
    assert physician.post(decide_url, {"act": "approve", "password": "wrong"}).status_code == 422
    assert line_of(sent).state == "approved"
    assert physician.post(decide_url, {"act": "approve", "password": PASSWORD}).status_code == 302
    assert ClaimLine.objects.get(pk=line.pk).state == "reversed"


def test_others_cannot_un_bill(sent):
    url = f"/lines/{line_of(sent).public_id}/unbill/"
    assert signed_in(sent.user("biller")).get(url).status_code == 403
    assert signed_in(sent.other.user("manager")).get(url).status_code == 404
    assert Claim.objects.filter(practice=sent.practice).exists()
