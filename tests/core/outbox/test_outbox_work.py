"""The outbox: claims, leases, outcomes, delays, and what is never sent twice."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from rpm_portal.core.outbox import registry, services, tasks, work
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.refusals import Refused
from tests.clock import TEST_DAY
from tests.core.outbox.kinds import recorded_kind

NOW = TEST_DAY
State = OutboxRow.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def kind(monkeypatch):
    return recorded_kind(monkeypatch)


def queued(world, key="k1", **more):
    arguments = {"practice": world.practice, "kind": "test", "reference": "patient:x", "key": key, "now": NOW}
    return services.queue(**arguments | more)


def at(moment):
    return lambda: moment


def state_of(row):
    row.refresh_from_db()
    return row.state


def test_a_queued_row_is_sent_once_and_has_the_id_of_the_other_system(world, kind):
    row = queued(world)

    assert work.work_batch(at(NOW)) == 1
    assert work.work_batch(at(NOW + timedelta(days=1))) == 0
    assert state_of(row) == State.ACCEPTED
    assert (row.provider_id, row.tries, row.sent_at) == (f"SM{row.pk}", 1, NOW)
    assert kind.sent == ["k1"]
    assert kind.states == [State.ACCEPTED]


def test_the_same_key_queues_one_row_for_each_practice(world, kind):
    first = queued(world)

    assert queued(world, reference="patient:y").pk == first.pk
    other = queued(world, practice=world.other.practice)
    assert other.pk != first.pk


def test_a_kind_that_nobody_registered_is_refused_at_queuing(world, kind):
    with pytest.raises(LookupError, match="'nothing'"):
        queued(world, kind="nothing")


def test_a_row_is_sent_from_its_due_moment_on(world, kind):
    queued(world, due_at=NOW + MINUTE)

    assert work.work_batch(at(NOW + MINUTE - timedelta(microseconds=1))) == 0
    assert work.work_batch(at(NOW + MINUTE)) == 1


@pytest.mark.parametrize(("late", "state"), [(timedelta(), "accepted"), (timedelta(microseconds=1), "dropped")])
def test_a_row_is_dropped_after_its_last_moment(world, kind, late, state):
    row = queued(world, not_after=NOW + MINUTE)

    work.work_batch(at(NOW + MINUTE + late))

    assert state_of(row) == state


def test_a_refusal_between_queuing_and_sending_wins(world, kind):
    row = queued(world)
    (claimed,) = work.claim(now=NOW)
    kind.verdict = lambda row: registry.drop("No consent for texts.")

    assert work.begin(claimed.pk, now=NOW) is None
    assert state_of(row) == State.DROPPED
    assert row.why == "No consent for texts."
    assert kind.sent == []


def test_a_withdrawal_stops_a_claimed_row_that_has_not_begun(world, kind):
    row = queued(world)
    work.claim(now=NOW)

    assert services.withdraw(world.practice, kind="test", reference="patient:x", why="Read meanwhile.", now=NOW) == 1
    assert work.begin(row.pk, now=NOW) is None
    assert state_of(row) == State.DROPPED


def test_a_withdrawal_leaves_a_row_that_has_begun_and_those_of_another_practice(world, kind):
    row = queued(world)
    queued(world, practice=world.other.practice)
    (claimed, _) = work.claim(now=NOW)
    work.begin(claimed.pk, now=NOW)

    assert services.withdraw(world.practice, kind="test", reference="patient:x", why="Read meanwhile.", now=NOW) == 0
    assert state_of(row) == State.SENDING


def test_a_held_row_is_asked_again_at_its_moment(world, kind):
    row = queued(world)
    kind.verdict = lambda row: registry.hold_until(NOW + MINUTE, "Quiet hours until 8:00.")
    work.work_batch(at(NOW))
    assert (state_of(row), row.why, row.due_at) == (State.HELD, "Quiet hours until 8:00.", NOW + MINUTE)
    kind.verdict = lambda row: registry.send_now()

    assert work.work_batch(at(NOW)) == 0
    work.work_batch(at(NOW + MINUTE))
    assert state_of(row) == State.ACCEPTED


def test_what_was_surely_not_sent_is_tried_after_1_5_15_and_60_minutes_and_is_then_dead(world, kind):
    row = queued(world)
    kind.outcome = lambda row: registry.try_later("connection refused")
    moment, waits = NOW, []
    for _ in range(5):
        assert work.work_batch(at(moment)) == 1
        row.refresh_from_db()
        waits.append(int((row.due_at - moment) / MINUTE))
        moment = max(row.due_at, moment)

    assert waits == [1, 5, 15, 60, 0]
    assert state_of(row) == State.DEAD
    assert len(kind.sent) == 5
    assert work.work_batch(at(moment + timedelta(days=1))) == 0


@pytest.mark.parametrize(
    ("asked", "minutes"), [(timedelta(minutes=7), 7), (timedelta(seconds=2), 1), (timedelta(days=9), 360)]
)
def test_the_other_systems_delay_is_kept_between_our_delay_and_six_hours(world, kind, asked, minutes):
    row = queued(world)
    kind.outcome = lambda row: registry.try_later("429", after=asked)

    work.work_batch(at(NOW))

    row.refresh_from_db()
    assert row.due_at == NOW + minutes * MINUTE


@pytest.mark.parametrize("outcome", [registry.refused("21211"), registry.unsure("500")])
def test_what_was_refused_or_may_have_been_sent_is_not_tried_again(world, kind, outcome):
    row = queued(world)
    kind.outcome = lambda row: outcome

    work.work_batch(at(NOW))
    work.work_batch(at(NOW + timedelta(days=1)))

    assert state_of(row) == outcome.state
    assert kind.sent == ["k1"]


def test_a_sender_that_raises_may_have_sent(world, kind, caplog):
    row = queued(world)

    def fail(row):
        raise RuntimeError("+13055550101")

    kind.outcome = fail
    work.work_batch(at(NOW))

    assert state_of(row) == State.UNSURE
    assert "3055550101" not in row.why + caplog.text


def test_a_lease_that_ends_before_the_sending_makes_the_row_ready_and_afterwards_unsure(world, kind):
    not_begun, begun = queued(world, "a"), queued(world, "b")
    work.claim(now=NOW)
    work.begin(begun.pk, now=NOW)

    assert work.end_leases(now=NOW + work.LEASE - timedelta(microseconds=1)) == 0
    assert work.end_leases(now=NOW + work.LEASE) == 2
    assert (state_of(not_begun), state_of(begun)) == (State.READY, State.UNSURE)


def test_a_worker_whose_lease_has_ended_begins_nothing(world, kind):
    row = queued(world)
    work.claim(now=NOW)

    assert work.begin(row.pk, now=NOW + work.LEASE) is None


def test_an_outcome_after_the_end_of_the_lease_settles_the_row(world, kind):
    row = queued(world)
    work.claim(now=NOW)
    work.begin(row.pk, now=NOW)
    work.end_leases(now=NOW + work.LEASE)

    work.finish(row.pk, 1, registry.accepted("SM1"), now=NOW + 2 * work.LEASE)

    assert state_of(row) == State.ACCEPTED


def test_an_outcome_of_an_earlier_try_changes_nothing(world, kind):
    row = queued(world)
    kind.outcome = lambda row: registry.try_later("refused")
    work.work_batch(at(NOW))
    kind.outcome = lambda row: registry.accepted("SM2")
    work.work_batch(at(NOW + MINUTE))

    work.finish(row.pk, 1, registry.refused("late"), now=NOW + 2 * MINUTE)

    assert (state_of(row), row.provider_id) == (State.ACCEPTED, "SM2")


@pytest.mark.parametrize(
    ("settled", "state", "sent"),
    [
        (registry.accepted("SM9"), "accepted", 1),
        (registry.unsure("no answer"), "unsure", 1),
        (registry.try_later("not in the carrier's list"), "ready", 1),
    ],
)
def test_an_unsure_row_is_asked_about_once_after_15_minutes(world, kind, settled, state, sent):
    row = queued(world)
    kind.outcome = lambda row: registry.unsure("time-out")
    kind.settled = lambda row: settled
    work.work_batch(at(NOW))

    work.settle_unsure(at(NOW + 15 * MINUTE - timedelta(microseconds=1)))
    assert kind.asked == []
    work.settle_unsure(at(NOW + 15 * MINUTE))
    work.settle_unsure(at(NOW + 30 * MINUTE))

    assert kind.asked == ["k1"]
    assert (state_of(row), len(kind.sent)) == (state, sent)


def test_two_workers_never_claim_the_same_row(live_world, kind):
    """A second connection has the first rows locked: the claim skips them and takes the others."""
    for number in range(4):
        queued(live_world, f"k{number}")
    keys = []
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT key FROM outbox_outboxrow ORDER BY due_at, id LIMIT 2 FOR UPDATE")
            keys = [key for (key,) in cursor.fetchall()]
            claimed = [row.key for row in work.claim(now=NOW)]
            cursor.execute("ROLLBACK")
    finally:
        other.close()

    assert keys == ["k0", "k1"]
    assert claimed == ["k2", "k3"]


def test_sending_again_gives_a_new_count_of_tries(world, kind):
    row = queued(world)
    kind.outcome = lambda row: registry.refused("21211")
    work.work_batch(at(NOW))
    kind.outcome = lambda row: registry.accepted("SM2")

    services.send_again(row, now=NOW + MINUTE)
    work.work_batch(at(NOW + MINUTE))

    assert (state_of(row), row.failures, row.tries) == (State.ACCEPTED, 0, 2)


def test_only_a_failed_row_is_sent_again_or_closed(world, kind):
    row = queued(world)
    work.work_batch(at(NOW))
    by = world.user("clinical_staff")

    with pytest.raises(Refused, match="changed meanwhile"):
        services.send_again(row, now=NOW)
    with pytest.raises(Refused, match="changed meanwhile"):
        services.close(row, reason="called", by_id=by.pk, now=NOW)


def test_a_failed_row_is_closed_once_with_a_reason(world, kind):
    row = queued(world)
    kind.outcome = lambda row: registry.refused("21211")
    work.work_batch(at(NOW))
    by = world.user("clinical_staff")
    assert list(services.problems(world.practice)) == [row]

    with pytest.raises(Refused, match="Write why"):
        services.close(row, reason="  ", by_id=by.pk, now=NOW)
    services.close(row, reason="Called instead.", by_id=by.pk, now=NOW)
    with pytest.raises(Refused, match="changed meanwhile"):
        services.close(row, reason="Again.", by_id=by.pk, now=NOW)

    assert list(services.problems(world.practice)) == []


def test_the_database_refuses_a_closed_row_without_a_reason(world, kind):
    row = queued(world)

    with pytest.raises(IntegrityError, match="closed_with_reason"), transaction.atomic():
        OutboxRow.objects.filter(pk=row.pk).update(closed_at=NOW)


def test_the_problems_of_another_practice_are_not_listed(world, kind):
    queued(world, practice=world.other.practice)
    kind.outcome = lambda row: registry.refused("21211")
    work.work_batch(at(NOW))

    assert services.problems(world.practice).count() == 0
    assert services.problems(world.other.practice).count() == 1


def test_the_sweep_sends_everything_that_is_due(world, kind):
    for number in range(work.BATCH + 1):
        queued(world, f"k{number}")

    assert tasks.sweep_outbox() == work.BATCH + 1
    assert sorted(kind.sent) == sorted(f"k{number}" for number in range(work.BATCH + 1))


def test_queuing_calls_a_worker_on_commit_and_needs_no_broker(
    world, kind, monkeypatch, django_capture_on_commit_callbacks
):
    from kombu.exceptions import OperationalError

    def no_broker(name, **_):
        raise OperationalError(name)

    monkeypatch.setattr(services.current_app, "send_task", no_broker)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        queued(world)

    assert len(callbacks) == 1
