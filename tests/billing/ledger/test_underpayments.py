"""Lines whose allowed amount is below the contract or the fee schedule."""

from decimal import Decimal

import pytest

from billing.ledger.underpayments import allowed_by, is_underpaid, underpayments
from billing.models import Answer, LineBalance, Rate
from enrollment.models import Payer
from tests.billing.answers.answers_world import answers_world, post_body, version
from tests.billing.ledger.test_ledger import written_lines
from tests.billing.ledger.writer_835 import WrittenClaim, write_835


@pytest.fixture
def world(db):
    world = answers_world()
    for code, amount in (("99454", "47.27"), ("99457", "47.87")):
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    return world


def pay(world, number, *taken, trace="EFT9001", reverse=False):
    """Pay claim `number`; `taken` are the adjustments of its lines as (group, reason, amount)."""
    lines = written_lines(world, number)
    for line, adjustments in zip(lines, taken, strict=False):
        line.taken = [(group, reason, Decimal(amount)) for group, reason, amount in adjustments]
    claim = WrittenClaim(version(world, number).control, "1", f"PN{number}", lines)
    claims = [claim.reversed()] if reverse else [claim]
    # The money that a reversal takes back is carried forward, because no payment is negative.
    off = [("FB", trace, sum(one.paid for one in claims))] if reverse else []
    body = write_835(
        npi=world.practice.npi, trace=trace, day="20261130", claims=claims, off_claims=off, number=f"00000{trace[-4:]}"
    )
    return post_body(world, body)


@pytest.mark.parametrize(
    ("allowed", "expected", "result"),
    [
        ("49.00", "50.00", True), ("49.01", "50.00", False),  # $1.00
        ("98.00", "100.00", True), ("98.01", "100.00", False),  # 2 percent
        ("51.00", "50.00", False), ("0.00", "0.00", False),
    ],
)  # fmt: skip
def test_a_line_is_underpaid_from_one_dollar_and_two_percent_on(allowed, expected, result):
    assert is_underpaid(allowed=Decimal(allowed), expected=Decimal(expected)) is result


def test_the_difference_is_named_with_the_version_and_the_answer(world):
    # 99454: charge 65.00, allowed 45.27 of 47.27 expected; 99457: charge 70.00, allowed 47.87 as expected.
    pay(world, 1, [("CO", "45", "19.73"), ("PR", "2", "9.05")], [("CO", "45", "22.13"), ("PR", "2", "9.57")])
    (found,) = underpayments(world.practice)
    assert (found.line.code, found.version) == ("99454", version(world, 1))
    assert (found.allowed, found.expected, found.difference) == (Decimal("45.27"), Decimal("47.27"), Decimal("2.00"))
    assert found.answer.version_id == found.version.pk
    assert underpayments(world.practice, claims=[found.version.claim_id]) == [found]
    assert underpayments(world.practice, claims=[version(world, 2).claim_id]) == []


def test_patient_share_and_sequestration_are_part_of_the_allowed_amount(world):
    paid_in_full = [("CO", "45", "17.73"), ("PR", "2", "9.45"), ("CO", "253", "0.76")]
    pay(world, 1, paid_in_full, [("CO", "45", "22.13"), ("PR", "1", "47.87")])
    assert underpayments(world.practice) == []


def test_a_denied_line_a_reversed_line_and_a_code_without_an_amount_are_no_underpayments(world):
    Rate.objects.filter(code="99457").delete()
    pay(world, 1, [("CO", "50", "65.00")], [("CO", "45", "60.00")])
    assert underpayments(world.practice) == []
    short = [("CO", "45", "30.00")]
    pay(world, 2, short, [], trace="EFT9002")
    assert len(underpayments(world.practice)) == 1
    pay(world, 2, short, [], trace="EFT9003", reverse=True)
    assert underpayments(world.practice) == []
    pay(world, 2, [("CO", "45", "17.73")], [], trace="EFT9004")
    assert underpayments(world.practice) == [], "the payment after the reversal counts alone"


def test_the_amount_that_the_payer_calls_allowed_has_priority(world):
    pay(world, 1, [("CO", "45", "17.73")], [("CO", "45", "22.13")])
    answer = Answer.objects.get(code="99454", is_line=True)
    assert allowed_by(answer) == Decimal("47.27")
    answer.allowed = Decimal("40.00")
    assert allowed_by(answer) == Decimal("40.00")
    answer.status = "reversed"
    assert allowed_by(answer) == Decimal("-40.00")


def test_a_contract_decides_before_the_fee_schedule_and_units_count(world):
    Rate.objects.create(
        practice=world.practice, code="99454", year=2026, amount=Decimal("60.00"), source="contract",
        payer=Payer.objects.get(pk=version(world, 1).claim.payer_id),
    )  # fmt: skip
    pay(world, 1, [("CO", "45", "17.73")], [("CO", "45", "22.13")])
    (found,) = underpayments(world.practice)
    assert (found.expected, found.difference) == (Decimal("60.00"), Decimal("12.73"))


def test_the_number_of_statements_does_not_depend_on_the_number_of_lines(world, django_assert_num_queries):
    for number in (1, 2):
        pay(world, number, [("CO", "45", "40.00")], [("CO", "45", "40.00")], trace=f"EFT900{number}")
    with django_assert_num_queries(4):
        assert len(underpayments(world.practice)) == 4
    assert underpayments(world.other.practice) == []
    LineBalance.objects.update(payer_rank="S")
    assert underpayments(world.practice) == []
