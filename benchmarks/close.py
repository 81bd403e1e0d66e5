"""M1 to M4: a month's close against one SQL statement, a second close, a close after changes, pages, and messages.

The limit of M1 is one handwritten statement that inserts claims and lines, with the ids of their evidence, into the
portal's tables with foreign key checks, and rolls back. It decides by sums only, and stores no reasons, verdicts or
history. The close itself runs as workers run it: two processes, chunk by chunk. Both run alternately on emptied tables,
and the medians are compared.
"""

import math
import multiprocessing
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.db import connection, connections, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from benchmarks.harness import in_turn
from benchmarks.practice import START, build
from billing import tasks
from billing.close.compute import compute_chunk
from billing.close.moves import finish_computing, start_computing
from billing.models import ClaimLine, MonthClose
from billing.review.queries import pending_chunks
from enrollment.models import Enrollment
from rpm_portal.core.days import Month
from timetracking.models import TimeEntry

MARCH = Month(2026, 3)
NOW = datetime(2026, 4, 3, 15, tzinfo=UTC)
_HANDWRITTEN_SQL = """
WITH days AS (
  SELECT enrollment_id, count(*) AS n, array_agg('day:' || id) AS ids FROM monitoring_readingday
  WHERE practice_id = %(p)s AND automatic > 0 AND local_day >= '2026-02-04' AND local_day < '2026-03-06' GROUP BY 1
), work AS (
  SELECT enrollment_id, sum(extract(epoch FROM stopped_at - started_at)) AS spent, array_agg('time:' || public_id) AS ids
  FROM timetracking_timeentry WHERE practice_id = %(p)s AND voided_at IS NULL
    AND started_at >= '2026-03-01' AND started_at < '2026-04-01' GROUP BY 1
), talk AS (
  SELECT enrollment_id, array_agg('call:' || public_id) AS ids FROM timetracking_call
  WHERE practice_id = %(p)s AND is_live AND started_at >= '2026-03-01' AND started_at < '2026-04-01' GROUP BY 1
), enrolled AS (
  SELECT e.id, e.patient_id, e.billing_provider_id, v.payer_id, days.n, work.spent,
         days.ids AS days, work.ids || talk.ids AS care, talk.ids IS NOT NULL AS talked,
         ARRAY['order:' || o.public_id, 'consent:' || c.id] AS papers
  FROM enrollment_enrollment e JOIN enrollment_coverage v ON v.patient_id = e.patient_id
  JOIN enrollment_order o ON o.enrollment_id = e.id
  JOIN enrollment_consent c ON c.enrollment_id = e.id LEFT JOIN days ON days.enrollment_id = e.id
  LEFT JOIN work ON work.enrollment_id = e.id LEFT JOIN talk ON talk.enrollment_id = e.id
  WHERE e.practice_id = %(p)s
), lines AS (
  SELECT id, patient_id, NULL::bigint AS episode, CASE WHEN n >= 16 THEN '99454' ELSE '99445' END AS code, 'device' AS component,
         false AS base, 1 AS units, date '2025-03-05' AS dos, date '2025-02-04' AS since, days || papers AS ids FROM enrolled WHERE n >= 2
  UNION ALL SELECT id, patient_id, NULL, '99453', 'setup', false, 1, '2025-03-05', NULL, days || papers FROM enrolled WHERE n >= 2
  UNION ALL SELECT id, patient_id, NULL, CASE WHEN spent >= 1200 THEN '99457' ELSE '99470' END, 'management', true, 1,
         '2025-03-31', NULL, care || papers FROM enrolled WHERE talked AND spent >= 600
  UNION ALL SELECT id, patient_id, NULL, '99458', 'management', false, 1, '2025-03-31', NULL, care || papers
         FROM enrolled WHERE talked AND spent >= 2400
), claims AS (
  INSERT INTO billing_claim (public_id, practice_id, close_id, patient_id, payer_id, billing_provider_id)
  SELECT left(md5(random()::text), 12), %(p)s, %(c)s, patient_id, payer_id, billing_provider_id
  FROM enrolled WHERE id IN (SELECT id FROM lines) RETURNING id, patient_id
)
INSERT INTO billing_claimline (public_id, practice_id, claim_id, close_id, enrollment_id, patient_id, episode_id, code, component,
  is_base, units, dos, period_start, modifiers, state, own_reasons, evidence, digest, policy, needs_attestation, flags, needs_look)
SELECT left(md5(random()::text), 12), %(p)s, claims.id, %(c)s, l.id, l.patient_id, l.episode, l.code, l.component, l.base, l.units,
  l.dos, l.since, '{}', 'proposed', '[]', l.ids, '', '', false, '{}', false
FROM lines l JOIN claims USING (patient_id)
"""


def run_handwritten_sql(practice) -> tuple[float, int]:
    """Seconds of the statement with its checks, and the number of lines; everything is rolled back."""
    month_close = MonthClose.objects.create(practice=practice, month=MARCH.plus(-12).first_day, zone=practice.zone)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            started = time.perf_counter()
            cursor.execute(_HANDWRITTEN_SQL, {"p": practice.pk, "c": month_close.pk})
            lines = cursor.rowcount
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            spent = time.perf_counter() - started
            transaction.set_rollback(True)
    finally:
        MonthClose.objects.filter(pk=month_close.pk).delete()
    return spent, lines


