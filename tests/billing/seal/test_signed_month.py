"""The digests of a locked month: every altered, added or deleted row is named, and nothing is sent."""

import os

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from billing import tasks
from billing.claims.send import send
from billing.models import Claim, ClaimLine, MonthClose, SealDigest, SealedClaim
from billing.seal import digests
from billing.seal import services as sealing
from billing.seal.adjustments import adjust
from billing.seal.signed_month import altered_rows
from billing.seal.verify import verify
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, compute
from tests.billing.models.test_seal_triggers import CLOSE_KEY, STATES, TABLES, each_column, month_in
from tests.billing.sending_world import complete, leave, reviewed
from tests.roles import as_owner, columns_of, portal_role, quoted

SIGNED_COLUMNS = {
    "billing_monthclose": digests.MONTH_COLUMNS, "billing_closechunk": digests.CHUNK_COLUMNS,
    "billing_attestation": digests.ATTESTATION_COLUMNS, "billing_claim": digests.CLAIM_COLUMNS,
    "billing_claimline": digests.LINE_COLUMNS, "billing_monthseal": digests.SEAL_COLUMNS,
    "billing_adjustment": digests.ADJUSTMENT_COLUMNS, "timetracking_monthlock": digests.LOCK_COLUMNS,
}  # fmt: skip
# Without its key or its practice a month is not found at all.
NOT_FOUND = {("billing_monthclose", "id"), ("billing_monthclose", "practice_id")}


def rolled_back(check):
    """Run a check and roll back what it changed."""
    with transaction.atomic():
        check()
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("table", SIGNED_COLUMNS)
def test_every_column_is_signed(table):
    """A new column is added to the digest, or the month's digest does not protect it."""
    assert set(SIGNED_COLUMNS[table]) == set(columns_of(table))


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_every_column_that_the_owner_changes_is_named_and_nothing_is_sent(world, state):
    close = month_in(world, state)
    chosen = [Claim.objects.get(close=close).public_id]
    assert altered_rows(close) == []

    def alter(table, column, value):
        assert as_owner(
            f'UPDATE {table} SET "{column}" = {value} WHERE {CLOSE_KEY.get(table, "close_id")} = %s', close.pk
        )
        result = verify(close)
        assert result.altered, (table, column)
        assert not result.follows
        if state != "prepared":
            with pytest.raises(Refused):
                send(close=close, chosen=chosen, shape="csv", by=world.members["manager"], now=AFTER, again=True)

    for table, column, value in each_column():
        if (table, column) not in NOT_FOUND:
            rolled_back(lambda t=table, c=column, v=value: alter(t, c, v))
    assert verify(close).follows


def test_the_finding_that_started_this(world, capsys):
    """Eight units instead of one on an approved line of a sealed month: refused, and as the owner named and not sent."""
    close = month_in(world, "sealed")
    line = ClaimLine.objects.get(close=close, code="99454")
    as_owner("UPDATE billing_claimline SET units = units + 7 WHERE id = %s", line.pk)

    named = f"Line {line.public_id} (99454, 2026-03-11) changed."
    assert altered_rows(close) == [named]
    with pytest.raises(CommandError, match="differ from those that were locked"):
        call_command("verify_close", world.practice.name, "2026-03")
    assert named in capsys.readouterr().out
    with pytest.raises(Refused, match=r"differ from those that were locked.*99454"):
        leave(world, close)
    with pytest.raises(Refused, match="differ from those that were locked"):
        adjust(close=close, patient=world.patient, reason="late data came", by=world.members["physician"], now=AFTER)
    assert tasks.check_seal(close.pk) == 1
    assert MonthClose.objects.get(pk=close.pk).state == "sealed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM billing_claimline WHERE code = '99454'", "was deleted"),
        ("DELETE FROM billing_claim", "was deleted"),
        ("DELETE FROM billing_closechunk", "The chunks of the month changed."),
        ("DELETE FROM billing_attestation", "The attestations of the month changed."),
        ("DELETE FROM timetracking_monthlock", "The time lock of the month changed."),
        ("UPDATE billing_monthseal SET taken_at = taken_at + interval '1 s'", "The seals of the month changed."),
        ("DELETE FROM billing_sealdigest", "The digests of the month are missing."),
        ("DELETE FROM billing_sealedclaim", "The digests stored with the month were altered."),
        ("UPDATE billing_sealedclaim SET row_digests = '{}'", "The digests stored with the month were altered."),
        ("UPDATE billing_sealdigest SET digest = 'x'", "The digests stored with the month were altered."),
        ("UPDATE billing_monthclose SET state = 'in_review'", "The row of the month changed."),
        ("DELETE FROM billing_sealdigest WHERE action = 'sealed'", "not the one in the audit history"),
    ],
)
def test_what_is_deleted_or_exchanged_is_named(world, statement, named):
    close = month_in(world, "sealed")

    def check():
        as_owner(statement)
        assert named in " ".join(verify(close).altered)
        assert tasks.check_seal(close.pk) > 0

    rolled_back(check)


