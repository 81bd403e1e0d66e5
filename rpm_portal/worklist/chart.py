"""What a patient's chart shows, gathered from the rooms' queries."""

from datetime import datetime
from typing import Any

from billing.outlook import outlook
from billing.queries import decided_now
from billing.rules import Decision, Finding, Gravity
from enrollment.models import Enrollment, Patient
from enrollment.queries import enrollments_of, papers
from monitoring.queries import last_look, open_alerts, reviews, rules_of
from rpm_portal.accounts.models import Practice
from rpm_portal.alerting.forms import CloseForm
from rpm_portal.alerting.inbox import colleagues, proposals
from rpm_portal.days import Month, clock, local_day
from rpm_portal.worklist.patient_month import windows_of
from rpm_portal.worklist.ranking import strip
from rpm_portal.worklist.ruler import ruler_of
from rpm_portal.worklist.trends import SPANS, trends_of
from timetracking.queries import activities_of, calls_of, ledger, totals
from timetracking.reaching import reach_of
from timetracking.spans import split_by_month


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
    context: dict[str, Any] = {
        "month": month,
        "alerts": open_alerts(row.pk),
        "form": CloseForm(),
        "proposals": proposals(practice, row.pk),
        "colleagues": colleagues(practice, today=today),
        "rules": rules_of(row.pk),
        "reviews": reviews(row.pk),
        "ledger": _ledger(row, month=month, practice=practice),
        "calls": calls_of(row.pk),
        "total": totals([row.pk], month=month).get(row.pk),
        "reach": reach_of(row.patient, month=Month.current(now, row.patient.zone), now=now),
        "activities": activities_of(practice.pk),
    }
    context["looked"] = last_look(context["reviews"])
    context |= trends_of(row, days=days, reviews=context["reviews"], calls=context["calls"], now=now)
    if row.program in {"RPM", "RTM"}:
        file, decision = decided_now(practice, [row.pk], month=month, today=today)[row.pk]
        cells = strip(file, decision, today=today)
        context |= {
            "statuses": outlook(decision, today=today, last_day=month.last_day),
            "findings": _told(decision),
            "cells": cells,
            "counted": sum(1 for cell in cells if cell.kind == "counted"),
            "odd_cells": [cell for cell in cells if cell.kind in {"other", "missed"}],
            "ruler": ruler_of(
                month.first_day, month.last_day, [(w.start, w.end) for w in windows_of(file)], today=today
            ),
            "policy": file.policy.name,
            "paper": file.papers,
        }
    else:
        context["paper"] = papers([row.pk], first_day=month.first_day, last_day=month.last_day)[row.pk]
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
