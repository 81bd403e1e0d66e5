"""Receipts arrive in any order, twice, before our own reply, and for earlier tries."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.utils import ProgrammingError
from hypothesis import given
from hypothesis import strategies as st

from rpm_portal.core.outbox import registry, services, work
from rpm_portal.core.outbox.models import OutboxRow, SendReceipt
from rpm_portal.core.outbox.receipts import RANKS, record_receipt
from tests.clock import TEST_DAY
from tests.core.outbox.kinds import recorded_kind

NOW = TEST_DAY
State = OutboxRow.State


@pytest.fixture
def kind(monkeypatch):
    return recorded_kind(monkeypatch)


def sent_row(world, key="k1"):
    row = services.queue(practice=world.practice, kind="test", reference="patient:x", key=key, now=NOW)
    work.work_batch(lambda: NOW)
    row.refresh_from_db()
    return row


def receive(row, status, provider_id="", error=""):
    return record_receipt(row, provider_id=provider_id or f"SM{row.pk}", status=status, error=error, now=NOW)


@given(order=st.lists(st.sampled_from(sorted(RANKS)), min_size=1, max_size=9))
def test_any_order_and_repetition_gives_the_state_of_the_highest_rank(world, kind, order):
    with transaction.atomic():
        row = sent_row(world)
        for status in order:
            receive(row, status)
        row.refresh_from_db()
        state, count = row.state, row.receipts.count()
        transaction.set_rollback(True)

    assert state == max(RANKS[status] for status in order)[1]
    assert count == len(set(order))


def test_a_repeated_receipt_changes_nothing(world, kind):
    row = sent_row(world)

    assert receive(row, "delivered") is True
    changed = OutboxRow.objects.get(pk=row.pk).changed_at
    assert receive(row, "delivered") is False
    assert OutboxRow.objects.get(pk=row.pk).changed_at == changed
    assert kind.states == [State.ACCEPTED, State.DELIVERED]


def test_a_receipt_settles_a_row_whose_reply_was_lost(world, kind):
    kind.outcome = lambda row: registry.unsure("time-out")
    row = sent_row(world)

    receive(row, "sent", "SM77")

    row.refresh_from_db()
    assert (row.state, row.provider_id, row.sent_at) == (State.ACCEPTED, "SM77", NOW)


def test_a_receipt_that_is_faster_than_our_reply_is_kept(world, kind):
    def send(row):
        receive(row, "delivered", "SM5")
        return registry.accepted("SM5")

    kind.outcome = send
    row = sent_row(world)

    assert (row.state, row.provider_id) == (State.DELIVERED, "SM5")


def test_a_late_receipt_of_an_earlier_try_does_not_decide_about_the_next(world, kind):
    row = sent_row(world)
    receive(row, "undelivered", error="30003")
    kind.outcome = lambda row: registry.accepted("SM-second")
    services.send_again(row, now=NOW)
    work.work_batch(lambda: NOW)

    receive(row, "delivered")

    row.refresh_from_db()
    assert (row.state, row.provider_id) == (State.ACCEPTED, "SM-second")
    assert row.receipts.count() == 2


def test_the_code_of_a_failed_delivery_is_kept_with_the_row(world, kind):
    row = sent_row(world)

    receive(row, "undelivered", error="30005")

    row.refresh_from_db()
    assert row.why == "The carrier reports the code 30005."


def test_an_unknown_status_is_refused(world, kind):
    with pytest.raises(KeyError):
        receive(sent_row(world), "read")


def test_a_receipt_needs_four_statements(world, kind, django_assert_max_num_queries):
    row = sent_row(world)

    with django_assert_max_num_queries(6):  # two of them open and release the savepoint of a test
        receive(row, "delivered")


def test_receipts_are_never_rewritten(world, kind):
    receive(sent_row(world), "sent")

    for change in (lambda rows: rows.update(status="delivered"), lambda rows: rows.delete()):
        with (
            pytest.raises((IntegrityError, InternalError, ProgrammingError), match="append-only"),
            transaction.atomic(),
        ):
            change(SendReceipt.objects.all())


def test_an_id_of_the_other_system_belongs_to_one_row(world, kind):
    row = sent_row(world)
    other = services.queue(
        practice=world.practice, kind="test", reference="patient:x", key="k2", now=NOW + timedelta(1)
    )

    with pytest.raises(IntegrityError, match="provider_id_once"), transaction.atomic():
        OutboxRow.objects.filter(pk=other.pk).update(provider_id=row.provider_id)
