"""Adjustments after the seal: lines reversed and added, claims replaced or voided, nothing billed twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing.answers.by_hand import answer_by_hand
from billing.claims.ready_claims import claims_of
from billing.models import Adjustment, ClaimLine, ClaimVersion, LineState
from billing.review.queries import late_facts
from billing.seal import services as sealing
from billing.seal.adjustments import adjust
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.claims.test_send import validated
from tests.billing.close.test_close import AFTER, approve_all, compute, lines
from tests.billing.sending_world import an_835, complete, leave, move_and_seal_again, sealed, set_line_state
from tests.builders import PASSWORD, at, days, seal

WHY = "The cuff sent its stored readings late"


def adjust_late(world, close, *, now=LATER):
    return adjust(close=close, patient=world.patient, reason=WHY, by=world.members["physician"], now=now)


@pytest.fixture
def late(world):
    """Fifteen days were sealed as 99445; the sixteenth was received after the seal."""
    complete(world)
    # A commercial payer takes replacements and voids; Medicare Part B does not (tests/billing/claims/test_corrections.py).
    world.payer.filing = "CI"
    world.payer.save()
    world.close = sealed(world, last="2026-02-24")
    return world


def receive_late_reading(world):
    world.read([date(2026, 3, 1)], now=at("2026-04-10"))
    world.close.refresh_from_db()


def test_a_late_reading_reverses_one_line_and_adds_another(late):
    receive_late_reading(late)
    (row,) = adjust_late(late, late.close)

    assert [(entry["code"], entry["units"]) for entry in row.taken_back] == [("99445", 1)]
    assert [(entry["code"], entry["units"]) for entry in row.put_in] == [("99454", 1)]
    reversed_line = ClaimLine.objects.get(code="99445")
    added_line = ClaimLine.objects.get(code="99454")
    assert (reversed_line.state, added_line.state, added_line.adjustment) == (
        LineState.REVERSED,
        LineState.APPROVED,
        row,
    )
    assert added_line.because
    assert reversed_line.history.first().history_change_reason == f"Adjusted: {WHY}"
    assert [fact.effect for fact in late_facts(late.close)] == ["changes no line"]


def test_an_adjustment_that_changes_nothing_or_has_no_reason_is_refused(late):
    with pytest.raises(Refused, match="change no line"):
        adjust_late(late, late.close)
    receive_late_reading(late)
    with pytest.raises(Refused, match="ten characters"):
        adjust(close=late.close, patient=late.patient, reason="late", by=late.members["physician"], now=LATER)
    assert not Adjustment.objects.exists()


def test_a_month_in_review_is_computed_again_and_not_adjusted(world):
    with pytest.raises(Refused, match="computed again"):
        adjust_late(world, compute(world))


def test_a_line_that_was_held_stays_held(late):
    late.close = move_and_seal_again(late, late.close, ["99445"], LineState.HELD)
    receive_late_reading(late)

    with pytest.raises(Refused, match="change no line"):
        adjust_late(late, late.close)
    assert ClaimLine.objects.get(component="device").state == LineState.HELD


def test_a_dropped_line_does_not_return_and_excludes_no_other_code(late):
    late.close = move_and_seal_again(late, late.close, ["99445", "99457"], LineState.HELD, LineState.DROPPED)
    receive_late_reading(late)
    (row,) = adjust_late(late, late.close)

    assert [entry["code"] for entry in row.put_in] == ["99454"]


@pytest.mark.slow
def test_before_sending_the_new_line_is_sent_with_the_claim(late):
    receive_late_reading(late)
    adjust_late(late, late.close)
    export = leave(late, late.close)

    assert ClaimVersion.objects.get().frequency == "1"
    assert export.total == Decimal("160.00")


@pytest.mark.slow
def test_after_sending_the_claim_is_replaced_by_the_payers_number(late):
    leave(late, late.close)
    receive_late_reading(late)
    adjust_late(late, late.close)
    (claim,) = claims_of(late.close)
    assert claim.content.frequency == "7"
    assert claim.wrong == [
        "A replacement or void names the payer's own number of the claim; it has not been received yet."
    ]
    post(late, an_835(late))
    export = leave(late, late.close, now=LATER)
    text = bytes(export.body).decode()

    assert validated(text) == []
    assert "11:B:7*" in text
    assert f"REF*F8*P900{ClaimVersion.objects.first().pk}~" in text
    (claim,) = claims_of(late.close)
    assert (claim.sent.number, claim.due) == (2, False)


@pytest.mark.slow
def test_a_claim_without_lines_is_voided(late):
    leave(late, late.close)
    post(late, an_835(late))
    set_line_state(late.close, LineState.REVERSED)
    (claim,) = claims_of(late.close)
    assert (claim.content.frequency, claim.wrong) == ("8", [])
    export = leave(late, late.close, now=LATER)

    assert "11:B:8*" in bytes(export.body).decode()
    assert validated(bytes(export.body).decode()) == []
    assert export.total == 0
    (claim,) = claims_of(late.close)
    assert not claim.due


def test_the_page_shows_the_refund_and_adjusts_with_the_password(late):
    receive_late_reading(late)
    client = Client()
    client.force_login(late.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = client.get("/months/2026-03/").content.decode()
    assert "would add 99454 of Mar 11 and would remove 99445 of Mar 11" in page
    assert "refund overpayment by Jun 9, 2026" in page
    url = f"/months/2026-03/adjust/{late.patient.public_id}/"
    assert client.post(url, {"password": "wrong", "reason": WHY}).status_code == 422
    assert client.post(url, {"password": PASSWORD, "reason": WHY}).status_code == 302
    assert Adjustment.objects.count() == 1


def count_lines(which):
    """The number of lines that all adjustments reversed, or added."""
    return sum(len(getattr(row, which)) for row in Adjustment.objects.all())


@pytest.mark.slow
@settings(max_examples=14, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(["late", "adjust", "reopen", "close", "send", "pay", "deny"]), min_size=2, max_size=8),
    st.integers(1, 14),
)
@example(["late", "adjust", "reopen", "close", "send", "pay"], 14)
@example(["late", "late", "adjust", "reopen", "late", "close", "late", "adjust", "send"], 5)
def test_the_last_version_of_each_claim_always_has_the_lines_in_force(late, steps, step):
    """In any order of late facts, adjustments, reopenings, closes, exports and payments."""
    with transaction.atomic():
        now, trace, arrived, base = LATER, 0, 0, 3
        for act in steps:
            now += timedelta(hours=1)
            try:
                if act == "late":
                    arrived += 1
                    late.read([date(2026, 2, 24) + timedelta(days=min(step, 14) + arrived)], now=at("2026-04-10"))
                elif act == "adjust":
                    adjust_late(late, late.close, now=now)
                elif act == "reopen":
                    manager = late.members["manager"]
                    sealing.reopen_month(close=late.close, by=manager, reason="Looked at again", now=now)
                elif act == "close":
                    close = compute(late, now=now)
                    approve_all(close, late)
                    seal(close, late, now=now)
                    approved = ClaimLine.objects.filter(close=close, state=LineState.APPROVED).count()
                    base = approved + count_lines("taken_back") - count_lines("put_in")
                elif act == "send":
                    leave(late, late.close, now=now)
                else:
                    trace += 1
                    post(late, an_835(late, trace=f"T{trace}", status="1" if act == "pay" else "4", number=f"N{trace}"))
            except Refused:
                continue
        in_force = list(ClaimLine.objects.filter(close=late.close, state=LineState.APPROVED))
        assert len({(line.code, line.dos) for line in in_force}) == len(in_force)
        device = [line for line in in_force if line.component == "device"]
        assert len(device) <= 1
        for claim in claims_of(late.close):
            if claim.sent is not None and not claim.due:
                billed = {(line["code"], line["units"], line["dos"]) for line in claim.sent.content["services"]}
                assert billed == {(line.code, line.units, line.dos.isoformat()) for line in in_force}
                assert claim.sent.total == sum(Decimal(line["charge"]) for line in claim.sent.content["services"])
        assert len(in_force) == base - count_lines("taken_back") + count_lines("put_in")
        assert not [line for line in in_force if line.enrollment_id != late.enrollment.pk]
        assert lines(late.close) == sorted(lines(late.close))
        transaction.set_rollback(True)


def test_reading_days_never_pay_twice(late):
    for day in days("2026-03-02", "2026-03-05"):
        late.read([day], now=at("2026-04-10"))
    late.close.refresh_from_db()
    adjust_late(late, late.close)
    assert ClaimLine.objects.filter(component="device", state=LineState.APPROVED).count() == 1
    assert AFTER < LATER


@pytest.mark.slow
def test_a_rejected_replacement_is_sent_as_a_replacement_again(late):
    """The payer has the first version: the second was rejected on the way and never replaced it."""
    leave(late, late.close)
    post(late, an_835(late))
    receive_late_reading(late)
    adjust_late(late, late.close)
    leave(late, late.close, now=LATER)
    second = ClaimVersion.objects.get(number=2)
    answer_by_hand(
        version=second,
        status="rejected",
        paid="",
        payer_control="",
        note="Zip code",
        by=late.members["biller"],
        now=LATER,
    )
    (claim,) = claims_of(late.close)

    assert (claim.status, claim.due, claim.content.frequency) == ("rejected", True, "7")
    assert claim.content.original.startswith("P900")
    leave(late, late.close, now=LATER)
    assert ClaimVersion.objects.get(number=3).frequency == "7"


@pytest.mark.slow
def test_after_a_void_a_claim_that_is_earned_again_is_new(late):
    leave(late, late.close)
    post(late, an_835(late))
    set_line_state(late.close, LineState.REVERSED)
    leave(late, late.close, now=LATER)
    set_line_state(late.close, LineState.APPROVED, code="99457")
    (claim,) = claims_of(late.close)

    assert (claim.due, claim.content.frequency, claim.content.original) == (True, "1", "")
