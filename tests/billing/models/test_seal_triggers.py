"""Rows of a prepared, sealed or sent month change only by the actions of the seal, whoever writes and however."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from billing.close.moves import move_line
from billing.models import (
    Adjustment,
    Attestation,
    Claim,
    ClaimLine,
    CloseChunk,
    KeptDecision,
    MonthClose,
    MonthSeal,
    Submission,
)
from billing.seal import services as sealing
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, compute
from tests.billing.sending_world import complete, leave, reviewed
from tests.builders import at, days, seal
from tests.roles import as_owner, columns_of, other_value, portal_role, quoted
from timetracking.models import MonthLock

TABLES = ("billing_monthclose", "billing_closechunk", "billing_attestation", "billing_claim", "billing_claimline")
CLOSE_KEY = {"billing_monthclose": "id"}
STATES = ("prepared", "sealed", "sent")


def month_in(world, state):
    """March of a world whose claims are complete, with an attestation, in a state."""
    complete(world)
    close = reviewed(world)
    Attestation.objects.create(
        practice=world.practice, close=close, provider=world.members["physician"], statement="True.",
        signed_as="Physician P, MD", signed_at=AFTER, line_ids=[1],
    )  # fmt: skip
    if state == "prepared":
        return sealing.prepare_seal(close=close, by=world.members["manager"], now=AFTER)
    close = seal(close, world, now=AFTER)
    if state == "sent":
        leave(world, close)
    return MonthClose.objects.get(pk=close.pk)


def refused(statement, *parameters, match=None):
    """The database refuses a statement, and nothing of it is stored."""
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def each_column():
    """Every column of the tables of a month, with SQL for another value."""
    return [
        (table, column, other_value(column, kind))
        for table in TABLES
        for column, kind in columns_of(table).items()
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_no_column_of_a_locked_month_is_changed_by_the_portals_role_or_by_the_owner(world, state):
    close, columns = month_in(world, state), each_column()

    def try_all():
        for table, column, value in columns:
            where = f"WHERE {CLOSE_KEY.get(table, 'close_id')} = %s"
            refused(f'UPDATE {table} SET "{column}" = {value} {where}', close.pk)
        for table in TABLES:
            refused(f"DELETE FROM {table} WHERE {CLOSE_KEY.get(table, 'close_id')} = %s", close.pk)

    try_all()
    with portal_role():
        try_all()
        for table in TABLES:
            refused(f"TRUNCATE {table} CASCADE", match="permission denied")

    assert len(columns) > 70
    assert MonthClose.objects.get(pk=close.pk).state == state


@pytest.mark.parametrize("table", [*(t for t in TABLES if t != "billing_attestation"), "timetracking_monthlock"])
def test_not_even_the_owner_truncates_these_tables(world, table):
    """The test runner disables these triggers, so each is enabled here first."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_truncate")
    refused(f"TRUNCATE {table} CASCADE", match="not deleted|append-only")


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_no_row_is_added_to_a_locked_month(world, state):
    close = month_in(world, state)
    line, claim = ClaimLine.objects.get(close=close, code="99457"), Claim.objects.get(close=close)
    copy = "INSERT INTO {0} ({1}) SELECT {2} FROM {0} WHERE id = %s"

    def copied(table, pk, **values):
        names = [name for name in columns_of(table) if name != "id"]
        texts = [values.get(name, quoted(name)) for name in names]
        refused(copy.format(table, ", ".join(map(quoted, names)), ", ".join(texts)), pk, match="locked|prepared|month")

    copied("billing_claimline", line.pk, public_id="'another'", code="'99458'", is_base="false")
    copied("billing_claimline", line.pk, public_id="'another'", code="'99458'", is_base="false", state="'void'")
    copied("billing_closechunk", CloseChunk.objects.get(close=close).pk, number="7")
    copied("billing_attestation", Attestation.objects.get(close=close).pk)
    if state == "prepared":
        other = world.members["qhp"].pk
        copied("billing_claim", claim.pk, public_id="'another'", billing_provider_id=str(other))


