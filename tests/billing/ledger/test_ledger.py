"""The ledger holds its invariant and the check equation for any payments, in any order, and repeated."""

from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.claims.check_states import state_differences
from billing.ledger.carc_kinds import kind_of, outcome
from billing.ledger.check_ledger import ledger_differences
from billing.models import ClaimState, EntryKind, LedgerEntry, LineBalance, PayerCheck
from tests.billing.answers.answers_world import answers_world, post_body, version
from tests.billing.ledger.writer_835 import WrittenClaim, WrittenLine, write_835
from tests.roles import as_owner

DAYS = ("20261130", "20261201", "20261202")
REASONS = (
    ("CO", "45"),
    ("CO", "253"),
    ("PR", "1"),
    ("PR", "2"),
    ("CO", "50"),
    ("PR", "96"),
    ("OA", "23"),
    ("OA", "101"),
    ("CO", "9999"),
)
OFF_CLAIMS = ("WO", "FB", "L6", "72", "CS", "IR", "ZZ")


@pytest.fixture
def world(db):
    return answers_world()


def written_lines(world, number):
    return [
        WrittenLine(row["code"], row["dos"].replace("-", ""), Decimal(row["charge"]), row["control"])
        for row in version(world, number).as_sent()["services"]
    ]


cents = st.integers(0, 3000).map(lambda value: Decimal(value) / 100)
takings = st.lists(st.tuples(st.sampled_from(REASONS), cents), max_size=3)


@st.composite
def payments(draw):
    """What each of a few payments does: claims with takings a line, some split, some taken back, and other amounts."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        claims = draw(
            st.lists(
                st.tuples(st.integers(1, 4), takings, takings, st.booleans(), st.booleans()), min_size=1, max_size=3
            )
        )
        off = draw(st.lists(st.tuples(st.sampled_from(OFF_CLAIMS), st.integers(-2000, 2000)), max_size=8))
        found.append(
            (
                draw(st.sampled_from(DAYS)),
                claims,
                [(code, f"R{at}", Decimal(value) / 100) for at, (code, value) in enumerate(off)],
            )
        )
    return found


def files_of(world, plan):
    """The bodies of the payments, each with its own trace and payer's numbers."""
    numbers, bodies = count(1), []
    for day, claims, off in plan:
        written = []
        for number, first, second, split, taken_back in claims:
            lines = written_lines(world, number)
            for line, taking in zip(lines, (first, second), strict=True):
                line.taken = [(group, reason, amount) for (group, reason), amount in taking if amount]
            if split:
                line = lines.pop()
                half = (line.charge / 2).quantize(Decimal("0.01"))
                rest = WrittenLine(line.code, line.day, line.charge - half, line.control, line.taken)
                lines += [WrittenLine(line.code, line.day, half, line.control), rest]
            claim = WrittenClaim(version(world, number).control, "1", f"PN{next(numbers)}", lines)
            written += [claim, claim.reversed()] if taken_back else [claim]
        bodies.append(
            write_835(
                npi=world.practice.npi,
                trace=f"T{len(bodies)}",
                day=day,
                claims=written,
                off_claims=off,
                number=f"{len(bodies) + 500:09d}",
            )
        )
    return bodies


def kept(world):
    """All kept balances and states."""
    columns = ("claim", "line", "payer_rank", "charge", "paid", "contractual", "patient", "refused", "open", "outcome")
    balances = sorted(LineBalance.objects.values_list(*columns), key=str)
    return balances, [version(world, number).state for number in range(1, 5)]


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(payments(), st.randoms(use_true_random=False))
def test_any_payments_in_any_order_and_repeated_give_the_same_balanced_ledger(world, plan, random):
    bodies = files_of(world, plan)
    results = []
    for repeat in range(2):
        with transaction.atomic():
            order = bodies + random.sample(bodies, k=1) if repeat else list(bodies)
            random.shuffle(order)
            for body in order:
                post_body(world, body)
            assert ledger_differences(world.practice) == []
            assert state_differences(world.practice) == []
            _check_sums()
            results.append(kept(world))
            transaction.set_rollback(True)
    assert results[0] == results[1]


def _check_sums():
    """Charge = settled + open on each line; ours + foreign - other amounts = the check; the ledger has what is ours."""
    for row in LineBalance.objects.all():
        settled = (
            row.paid + row.contractual + row.sequestration + row.patient + row.other_payer + row.other + row.written_off
        )
        assert row.charge == settled + row.open
        answered = settled - row.written_off + row.refused
        assert row.open == row.refused - row.written_off + (row.charge - answered)
    for check in PayerCheck.objects.all():
        ledger = LedgerEntry.objects.filter(answer__transaction=check.transaction, kind=EntryKind.PAYMENT)
        ours = ledger.aggregate(sum=Sum("amount"))["sum"] or Decimal()
        off = check.adjustments.aggregate(sum=Sum("amount"))["sum"] or Decimal()
        assert ours + check.foreign - off + check.unexplained == check.amount
        assert check.unexplained == 0


