"""Keeping each enrollment's row as the engine sees it, and never showing one that its facts have left behind."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q

from billing.facts.case_files import CaseFile
from billing.review.code_status import outlook
from billing.review.queries import decided_now
from billing.rules import Decision, Finding, Gravity
from enrollment.models import Enrollment
from enrollment.papers import Papers, papers
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.chart.patient_month import windows_of
from rpm_portal.pages.worklist.cache.day_strip import counted, letters
from rpm_portal.pages.worklist.cache.rendered_cells import Person, drawn_with, facts_drawn, values_drawn
from rpm_portal.pages.worklist.cache.sparklines import drawn, sparks
from rpm_portal.pages.worklist.models import Kept

_GRAVITIES = (Gravity.BLOCKS, Gravity.REVIEW, Gravity.SHORT, Gravity.NOTE, Gravity.MET)
# What is written, with the type the database reads it as.
_FACTS = {
    "kept_on": "date", "release": "text", "payer_id": "bigint", "period_from": "date", "period_to": "date",
    "device_days": "smallint", "device_need": "smallint", "slack": "smallint", "short_seconds": "integer",
    "needs_call": "boolean", "blocked": "boolean", "cells": "text", "statuses": "jsonb", "findings": "jsonb",
    "windows": "jsonb", "paper": "jsonb", "policy": "text", "drawn": "text",
    "named": "text",
}  # fmt: skip


def stale(practice: Practice, *, now: datetime, limit: int) -> list[Kept]:
    """Rows of enrollments that run and whose facts, values, day or release have moved on. One statement."""
    rows = Kept.objects.for_practice(practice).filter(active=True)
    moved = ~Q(facts_kept=F("facts_moved")) | ~Q(values_kept=F("values_moved"))
    old = Q(kept_on__isnull=True) | ~Q(kept_on=local_day(now, practice.zone)) | ~Q(release=drawn_with())
    return list(rows.filter(moved | old).order_by("pk")[:limit])


def counted_moves(enrollment_ids: Sequence[int]) -> dict[int, int]:
    """How often the facts of each enrollment have moved. One statement."""
    rows = Kept.objects.filter(enrollment__any_of=list(enrollment_ids))
    return dict(rows.values_list("enrollment_id", "facts_moved"))


def facts_hold(row: Any, *, today: date) -> bool:
    """Whether what a row says of its facts is theirs still. A `Kept`, or its columns by the same names."""
    return bool(row.facts_kept == row.facts_moved and row.kept_on == today and row.release == drawn_with())


def values_hold(row: Any, *, today: date) -> bool:
    """Whether a row's drawing is of the values that stand."""
    return bool(row.values_kept == row.values_moved and row.kept_on == today and row.release == drawn_with())


def made_fresh(practice: Practice, rows: Sequence[Kept], *, now: datetime) -> None:
    """Decide anew what its facts have left behind, in the rows given and in the database.

    No statement where every row holds. The counts of `rows` were read before the facts are: a fact that moves meanwhile
    leaves its count ahead, and the row is decided once more by whoever looks next.
    """
    today, month = local_day(now, practice.zone), Month.current(now, practice.zone)
    old = [row for row in rows if not facts_hold(row, today=today)]
    unseen = [row for row in rows if not values_hold(row, today=today)]
    if old:
        decided = _facts(practice, [row.enrollment_id for row in old], month=month, today=today)
        for row in old:
            for name, value in decided[row.enrollment_id].items():
                setattr(row, name, value)
            row.kept_on, row.release, row.facts_kept = today, drawn_with(), row.facts_moved
        _write(old, _FACTS, count="facts")
    if unseen:
        found = sparks([row.enrollment_id for row in unseen], now=now)
        for row in unseen:
            row.drawn_values = values_drawn(drawn(found.get(row.enrollment_id), today=today))
            row.values_kept = row.values_moved
        _write(unseen, {"drawn_values": "text"}, count="values")


def _write(rows: Sequence[Kept], columns: dict[str, str], *, count: str) -> None:
    """Keep what was decided, where its count has not moved and nobody writes the row just now. One statement."""
    names = list(columns)
    arrays = [[row.pk for row in rows], [getattr(row, f"{count}_kept") for row in rows]]
    for name, kind in columns.items():
        values = [getattr(row, name) for row in rows]
        arrays.append([json.dumps(value) for value in values] if kind == "jsonb" else values)
    kinds = ", ".join(f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in columns.values())
    setting = ", ".join(f"{name} = t.{name}{'::jsonb' if columns[name] == 'jsonb' else ''}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            # Our own column names; every value is a parameter.
            f"""
            WITH t AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[], {kinds}) AS t(id, seen, {", ".join(names)})),
            free AS (
              SELECT k.id FROM worklist_kept k JOIN t USING (id) WHERE k.{count}_moved = t.seen
              ORDER BY k.id FOR NO KEY UPDATE OF k SKIP LOCKED)
            UPDATE worklist_kept k SET {count}_kept = t.seen, {setting}
            FROM t JOIN free USING (id) WHERE k.id = t.id AND k.{count}_moved = t.seen
            """,  # noqa: S608
            arrays,
        )


