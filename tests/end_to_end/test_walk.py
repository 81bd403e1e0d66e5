"""From a reading to an explained, sealed claim line, with a real worker; and workers killed during a close."""

import os
import random
import signal
import time
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from billing.close import moves
from billing.models import ChunkState, ClaimLine, CloseChunk, CodeVerdict, DeviceAnchor, MonthClose
from billing.review.queries import late_facts, progress
from billing.tasks import ring, start_due_closes, sweep
from monitoring.alerts.handle import review_alert
from monitoring.models import Alert
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import approve_all
from tests.builders import a_patient, an_enrollment, at, days, seal
from tests.conftest import wait_for
from timetracking.intervals.refusals import TimeRefused

MARCH = Month(2026, 3)
AFTER = at("2026-04-03")
pytestmark = pytest.mark.worker


def compute(world, *, month=MARCH):
    close = moves.start_computing(practice=world.practice, month=month, by=world.user("manager"), now=timezone.now())
    ring(close.pk)
    return close


def finished(close):
    return MonthClose.objects.get(pk=close.pk).state == "in_review"


def results_of(close):
    """The lines and verdicts of a close, without primary keys and times."""
    lines = ClaimLine.objects.filter(close=close).exclude(state="void").order_by("enrollment_id", "code", "dos")
    decided_lines = [(line.enrollment_id, line.code, line.units, str(line.dos), line.digest) for line in lines]
    verdicts = CodeVerdict.objects.filter(close=close, decision__replaced_in=None).select_related("decision")
    decided_codes = [(v.decision.enrollment_id, v.code, v.outcome, str(v.findings)) for v in verdicts]
    return decided_lines, sorted(decided_codes)


def verdicts_of(close):
    """The number of verdicts that the current run has written."""
    return CodeVerdict.objects.filter(close=close, decision__run=close.run).count()


def computed_undisturbed(world):
    """Digests and results of the month recomputed in this process: the expected result of any other run."""
    from billing.close.compute import compute_chunk
    from billing.review.queries import pending_chunks

    now = timezone.now()
    close = moves.start_computing(
        practice=world.practice, month=MARCH, by=world.user("manager"), now=now, recompute_all=True
    )
    for chunk in pending_chunks(close.pk):
        compute_chunk(chunk, now=now)
    moves.finish_computing(close_pk=close.pk, now=now)
    close.refresh_from_db()
    return close.facts_digest, close.output_digest, results_of(close)


def test_a_reading_becomes_a_sealed_claim_line(live_world, worker):
    world = live_world
    # A device sends two months of readings; one is far too high and raises an alert, which a nurse closes.
    world.read(days("2026-02-10", "2026-03-31"))
    world.read([date(2026, 3, 12)], systolic=190, now=at("2026-03-12", "08:00:00"))
    alert = Alert.objects.get(enrollment=world.enrollment, severity="critical")
    review_alert(
        alert=alert,
        conclusion="called",
        note="Took it after coffee.",
        by=world.user("clinical_staff"),
        now=at("2026-03-12"),
    )
    # She times her reviews and reaches the patient once.
    world.work("2026-03-12", 15 * 60)
    world.work("2026-03-19", 6 * 60 + 30)
    world.call("2026-03-12")

    worker.start()
    close = compute(world)
    wait_for(lambda: finished(close))

    # Windows from 10 February: 10 Feb to 11 Mar ends in March, with thirty days of thirty.
    assert [line[1:4] for line in results_of(close)[0]] == [
        ("99453", 1, "2026-03-11"),
        ("99454", 1, "2026-03-11"),
        ("99457", 1, "2026-03-31"),
    ]
    management = ClaimLine.objects.get(close=close, code="99457")
    time = "21 min 30 sec of treatment management time was recorded in March 2026; 99457 requires 20 min."
    assert time in [reason["says"] for reason in management.because]
    assert {e.split(":")[0] for e in management.evidence} == {"time", "call", "order", "consent"}
    outcomes = {v.code: v.outcome for v in CodeVerdict.objects.filter(close=close)}
    assert outcomes["99445"] == outcomes["99458"] == outcomes["99470"] == "do_not_bill"

    manager = world.user("manager")
    close.refresh_from_db()
    with pytest.raises(Refused, match=r"needs? a decision"):
        seal(close, world, now=timezone.now())
    assert moves.approve_clean_lines(close=close, by=manager, now=timezone.now()) == 0, (
        "lines of a first month need a person"
    )
    approve_all(close, world)
    seal(close, world, now=timezone.now())

    # After the seal nothing in the month can be changed.
    with pytest.raises(TimeRefused, match="locked"):
        world.work("2026-03-20", 600)
    with pytest.raises(Refused):
        moves.start_computing(practice=world.practice, month=MARCH, by=manager, now=timezone.now())
    before = results_of(close)
    world.read([date(2026, 2, 9)], now=timezone.now())
    assert results_of(close) == before
    # An earlier reading would have moved the device periods, but the seal fixes them.
    assert DeviceAnchor.objects.get(enrollment=world.enrollment).starts_on == date(2026, 2, 10)
    assert [fact.effect for fact in late_facts(MonthClose.objects.get(pk=close.pk))] == ["changes no line"]

    assert first_broken_link(world.practice) is None
    actions = set(Event.objects.filter(practice=world.practice).values_list("action", flat=True))
    assert {"sign_order", "record_consent", "log_call", "start_computing", "finish_computing", "seal_month"} <= actions