def test_a_line_is_added_only_by_an_adjustment_of_its_claim_that_names_it(world):
    close = month_in(world, "sealed")
    claim = Claim.objects.get(close=close)

    def adjustment(**fields):
        return Adjustment.objects.create(
            **{
                "practice": world.practice, "close": close, "claim": claim, "reason": "late", "facts_digest": "",
                "made_at": AFTER, "made_by": world.user("manager"),
            } | fields
        )  # fmt: skip

    def line(**fields):
        row = ClaimLine.objects.get(close=close, code="99457")
        row.pk, row.public_id, row.code, row.is_base = None, "theadded2345", "99458", False
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(force_insert=True)
        return row

    unnamed, named = adjustment(), adjustment(put_in=[{"line": "theadded2345"}])
    for wrong in (
        {"adjustment": unnamed}, {"adjustment": None}, {"adjustment": named, "state": "proposed"},
        {"adjustment": named, "public_id": "another22345"},
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="only by an adjustment"), transaction.atomic():
            line(**wrong)
    assert line(adjustment=named).pk


def test_a_line_is_reversed_only_by_an_adjustment_that_names_it_and_nothing_else_changes(world):
    close = month_in(world, "sealed")
    line, other = ClaimLine.objects.filter(close=close, state="approved")[:2]
    reverse = "UPDATE billing_claimline SET state = 'reversed'{} WHERE id = %s"
    refused(reverse.format(""), line.pk, match="by an adjustment")
    Adjustment.objects.create(
        practice=world.practice, close=close, claim=line.claim, reason="late", facts_digest="", made_at=AFTER,
        made_by=world.user("manager"), taken_back=[{"line": line.public_id}],
    )  # fmt: skip
    refused(reverse.format(", units = 8"), line.pk, match="written once")
    refused(reverse.format(""), other.pk, match="by an adjustment")
    refused("UPDATE billing_claimline SET state = 'void' WHERE id = %s", line.pk, match="by an adjustment")
    with connection.cursor() as cursor:
        cursor.execute(reverse.format(""), [line.pk])
    refused("UPDATE billing_claimline SET state = 'approved' WHERE id = %s", line.pk, match="by an adjustment")


def test_no_line_leaves_a_locked_month_or_enters_one(world):
    """A check of the new row alone lets `SET close_id = <open month>, units = 9` pass."""
    close = month_in(world, "sealed")
    line = ClaimLine.objects.filter(close=close).first()
    opened = compute(world, month=Month(2026, 4), now=at("2026-05-02"))
    for table, row in (("billing_claimline", line), ("billing_closechunk", close.chunks.first())):
        refused(f"UPDATE {table} SET close_id = %s WHERE id = %s", opened.pk, row.pk, match="written once|stay")
    chunk = opened.chunks.first()
    refused("UPDATE billing_closechunk SET close_id = %s, number = 9 WHERE id = %s", close.pk, chunk.pk, match="moved")
    refused("DELETE FROM billing_claimline WHERE id = %s", line.pk, match="not deleted")


def test_a_line_of_an_open_month_is_not_put_on_the_claim_of_a_sealed_one(world):
    close = month_in(world, "sealed")
    world.read(days("2026-04-01", "2026-04-30"), now=at("2026-05-02"))
    opened = compute(world, month=Month(2026, 4), now=at("2026-05-02"))
    row = ClaimLine.objects.filter(close=opened).first()
    row.pk, row.public_id, row.dos, row.period_start = None, "another22345", date(2026, 4, 29), None
    row.component, row.claim = "other", Claim.objects.get(close=close)

    with pytest.raises(DatabaseError, match="belong to the same month"), transaction.atomic():
        row.save(force_insert=True)


def test_in_review_only_the_state_of_a_line_changes(world):
    complete(world)
    close = reviewed(world)
    line = ClaimLine.objects.filter(close=close).first()
    for column, kind in columns_of("billing_claimline").items():
        if column != "state":
            value = other_value(column, kind)
            refused(f'UPDATE billing_claimline SET "{column}" = {value} WHERE id = %s', line.pk, match="written once")
    assert move_line(line=line, to="held", reason="look again", by=world.user("manager"), now=AFTER).pk


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begin", "new"),
    [("in_review", "sealed"), ("in_review", "sent"), ("prepared", "sent"), ("prepared", "open"), ("sealed", "prepared"),
     ("sealed", "computing"), ("sent", "sealed"), ("sent", "in_review")],
)  # fmt: skip
def test_a_month_skips_no_step(world, begin, new):
    close = reviewed(world) if begin == "in_review" else month_in(world, begin)
    refused(
        "UPDATE billing_monthclose SET state = %s, sealed_at = now(), sealed_by_id = %s, facts_at = now(), "
        "single_person_reason = 'nobody else is here' WHERE id = %s",
        new, world.user("manager").pk, close.pk,
    )  # fmt: skip