_TABLES = "billing_monthclose, billing_claim, billing_claimline"
_HISTORY_TABLES = "billing_historicalmonthclose, billing_historicalclaim, billing_historicalclaimline"


def empty_tables() -> None:
    """Truncate the tables that a close fills; the triggers that forbid this are disabled meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {_TABLES}, {_HISTORY_TABLES} CASCADE")
        cursor.execute("SET session_replication_role = origin")


def rounds(practice, pool: ProcessPoolExecutor, *, count: int) -> tuple[float, float, int]:
    """Medians of the statement and of the close over `count` rounds, and the lines of the statement."""
    handwritten, ours, lines = [], [], 0
    for _ in range(count):
        empty_tables()
        spent, lines = run_handwritten_sql(practice)
        handwritten.append(spent)
        empty_tables()
        ours.append(close(practice, pool))
    return statistics.median(handwritten), statistics.median(ours), lines


def history(practice) -> None:
    """M1's growth: the close of a practice with two years of history against one with two months."""
    size = Enrollment.objects.filter(practice=practice).count()
    old, _ = build(size, start=START - timedelta(days=660))
    pairs = []
    for _ in range(5):
        empty_tables()
        pairs.append((close(practice), close(old)))
    short, long = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    print(f"M1 with two years of history: {long / short:.2f} times two months")


def _compute_chunk(pk: int) -> int:
    compute_chunk(pk, now=NOW)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def close(practice, workers: ProcessPoolExecutor | None = None) -> float:
    """Seconds from the start of the close to its review; the attribute `peak` is the largest worker memory in MiB."""
    started = time.perf_counter()
    month_close = start_computing(practice=practice, month=MARCH, by=None, now=NOW)
    chunks = pending_chunks(month_close.pk)
    kib = list(workers.map(_compute_chunk, chunks) if workers else map(_compute_chunk, chunks))
    assert finish_computing(close_pk=month_close.pk, now=NOW)
    close.peak = max(kib) / 1024
    return time.perf_counter() - started


def messages(practice) -> int:
    """The number of messages that a close sends to the broker."""
    sent: list[int] = []
    month_close = start_computing(practice=practice, month=MARCH, by=None, now=NOW)

    def record(args: list[int], **_: object) -> None:
        sent.append(args[0])

    with mock.patch.object(tasks.close_month, "apply_async", record):
        tasks.ring(month_close.pk)
        for pk in sent:
            tasks.close_month(pk)
    assert MonthClose.objects.get(pk=month_close.pk).state == "in_review"
    return len(sent)


def pages(practice, doctor) -> None:
    """M3: the review of the month, a line and a patient's month, against the bare signed-in page."""
    client = Client()
    client.force_login(doctor, backend="rpm_portal.accounts.backends.PortalBackend")
    row = Enrollment.objects.filter(practice=practice).select_related("patient").first()
    line = ClaimLine.objects.filter(practice=practice, code="99457").first()
    patient = row.patient.public_id
    with override_settings(ROOT_URLCONF="benchmarks.pages"):
        names = {
            f"/patients/{patient}/months/{MARCH}/": "M3 one patient's month",
            f"/months/{MARCH}/": "review of the month",
            f"/lines/{line.public_id}/": "a line",
        }
        medians = in_turn(client, ["/bare/", *names], rounds=15)
        for path, name in names.items():
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            print(
                f"  {name}: {medians[path].wall * 1000:.0f} ms, {len(queries)} statements, {medians[path].wall / medians['/bare/'].wall:.2f} times the bare page"
            )


def main(sizes: tuple[int, ...] = (1_000, 10_000), workers: int = 2) -> None:
    """Run at each size. A size of 100,000 takes about 15 minutes, most of it to build the practice."""
    before: tuple[int, float] | None = None
    for size in sizes:
        connections.close_all()
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            # Start all workers now: no connection is open yet, and the practice is not in memory.
            list(pool.map(time.sleep, [0.2] * workers))
            practice, doctor = build(size)
            count = 7 if size <= 1_000 else 5 if size <= 10_000 else 2
            handwritten, first, inserted = rounds(practice, pool, count=count)
            peak, lines = close.peak, ClaimLine.objects.filter(practice=practice).count()
            growth = f", exponent {math.log(first / before[1]) / math.log(size / before[0]):.2f}" if before else ""
            before = (size, first)
            print(f"M1 close of {size}: {first:.2f} s ({size / first:,.0f}/s, {lines} lines), one statement {handwritten:.2f} s ({inserted} lines), "
                  f"{first / handwritten:.2f} times over {count} rounds{growth}; largest worker {peak:.0f} MiB")  # fmt: skip
            second = close(practice, pool)
            print(f"M2 again, nothing changed: {second / first:.2f} of it")
            entries = TimeEntry.objects.filter(practice=practice).order_by("enrollment_id").distinct("enrollment_id")
            for entry in list(entries.values_list("pk", flat=True))[::100]:
                TimeEntry.objects.filter(pk=entry).update(
                    voided_at=NOW, void_reason="measured by the benchmark", voided_by=doctor
                )
            changed = close(practice, pool)
            print(f"M2 again, one in a hundred changed: {changed / first:.2f} of it")
        if size == sizes[0]:
            history(practice)
        print(
            f"M4 messages: {messages(practice)} for {size} enrollments, {messages(practice) / (size / 1000):.2f} a thousand"
        )
        pages(practice, doctor)


if __name__ == "__main__":
    main()
