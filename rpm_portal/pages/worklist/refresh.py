"""Decide the rows of the worklist again when their facts, the day or the engine's release have changed."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from billing.review.first_endings import document_endings
from billing.review.queries import decided_now
from billing.rules.release import release
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.worklist.display import Decided, decided_display, enrollments_with_patients
from rpm_portal.pages.worklist.models import WorklistRow
from rpm_portal.pages.worklist.place import place, place_due
from rpm_portal.pages.worklist.sparklines import spark_data, sparks

_COLUMNS = ("payer_id", "blocked", "period_to", "slack", "short_seconds", "ends_on", "document_ends_on")
# A row whose version has changed since it was read, or that another transaction is writing, is left for the next one.
_WRITE = """
WITH decided AS (
  SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::date[], %s::smallint[],
                       %s::integer[], %s::date[], %s::date[], %s::text[])
  AS t(id, version, payer_id, blocked, period_to, slack, short_seconds, ends_on, document_ends_on, data)),
free AS (
  SELECT r.id FROM worklist_row r JOIN decided USING (id) WHERE r.version = decided.version
  ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED),
written AS (
  UPDATE worklist_row r SET decided_version = decided.version, decided_on = %s, release = %s,
         payer_id = decided.payer_id, blocked = decided.blocked, period_to = decided.period_to, slack = decided.slack,
         short_seconds = decided.short_seconds, ends_on = decided.ends_on, document_ends_on = decided.document_ends_on,
         place_version = place_version + 1, place_until = 'epoch'
  FROM decided JOIN free USING (id) WHERE r.id = decided.id AND r.version = decided.version
  RETURNING r.id, r.practice_id)
INSERT INTO worklist_display (row_id, practice_id, data)
SELECT written.id, written.practice_id, decided.data::jsonb FROM written JOIN decided USING (id) ORDER BY written.id
ON CONFLICT (row_id) DO UPDATE SET data = excluded.data
"""


def refresh(practice: Practice, enrollment_ids: Iterable[int], *, now: datetime) -> list[Any]:
    """Decide the rows of some enrollments and place them; returns them as they were decided, `data` included.

    The version is read before the facts. A fact that changes meanwhile leaves the version ahead, and the row is decided
    again by the next reader. A constant number of statements; none without enrollments.
    """
    ids = list(enrollment_ids)
    if not ids:
        return []
    rows: list[Any] = list(WorklistRow.objects.for_practice(practice).filter(enrollment__any_of=ids).with_display())
    today = local_day(now, practice.zone)
    decided = decide(practice, [row.enrollment_id for row in rows], now=now)
    for row in rows:
        answer = decided[row.enrollment_id]
        for name in _COLUMNS:
            setattr(row, name, getattr(answer, name))
        row.data = answer.data
        row.decided_version, row.decided_on, row.release = row.version, today, release()
    _write(rows)
    place(ids, now=now)
    return rows


def decide(practice: Practice, enrollment_ids: Sequence[int], *, now: datetime) -> dict[int, Decided]:
    """What refresh() writes, by enrollment."""
    today, month = local_day(now, practice.zone), Month.current(now, practice.zone)
    decisions = decided_now(practice, list(enrollment_ids), month=month, today=today)
    endings = document_endings(decisions, month=month, today=today)
    enrollments, values = enrollments_with_patients(enrollment_ids), sparks(enrollment_ids, today=today)
    decided = {}
    for pk in enrollment_ids:
        spark = spark_data(values.get(pk), today=today)
        ends = endings.get(pk, ())
        decided[pk] = decided_display(enrollments[pk], *decisions[pk], spark, endings=ends, month=month, today=today)
    return decided


def _write(rows: Sequence[Any]) -> None:
    """Write decided rows and what they show, in one statement. Raw: a join skips rows that changed meanwhile."""
    if not rows:
        return
    columns = [[getattr(row, name) for row in rows] for name in ("pk", "version", *_COLUMNS)]
    data = [json.dumps(row.data) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [*columns, data, rows[0].decided_on, release()])


def fact_versions(enrollment_ids: Sequence[int]) -> dict[int, int]:
    """How often the facts of each enrollment have changed. One statement."""
    rows = WorklistRow.objects.filter(enrollment__any_of=list(enrollment_ids))
    return dict(rows.values_list("enrollment_id", "version"))


def refresh_practice(practice: Practice, *, now: datetime, chunk: int = 500, most: int = 20_000) -> int:
    """Place what is due and decide every row that is not fresh; returns how many rows were decided."""
    place_due(practice, now=now)
    seen: set[int] = set()
    while len(seen) < most:
        ids = WorklistRow.objects.stale(practice, today=local_day(now, practice.zone))[:chunk]
        # Rows that come back were changed or locked by another transaction just now: the next run decides them.
        if seen.issuperset(ids):
            break
        refresh(practice, ids, now=now)
        seen.update(ids)
    return len(seen)


def wrongly_decided(practice: Practice, *, now: datetime, chunk: int = 500) -> Iterator[int]:
    """Enrollments whose row claims to be fresh and is not what refresh() would write: a missing trigger."""
    today = local_day(now, practice.zone)
    fresh = WorklistRow.objects.fresh(practice, today=today).select_related("display").order_by("pk")
    last = 0
    while rows := list(fresh.filter(pk__gt=last)[:chunk]):
        decided = decide(practice, [row.enrollment_id for row in rows], now=now)
        for row in rows:
            answer = decided[row.enrollment_id]
            columns = [(getattr(row, name), getattr(answer, name)) for name in _COLUMNS]
            data = json.loads(json.dumps(answer.data))
            if row.display.data != data or any(stored != now_ for stored, now_ in columns):
                yield row.enrollment_id
        last = rows[-1].pk