def test_a_month_is_prepared_only_with_person_and_time_and_begins_open(world):
    close = reviewed(world)
    refused("UPDATE billing_monthclose SET state = 'prepared' WHERE id = %s", close.pk, match="without its person")
    with pytest.raises(DatabaseError, match="begins open"), transaction.atomic():
        MonthClose.objects.create(
            practice=world.practice, month=date(2026, 1, 1), zone="UTC", state="sealed", sealed_at=AFTER,
            sealed_by=world.user("manager"),
        )  # fmt: skip


def test_a_month_is_sealed_only_with_its_seal_and_its_time_lock(world):
    close = month_in(world, "prepared")
    physician = world.user("physician").pk
    seal_it = (
        "UPDATE billing_monthclose SET state = 'sealed', sealed_at = now(), facts_at = %s, sealed_by_id = %s "
        "WHERE id = %s"
    )
    refused(seal_it, AFTER, physician, close.pk, match="its seal and its time lock")
    MonthSeal.objects.create(practice=world.practice, close=close, taken_at=AFTER)
    refused(seal_it, AFTER, physician, close.pk, match="its seal and its time lock")
    MonthLock.objects.create(
        practice=world.practice, month=close.month, zone=close.zone, locked_at=AFTER, locked_by=world.user("physician")
    )
    with connection.cursor() as cursor:
        cursor.execute(seal_it, [AFTER, physician, close.pk])


@pytest.mark.slow
@pytest.mark.parametrize("lifted", [False, True])
def test_a_seal_comes_off_only_with_a_person_and_a_reason(world, lifted):
    close = month_in(world, "sealed")
    reopen = (
        "UPDATE billing_monthclose SET state = 'in_review', prepared_at = NULL, prepared_by_id = NULL, "
        "sealed_at = NULL, sealed_by_id = NULL, facts_at = NULL WHERE id = %s"
    )
    refused(reopen, close.pk, match="lifted by a person")
    for reason in (None, "too short"):
        with pytest.raises(DatabaseError, match="lifted_by_a_person"), transaction.atomic():
            close.seals.update(lifted_at=at("2027-01-01"), lifted_by=world.user("qhp"), lift_reason=reason)
    if lifted:
        close.seals.update(lifted_at=at("2027-01-01"), lifted_by=world.user("qhp"), lift_reason="ten letters")
        with connection.cursor() as cursor:
            cursor.execute(reopen, [close.pk])


def test_a_sent_month_is_not_reopened_even_if_its_state_says_sealed(world):
    close = month_in(world, "sent")
    as_owner("UPDATE billing_monthclose SET state = 'sealed' WHERE id = %s", close.pk)
    close.seals.update(lifted_at=at("2027-01-01"), lifted_by=world.user("qhp"), lift_reason="ten letters")
    refused(
        "UPDATE billing_monthclose SET state = 'in_review', prepared_at = NULL, prepared_by_id = NULL, "
        "sealed_at = NULL, sealed_by_id = NULL, facts_at = NULL WHERE id = %s",
        close.pk, match="not reopened",
    )  # fmt: skip


def test_a_month_becomes_sent_only_with_a_file(world):
    close = month_in(world, "sealed")
    refused("UPDATE billing_monthclose SET state = 'sent' WHERE id = %s", close.pk, match="no claim")
    assert not Submission.objects.exists()


def test_the_time_lock_stays_while_the_month_is_sealed(world):
    month_in(world, "sealed")
    refused("DELETE FROM timetracking_monthlock", match="sealed or sent")
    refused("UPDATE timetracking_monthlock SET month = '2026-02-01'", match="sealed or sent")


def test_the_decisions_of_a_locked_month_are_not_replaced(world):
    close = month_in(world, "prepared")
    decision = KeptDecision.objects.get(close=close, replaced_in=None)
    refused("UPDATE billing_keptdecision SET replaced_in = 9 WHERE id = %s", decision.pk, match="its rows stay")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_keptdecision SET facts_change_count = 9 WHERE id = %s", [decision.pk])