def _facts(practice: Practice, ids: list[int], *, month: Month, today: date) -> dict[int, dict[str, Any]]:
    """What is kept of each enrollment's facts. A constant number of statements; papers alone where no rule decides."""
    decided = decided_now(practice, ids, month=month, today=today)
    people = _people(ids)
    return {pk: _row(people[pk], *decided[pk], month=month, today=today) for pk in decided}


def _people(ids: list[int]) -> dict[int, Person]:
    """Whose row each is. One statement."""
    names = ("public_id", *(f"patient__{name}" for name in ("public_id", *Person._fields[2:8])), *Person._fields[8:])
    rows = Enrollment.objects.filter(pk__any_of=ids).values_list("pk", *names)
    return {pk: Person._make(told) for pk, *told in rows}


def _row(who: Person, file: CaseFile, decision: Decision, *, month: Month, today: date) -> dict[str, Any]:
    statuses = outlook(decision, today=today, last_day=month.last_day)
    start, text = letters(file, decision, today=today)
    period = _period(decision, text, start, today=today)
    lacking = {"MGMT_TIME_BELOW_MIN", "MGMT_SHORT_OF_CODE"}
    short = [int(f.values["missing"]) for f in decision.findings if f.code in lacking]
    covered = file.papers.coverage
    return {
        "payer_id": covered.payer_id if covered else None,
        "period_from": start,
        "period_to": start + timedelta(days=len(text) - 1) if start else None,
        "device_days": period.days,
        "device_need": period.need,
        "slack": period.slack,
        "short_seconds": min(short, default=None),
        "needs_call": any(f.code.startswith(("MGMT_NO_LIVE", "MGMT_LIVE_COMM_NOT")) for f in decision.blockers),
        "blocked": bool(statuses) and statuses[0].word == "Blocked",
        "cells": text,
        "statuses": [list(status) for status in statuses],
        "findings": [[f.gravity.value, f.code, f.sentence] for f in told(decision)],
        "windows": [[w.start.isoformat(), w.end.isoformat()] for w in windows_of(file)],
        "paper": paper_of(file.papers),
        "policy": file.policy.name[:80],
        "named": f"{who.family_name} {who.given_name}".lower(),
        "drawn": facts_drawn(who, statuses, cells=text, device_days=period.days, today=today),
    }


@dataclass(frozen=True, slots=True)
class _Period:
    days: int | None = None
    need: int | None = None
    slack: int | None = None


def _period(decision: Decision, text: str, start: date | None, *, today: date) -> _Period:
    """The running window against the payer's longer code; no slack where it is reached, or out of reach."""
    opened = next((f.values for f in decision.findings if f.is_running_period), None)
    if opened is None or start is None:
        return _Period()
    needs = [need for _, need in opened["needs"]]
    if not needs:
        return _Period(counted(text))
    left = (opened["closes"] - today).days + 1
    slack = left - (needs[0] - opened["days"])
    reachable = opened["days"] < needs[0] and slack >= 0
    return _Period(opened["days"], needs[0], min(slack, 99) if reachable else None)


def told(decision: Decision) -> list[Finding]:
    """The findings a nurse can act on or rest on, what is missing first."""
    found = [f for f in decision.findings if not f.code.endswith("_CODE_EXCLUDED") and f.code != "SETUP_BILLED_BEFORE"]
    return sorted(found, key=lambda finding: _GRAVITIES.index(finding.gravity))


def paper_of(stand: Papers) -> dict[str, Any]:
    """Order, consent, coverage and set-up in words, as the chart shows them."""
    found: dict[str, Any] = {}
    if (order := stand.order) is not None:
        found["order"] = {
            "public_id": order.public_id, "number": order.number, "measures": order.measures,
            "frequency": order.frequency, "from": order.starts_on.isoformat(),
            "to": order.ends_on.isoformat() if order.ends_on else "",
        }  # fmt: skip
    if (consent := stand.consent) is not None:
        found["consent"] = {
            "on": consent.given_on.isoformat(), "mode": consent.get_mode_display(), "script": consent.script_version,
        }  # fmt: skip
    if stand.coverage is not None:
        found["coverage"] = str(stand.coverage.payer)
    if stand.episode is not None and stand.episode.educated_on:
        found["educated_on"] = stand.episode.educated_on.isoformat()
    return found


def papers_now(enrollment_ids: Iterable[int], *, month: Month) -> dict[int, dict[str, Any]]:
    """The papers of enrollments that no rule decides (CCM). Six statements."""
    found = papers(list(enrollment_ids), first_day=month.first_day, last_day=month.last_day)
    return {pk: paper_of(stand) for pk, stand in found.items()}


def keep_fresh(practice: Practice, *, now: datetime, chunk: int = 500, most: int = 20_000) -> int:
    """Decide anew every row of a practice that its facts have left behind; returns how many."""
    seen: set[int] = set()
    while len(seen) < most:
        rows = stale(practice, now=now, limit=chunk)
        # What comes back was moved or held by somebody just now: the next round has it.
        if not rows or seen.issuperset(row.pk for row in rows):
            break
        made_fresh(practice, rows, now=now)
        seen.update(row.pk for row in rows)
    return len(seen)