def test_an_added_line_is_named(world):
    close = month_in(world, "sealed")
    names = [name for name in columns_of("billing_claimline") if name != "id"]
    new = {"public_id": "'theadded2345'", "code": "'99458'", "is_base": "false"}
    values = ", ".join(new.get(name, f'"{name}"') for name in names)
    as_owner(
        f"INSERT INTO billing_claimline ({', '.join(map(quoted, names))}) SELECT {values} FROM billing_claimline WHERE code = '99457'"
    )

    (named,) = altered_rows(close)
    assert named.startswith("Line theadded2345 (99458")
    assert named.endswith("was added.")
    with pytest.raises(Refused, match="was added"):
        leave(world, close)


def test_an_older_state_with_its_own_digest_is_not_put_back(world):
    """Rows and digests of the preparation after the month was sent: the audit history has a later digest."""
    close = month_in(world, "sent")
    as_owner("DELETE FROM billing_sealdigest WHERE action = 'sent'")
    as_owner("UPDATE billing_monthclose SET state = 'sealed'")

    assert altered_rows(close) == ["The last digest of the month is not the one in the audit history."]


def test_a_digest_cannot_be_forged_without_the_key(world):
    close = month_in(world, "sealed")
    as_owner("UPDATE billing_claimline SET units = 8 WHERE code = '99454'")
    last = SealDigest.objects.latest("pk")
    with portal_role():
        SealDigest.objects.create(
            practice=world.practice, close=close, action="sealed", key_name=last.key_name, parts=last.parts,
            digest="0" * 64, made_at=AFTER,
        )  # fmt: skip

    assert "The digests stored with the month were altered." in altered_rows(close)


def test_a_row_of_one_line_is_not_the_row_of_another(world):
    """The same values on two lines have different digests: two rows cannot be exchanged."""
    close = month_in(world, "sealed")
    rows = SealedClaim.objects.filter(close=close).latest("pk").row_digests
    assert len(set(rows.values())) == len(rows) >= 4


def test_a_tampered_preparation_is_not_sealed(world):
    close = month_in(world, "prepared")
    as_owner("UPDATE billing_claimline SET units = 8 WHERE code = '99454'")

    with pytest.raises(Refused, match="differ from those that were locked"):
        sealing.seal_month(close=close, by=world.members["physician"], now=AFTER)
    assert MonthClose.objects.get(pk=close.pk).state == "prepared"


def test_lines_that_were_altered_in_review_are_not_prepared_and_computing_all_again_replaces_them(world):
    complete(world)
    close = reviewed(world)
    as_owner("UPDATE billing_claimline SET units = 8 WHERE code = '99454'")

    assert not verify(close).follows
    with pytest.raises(Refused, match="not those that follow from their facts"):
        sealing.prepare_seal(close=close, by=world.members["manager"], now=AFTER)
    again = compute(world, recompute_all=True)
    assert list(again.lines.filter(code="99454").order_by("pk").values_list("units", "state")) == [
        (8, "void"), (1, "proposed"),
    ]  # fmt: skip
    assert verify(again).follows