def add_patients(world, count):
    """Add `count` patients with a billable month."""
    for number in range(count):
        patient = a_patient(world.practice, world.user("clinical_staff"), mrn=f"M{number}", family=f"Many{number:02d}")
        row = an_enrollment(world, patient, serial=f"many-{number}")
        world.read(days("2026-02-10", "2026-03-25"), serial=f"many-{number}")
        world.work("2026-03-02", 1200 + number, clock=f"{9 + number // 2:02d}:{30 * (number % 2):02d}:00", row=row)
        world.call("2026-03-05", row=row)


def test_a_worker_killed_during_a_close_leaves_no_partial_chunk_and_the_sweeper_finishes(live_world, worker, settings):
    settings.CLOSE_CHUNK_SIZE = 1
    world = live_world
    add_patients(world, 8)
    worker.start()
    # Lock the decisions, so that the worker waits in the middle of the run when it is killed.
    close = moves.start_computing(practice=world.practice, month=MARCH, by=world.user("manager"), now=timezone.now())
    stuck = CloseChunk.objects.filter(close=close, run=close.run).order_by("number")[4]
    import psycopg

    blocker = psycopg.connect(worker.environment["DATABASE_URL"])
    blocker.execute("SELECT 1 FROM billing_closechunk WHERE id = %s", [stuck.pk])
    blocker.execute("LOCK TABLE billing_keptdecision IN SHARE MODE")
    ring(close.pk)
    wait_for(lambda: is_waited_for("billing_keptdecision"))
    worker.kill()
    blocker.rollback()
    blocker.close()
    wait_for(lambda: not is_waited_for("billing_keptdecision"))
    assert not finished(close)
    done = CloseChunk.objects.filter(close=close, run=close.run, state=ChunkState.DONE).count()
    assert verdicts_of(close) == done * 6

    worker.start()
    CloseChunk.objects.filter(close=close).update(signaled_at=timezone.now() - timedelta(minutes=1))
    sweep()
    wait_for(lambda: finished(close))

    ended = MonthClose.objects.get(pk=close.pk)
    results = (ended.facts_digest, ended.output_digest, results_of(close))
    assert computed_undisturbed(world) == results
    assert ClaimLine.objects.filter(close=close, state="void").count() == 0


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.night)])
def test_a_worker_killed_at_random_moments_gives_an_identical_close(live_world, worker, settings, kills):
    settings.CLOSE_CHUNK_SIZE = 1
    world = live_world
    add_patients(world, 4 + kills)
    close = moves.start_computing(practice=world.practice, month=MARCH, by=None, now=timezone.now())
    chance = random.Random(close.pk)
    for _ in range(kills):
        worker.start()
        CloseChunk.objects.filter(close=close, state=ChunkState.PENDING).update(
            signaled_at=timezone.now() - timedelta(minutes=1)
        )
        sweep()
        time.sleep(chance.uniform(0, 0.25))
        worker.kill()
        done = CloseChunk.objects.filter(close=close, run=close.run, state=ChunkState.DONE).count()
        assert verdicts_of(close) == done * 6, "a chunk is stored completely or not at all"
    worker.start()
    CloseChunk.objects.filter(close=close).update(signaled_at=timezone.now() - timedelta(minutes=1))
    sweep()
    wait_for(lambda: finished(close))

    ended = MonthClose.objects.get(pk=close.pk)
    results = (ended.facts_digest, ended.output_digest, results_of(close))
    assert computed_undisturbed(world) == results
    assert ClaimLine.objects.filter(close=close, state="void").count() == 0


def is_waited_for(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table])
        return cursor.fetchone()[0] > 0


def test_the_sweeper_resends_a_lost_message(live_world, worker):
    world = live_world
    world.read(days("2026-02-10", "2026-03-31"))
    close = moves.start_computing(
        practice=world.practice, month=MARCH, by=None, now=timezone.now() - timedelta(minutes=5)
    )
    worker.start()
    time.sleep(1)
    assert not finished(close)

    sweep()

    wait_for(lambda: finished(close))
    assert progress(MonthClose.objects.get(pk=close.pk)).percent == 100


def test_duplicate_messages_have_no_effect(live_world, worker, settings):
    settings.CLOSE_CHUNK_SIZE = 1
    world = live_world
    add_patients(world, 4)
    worker.start()
    close = compute(world)
    for _ in range(3):
        ring(close.pk)
        sweep()
    wait_for(lambda: finished(close))
    first = results_of(close)
    time.sleep(1)

    assert results_of(close) == first
    close = compute(world)
    wait_for(lambda: finished(close) and MonthClose.objects.get(pk=close.pk).run == close.run)
    assert results_of(close)[0] == first[0]
    assert ClaimLine.objects.filter(close=close, state="void").count() == 0


def test_beat_starts_last_month_once_on_its_day_in_the_practices_zone(live_world, worker):
    import time_machine as clock

    world = live_world
    world.practice.close_day = 2
    world.practice.zone = "Pacific/Honolulu"
    world.practice.save()
    other = world.other.practice
    other.zone = "Pacific/Guam"
    other.save()
    # 09:00 UTC on the second: already the second in Guam, still the first in Honolulu.
    with clock.travel(at("2026-04-02", "09:00:00", zone="UTC"), tick=False):
        start_due_closes()
        start_due_closes()
    assert [(c.practice_id, str(c)) for c in MonthClose.objects.all()] == [(other.pk, "2026-03")]
    with clock.travel(at("2026-04-02", "10:00:00", zone="UTC"), tick=False):
        start_due_closes()
    assert MonthClose.objects.filter(month=date(2026, 3, 1)).count() == 2
    assert set(MonthClose.objects.values_list("run", flat=True)) == {1}


def test_the_worker_runs_in_its_own_process(worker):
    worker.start()

    assert worker.process.pid != os.getpid()
    os.kill(worker.process.pid, signal.SIGCONT)
    assert worker.process.poll() is None