def paid(world, **changes):
    """Post a payment of claim 1 without adjustments."""
    claim = WrittenClaim(version(world, 1).control, changes.pop("status", "1"), "PN1", written_lines(world, 1))
    return post_body(
        world,
        write_835(npi=world.practice.npi, trace=changes.pop("trace", "T1"), day="20261130", claims=[claim], **changes),
    )


@pytest.mark.slow
def test_a_second_reversal_of_the_same_payment_is_held(world):
    claim = WrittenClaim(version(world, 1).control, "1", "PN1", written_lines(world, 1))
    files = [
        write_835(npi=world.practice.npi, trace=f"T{at}", day="20261130", claims=claims, off_claims=off, number=f"{at:09d}")
        for at, (claims, off) in enumerate([
            ([claim], ()),
            ([claim.reversed()], [("FB", "X", -claim.paid)]),
            ([claim.reversed()], [("FB", "X", -claim.paid)]),
        ])
    ]  # fmt: skip
    verdicts = [post_body(world, body).transactions[0].verdict for body in files]

    assert verdicts == ["posted", "posted", "held"]


def test_a_line_of_ours_that_is_not_matched_leaves_its_money_on_the_claim(world):
    lines = written_lines(world, 1)
    lines[0].control, lines[0].code = "unknown", "99999"
    claim = WrittenClaim(version(world, 1).control, "1", "PN1", lines)
    post_body(world, write_835(npi=world.practice.npi, trace="T1", day="20261130", claims=[claim]))

    whole = LineBalance.objects.get(claim=version(world, 1).claim, line=None)
    assert str(whole.paid) == "65.00"
    assert version(world, 1).open_lines == 1
    assert ledger_differences(world.practice) == []


def test_an_altered_entry_or_sum_is_named(world):
    paid(world)
    call_command("check_ledger")
    call_command("check_claim_states")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LedgerEntry.objects.update(amount=1)
    as_owner("UPDATE billing_ledgerentry SET amount = amount + 1 WHERE kind = 'payment' AND amount = 65")
    found = ledger_differences(world.practice)
    assert any("an entry is missing" in sentence for sentence in found)
    assert any("follows from no answer" in sentence for sentence in found)
    assert any("kept sums" in sentence for sentence in found)
    assert any("check T1" in sentence for sentence in found)
    as_owner("UPDATE billing_claimversion SET state = 'denied'")
    with pytest.raises(CommandError, match="differences"):
        call_command("check_claim_states")
    with pytest.raises(CommandError, match="differences"):
        call_command("check_ledger", world.practice.name)


@pytest.mark.parametrize(
    ("group", "reason", "kind"),
    [
        ("CO", "45", "contractual"), ("PR", "45", "patient"), ("CO", "253", "sequestration"), ("PR", "1", "patient"),
        ("CO", "1", "contractual"), ("OA", "23", "other_payer"), ("OA", "209", "patient"), ("PR", "96", "refusal"),
        ("CO", "50", "refusal"), ("OA", "18", "refusal"), ("PI", "9999", "refusal"), ("OA", "101", "information"),
    ],
)  # fmt: skip
def test_group_and_reason_decide_who_bears_an_amount(group, reason, kind):
    assert kind_of(group, reason) == kind


@pytest.mark.parametrize(
    ("paid_amount", "reasons", "state"),
    [
        ("0", [("CO", "50", "70")], ClaimState.DENIED), ("0", [("PR", "96", "70")], ClaimState.DENIED),
        ("0", [("PR", "1", "70")], ClaimState.PROCESSED), ("0", [("OA", "23", "70")], ClaimState.PROCESSED),
        ("0", [("CO", "45", "20"), ("CO", "50", "50")], ClaimState.DENIED),
        ("0", [("PR", "2", "20"), ("CO", "50", "50")], ClaimState.PART_DENIED),
        ("30", [("CO", "50", "40")], ClaimState.PART_DENIED), ("30", [("CO", "45", "40")], ClaimState.PAID),
        ("70", [], ClaimState.PAID),
    ],
)  # fmt: skip
def test_denial_is_derived_from_the_amounts(paid_amount, reasons, state):
    rows = [{"group": group, "reason": reason, "amount": amount} for group, reason, amount in reasons]
    assert outcome(Decimal(paid_amount), rows) == state


def test_a_date_that_cannot_be_becomes_that_of_the_group_with_a_finding(world):
    for at, wrong in enumerate(("00000000", "20620101", "")):
        body = write_835(
            npi=world.practice.npi, trace=f"T{at}", day="20261130",
            claims=[WrittenClaim(version(world, 1).control, "1", f"PN{at}", written_lines(world, 1))], number=f"{at + 1:09d}",
        )  # fmt: skip
        body = body.replace(b"************20261130", b"************" + wrong.encode()).replace(
            b"DTM*405*20261130", b"DTM*405*" + wrong.encode()
        )
        (row,) = post_body(world, body).transactions
        assert row.on == date(2026, 11, 30)
        assert "is not possible" in row.reasons[0]