def test_a_month_that_was_returned_to_review_may_change_again(world):
    close = month_in(world, "prepared")
    close = sealing.take_back(close=close, by=world.members["manager"], now=AFTER)
    world.work("2026-03-20", 300)
    compute(world)

    assert verify(MonthClose.objects.get(pk=close.pk)).follows
    assert tasks.check_seal(close.pk) == 0


@pytest.mark.slow
def test_each_action_leaves_its_digest_in_the_audit_history(world):
    close = month_in(world, "sent")
    events = Event.objects.filter(action="seal_digest", subject="month:2026-03").order_by("number")
    assert [event.detail["after"] for event in events] == ["prepared", "sealed", "sent"]
    assert [event.detail["digest"] for event in events] == list(
        SealDigest.objects.filter(close=close).order_by("pk").values_list("digest", flat=True)
    )


def test_the_nightly_task_asks_for_every_locked_month_and_logs_no_patient(world, caplog, monkeypatch):
    close = month_in(world, "sealed")
    asked = []
    monkeypatch.setattr(tasks.check_seal, "delay", asked.append)
    tasks.check_seals()
    assert asked == [close.pk]
    assert tasks.check_seal(close.pk) == 0
    as_owner("UPDATE billing_claim SET patient_id = patient_id + 1")
    assert tasks.check_seal(close.pk) == 1
    (message,) = [row.getMessage() for row in caplog.records if row.name == "billing.tasks"]
    assert message == f"practice {world.practice.pk}, month 2026-03: 1 stored rows differ from those locked"


def test_verification_takes_the_same_number_of_statements_for_any_number_of_lines(world, django_assert_max_num_queries):
    close = month_in(world, "sealed")
    with django_assert_max_num_queries(15):
        assert altered_rows(close) == []


@pytest.mark.slow
def test_a_new_key_signs_and_the_old_one_still_verifies_until_all_is_signed_again(world, settings, capsys):
    close = month_in(world, "sealed")
    old, new = settings.SEAL_KEYS[0], os.urandom(32)
    settings.SEAL_KEYS = [new, old]
    assert altered_rows(close) == []
    leave(world, close)
    assert altered_rows(close) == []

    call_command("renew_seals")
    assert "1 months signed again" in capsys.readouterr().out
    call_command("renew_seals")
    assert "0 months signed again" in capsys.readouterr().out
    settings.SEAL_KEYS = [new]
    assert altered_rows(close) == []
    settings.SEAL_KEYS = [old]
    assert "not in PORTAL_SEAL_KEYS" in altered_rows(close)[0]
    with pytest.raises(Refused, match="PORTAL_SEAL_KEYS"):
        leave(world, close, again=True)


def test_an_altered_month_is_not_signed_again(world, settings, capsys):
    month_in(world, "sealed")
    settings.SEAL_KEYS = [os.urandom(32), *settings.SEAL_KEYS]
    as_owner("UPDATE billing_claimline SET units = 8 WHERE code = '99454'")

    with pytest.raises(CommandError, match="1 months were not signed"):
        call_command("renew_seals")
    assert "99454" in capsys.readouterr().err


def test_a_sending_that_was_refused_stores_nothing(world):
    close = month_in(world, "sealed")
    as_owner("UPDATE billing_claimline SET modifiers = '{GQ}' WHERE code = '99454'")
    with pytest.raises(Refused):
        send(close=close, chosen=[Claim.objects.first().public_id], shape="csv", by=world.members["manager"], now=AFTER)
    assert not MonthClose.objects.get(pk=close.pk).copies.exists()


def test_tables_of_the_month_are_all_in_the_digest():
    assert set(TABLES) < set(SIGNED_COLUMNS)
