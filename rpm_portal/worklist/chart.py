"""What a patient's chart shows, gathered from the rooms' queries."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.outlook import outlook
from billing.queries import decided_now
from billing.rules import Decision, Finding, Gravity
from enrollment.models import Enrollment, Patient
from enrollment.queries import enrollments_of, papers
from monitoring.forms import ReviewForm
from monitoring.ingest import UNITS
from monitoring.models import Metric, Threshold
from monitoring.queries import open_alerts, readings_between, reviews
from monitoring.trend import Chart, Point, draw
from monitoring.words import value_text
from rpm_portal.accounts.models import Practice
from rpm_portal.days import Month, clock, local_day
from rpm_portal.worklist.ranking import strip
from timetracking.queries import activities_of, calls_of, ledger, totals
from timetracking.reaching import reach_of
from timetracking.spans import split_by_month

SPANS = (7, 30, 90)
NAMES = {"blood_pressure": ("systolic", "diastolic")}
MOST_ROWS = 60


def chart_of(practice: Practice, patient: Patient, *, chosen: str, days: int, now: datetime) -> dict[str, Any]:
    """Everything on the chart of one patient. About thirty statements, whatever the history."""
    today = local_day(now, practice.zone)
    enrollments = enrollments_of(patient)
    current = next((row for row in enrollments if row.public_id == chosen), enrollments[0] if enrollments else None)
    context: dict[str, Any] = {
        "patient": patient,
        "age": patient.age_on(today),
        "enrollments": enrollments,
        "enrollment": current,
        "SPANS": SPANS,
        "days": days,
        "now": now,
    }
    if current is None:
        return context
    return context | _of_enrollment(practice, current, days=days, now=now)


def _of_enrollment(practice: Practice, row: Enrollment, *, days: int, now: datetime) -> dict[str, Any]:
    month = Month.current(now, practice.zone)
    today = local_day(now, practice.zone)
    paper = papers([row.pk], first_day=month.first_day, last_day=month.last_day)[row.pk]
    context: dict[str, Any] = {
        "month": month,
        "paper": paper,
        "alerts": open_alerts(row.pk),
        "form": ReviewForm(),
        "reviews": reviews(row.pk),
        "ledger": _ledger(row, month=month, practice=practice),
        "calls": calls_of(row.pk),
        "total": totals([row.pk], month=month).get(row.pk),
        "reach": reach_of(row.patient, month=Month.current(now, row.patient.zone), now=now),
        "activities": activities_of(practice.pk),
    }
    context |= _trend(row, days=days, now=now)
    if row.program in {"RPM", "RTM"}:
        file, decision = decided_now(practice, [row.pk], month=month, today=today)[row.pk]
        context |= {
            "statuses": outlook(decision, today=today, last_day=month.last_day),
            "findings": _told(decision),
            "cells": strip(file, decision, today=today),
            "policy": file.policy.name,
        }
    return context


def _told(decision: Decision) -> list[Finding]:
    """The findings a nurse can act on or rest on, what is missing first."""
    order = (Gravity.BLOCKS, Gravity.REVIEW, Gravity.SHORT, Gravity.NOTE, Gravity.MET)
    told = [f for f in decision.findings if not f.code.endswith("_CODE_EXCLUDED") and f.code != "SETUP_BILLED_BEFORE"]
    return sorted(told, key=lambda finding: order.index(finding.gravity))


def _ledger(row: Enrollment, *, month: Month, practice: Practice) -> list[dict[str, Any]]:
    """The month's intervals with the seconds that fall into it."""
    lines = []
    for entry in ledger(row.pk, month=month, zone=practice.zone):
        inside = 0
        part = ""
        if entry.stopped_at is not None:
            parts = dict(split_by_month(entry.started_at, entry.stopped_at, practice.zone))
            inside = parts.get(month, 0)
            if len(parts) > 1:
                part = f"{list(parts).index(month) + 1} of {len(parts)}"
        lines.append({"entry": entry, "length": clock(inside), "part": part, "running": entry.stopped_at is None})
    return lines


def _trend(row: Enrollment, *, days: int, now: datetime) -> dict[str, Any]:
    start = now - timedelta(days=days)
    found = readings_between(row.pk, start=start, end=now + timedelta(minutes=5))
    limits = {(limit.metric, limit.part): limit for limit in Threshold.objects.filter(enrollment=row.pk)}
    charts: list[Chart] = []
    for metric in Metric:
        mine = [reading for reading in found if reading[0] == metric]
        if not mine:
            continue
        names = NAMES.get(metric, (metric.label.lower(),))
        series = [
            (name, [Point(reading[1], reading[2 + index]) for reading in mine]) for index, name in enumerate(names)
        ]
        limit = limits.get((metric, 1))
        charts.append(
            draw(
                title=metric.label,
                unit=UNITS[metric],
                series=series,
                start=start,
                end=now,
                zone=row.patient.zone,
                low=limit.low if limit else None,
                high=limit.high if limit else None,
            )
        )
    return {"charts": charts, "readings": _rows(found, limits), "reading_count": len(found)}


def _rows(found: list[tuple[Any, ...]], limits: dict[tuple[str, int], Threshold]) -> list[dict[str, Any]]:
    """The latest readings as text, with H and L where a limit is broken and a mark where it came late or typed."""
    rows = []
    for metric, at, value, value_2, value_3, received_at, kind in reversed(found[-MOST_ROWS:]):
        pulse = f"{value_3.normalize():f}" if metric == "blood_pressure" and value_3 else ""
        rows.append(
            {
                "at": at,
                "text": value_text(metric, value, value_2),
                "unit": UNITS[metric],
                "pulse": pulse,
                "flag": _flag(limits.get((metric, 1)), value) or _flag(limits.get((metric, 2)), value_2),
                "late": received_at - at > timedelta(days=1),
                "received_at": received_at,
                "kind": kind,
            }
        )
    return rows


def _flag(limit: Threshold | None, value: Decimal) -> str:
    if limit is None:
        return ""
    for word, edge in (("HH", limit.critical_high), ("H", limit.high)):
        if edge is not None and value > edge:
            return word
    for word, edge in (("LL", limit.critical_low), ("L", limit.low)):
        if edge is not None and value < edge:
            return word
    return ""
