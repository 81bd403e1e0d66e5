"""The context of a patient's chart: the stored decision of the worklist row, and lists of the apps."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypedDict

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject

from billing.review.before_month_end import EXPIRY_NOTICE
from billing.review.code_status import Status
from enrollment.documents_in_force import documents_in_force
from enrollment.models import ClinicalItem, Enrollment, Order, Patient, Program, TextDraft
from monitoring.alerts.contact_tasks import open_task
from monitoring.models import AlertRule, LimitProposal, Note, Outreach, Review
from monitoring.queries import last_look, notes, open_alerts, reviews
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.days import Month, clock, local_day, midnight
from rpm_portal.core.db.compiled_querysets import Prepared
from rpm_portal.pages.alerts.cards import AlertCard, brief_cards
from rpm_portal.pages.alerts.forms import CloseForm
from rpm_portal.pages.alerts.inbox import colleagues, proposals
from rpm_portal.pages.chart.clinical_lists.lists import ClinicalLists, lists_of
from rpm_portal.pages.chart.period_ruler import Ruler, ruler_of
from rpm_portal.pages.chart.trends import SPANS, TrendsContext, trends_of
from rpm_portal.pages.worklist.day_strip import Cell, cells_of, counted
from rpm_portal.pages.worklist.display import DisplayData, papers_data
from rpm_portal.pages.worklist.refresh import refresh
from rpm_portal.templatetags.portal import day
from timetracking.calls.attempts import LOOK_BACK, Reach, reach_of
from timetracking.intervals.spans import split_by_month
from timetracking.models import FAILED, Activity, ActivityName, Call, MonthTotal, StartPolicy, StartRule, TimeEntry
from timetracking.queries import activities_of, calls_of, ledger

_PEOPLE = ("billing_provider__user", "supervised_by__user", "looked_after_by__user")
_DEFERRED = [
    *(f"{who}__{column}" for who in _PEOPLE for column in ("password", "last_login", "is_superuser", "joined_at")),
    *(f"patient__{column}" for column in ("words", "street", "city", "postal_code", "established_by")),
]
_SUMS = ("provider_seconds", "staff_seconds", "live_contacts", "last_live_on")


def _enrollments(practice: int, patient: str, month: date, since: datetime) -> Any:
    totals = MonthTotal.objects.filter(enrollment=OuterRef("pk"), month=month)
    failed_calls = Call.objects.standing().filter(
        enrollment__patient=OuterRef("patient"), outcome__in=FAILED, started_at__gte=since
    )
    rows = Enrollment.objects.for_practice(practice).filter(patient__public_id=patient)
    rows = rows.select_related("patient", *_PEOPLE, "clinic", "worklist_row__display", "standing").annotate(
        sums=Subquery(totals.values(sums=JSONObject(**{name: name for name in _SUMS}))),
        tried=Exists(failed_calls),
        ordered_goals=Subquery(Order.objects.filter(enrollment=OuterRef("pk")).order_by("-number").values("goals")[:1]),
        proposed=Exists(LimitProposal.objects.filter(enrollment=OuterRef("pk"), decided_at__isnull=True)),
        ruled=Exists(AlertRule.objects.filter(enrollment=OuterRef("pk"), ended_at__isnull=True)),
        listed=Exists(ClinicalItem.objects.filter(patient=OuterRef("patient"), ended_on__isnull=True)),
        planned=Exists(Outreach.objects.filter(enrollment=OuterRef("pk"), done_at__isnull=True)),
        noted=Exists(Note.objects.filter(enrollment__patient=OuterRef("patient"))),
        drafted=Exists(TextDraft.objects.filter(enrollment=OuterRef("pk"))),
        renamed=Exists(ActivityName.objects.filter(practice=OuterRef("practice"))),
        starts=Exists(StartPolicy.objects.filter(practice=OuterRef("practice")).exclude(starts=StartRule.OFF)),
    )
    # A person's name needs three columns of the row; the others are not read.
    return rows.defer(*_DEFERRED).order_by("discharged_on", "-started_on")


_ENROLLMENTS = Prepared(_enrollments, practice=int, patient=str, month=date, since=datetime)


def enrollments_for_chart(practice: Practice, public_id: str, *, now: datetime) -> list[Any]:
    """A patient's enrollments, open ones first, with their cached values. One statement.

    For data that few enrollments have, the statement returns only whether it exists; the chart then queries it.
    """
    month = Month.current(now, practice.zone).first_day
    rows = _ENROLLMENTS(practice=practice.pk, patient=public_id, month=month, since=now - LOOK_BACK)
    for row in rows:
        row.practice = practice
    return rows


class LedgerLine(TypedDict):
    """A time entry with its time inside the month; `part` like "1 of 2" if it reaches into another month."""

    entry: TimeEntry
    length: str
    part: str
    running: bool


class ChartContext(TrendsContext, total=False):
    """Context of worklist/chart.html; a patient without an enrollment has only the first seven."""

    patient: Patient
    age: int
    enrollments: list[Any]
    enrollment: Any
    SPANS: Sequence[int]
    shown_to: date | None
    earlier: str
    later: str
    at_end: str
    days: int
    now: datetime
    today: date
    notes: list[Note]
    lists: ClinicalLists
    next_contact: Outreach | None
    episode_day: int | None
    unfinished: list[TextDraft]
    # What the apps have recorded.
    month: Month
    cards: list[AlertCard]
    form: CloseForm
    proposals: list[LimitProposal]
    colleagues: list[Membership]
    reviews: list[Review]
    looked: Review | None
    ledger: list[LedgerLine]
    calls: list[Call]
    total: dict[str, object]
    reach: Reach | None
    activities: list[tuple[str, str]]
    # The month as the engine decides it.
    statuses: list[Status]
    findings: list[SimpleNamespace]
    cells: list[Cell]
    counted: int
    odd_cells: list[Cell]
    ruler: Ruler
    policy: str
    paper: dict[str, Any]
    starts: str


def chart_of(
    practice: Practice,
    patient: Patient,
    enrollments: list[Any],
    *,
    chosen: str,
    days: int,
    now: datetime,
    until: date | None = None,
) -> ChartContext:
    """The context of the chart of one patient. About ten statements for any length of history.

    The graphs end with the day `until` in the patient's zone, or now.
    """
    today = local_day(now, practice.zone)
    current = next((row for row in enrollments if row.public_id == chosen), enrollments[0] if enrollments else None)
    context: ChartContext = {
        "patient": patient,
        "age": patient.age_on(today),
        "enrollments": enrollments,
        "enrollment": current,
        "SPANS": SPANS,
        "days": days,
        "now": now,
        "today": today,
    }
    if current is None:
        return context
    context["lists"] = lists_of(patient.pk) if current.listed else ClinicalLists()
    context["next_contact"] = open_task(current.pk) if current.planned else None
    context["episode_day"] = (today - current.started_on).days + 1 if current.started_on else None
    context["notes"] = notes([row.pk for row in enrollments], known=now) if current.noted else []
    context |= _lists_of(practice, current, now=now)
    recent, calls = context["reviews"], context["calls"]
    span = _span(until, days=days, today=today)
    end = midnight(until + timedelta(days=1), patient.zone) if until else None
    trends = trends_of(current, days=days, reviews=recent, calls=calls, now=now, units=practice.units, until=end)
    context |= trends | span
    context |= _month_of(practice, current, month=context["month"], now=now)
    return context


class Span(TypedDict):
    """The days of the graphs: the addresses of the days before and after; `at_end` keeps the end in other links."""

    shown_to: date | None
    earlier: str
    later: str
    at_end: str


def _span(until: date | None, *, days: int, today: date) -> Span:
    """The links that move the graphs by their own length."""
    later = min(until + timedelta(days=days), today) if until else None
    return {
        "shown_to": until,
        "earlier": ((until or today) - timedelta(days=days)).isoformat(),
        "later": later.isoformat() if later else "",
        "at_end": f"&to={until.isoformat()}" if until else "",
    }


def _lists_of(practice: Practice, row: Any, *, now: datetime) -> ChartContext:
    """What the apps have recorded for an enrollment: alerts, reviews, time and calls."""
    month = Month.current(now, practice.zone)
    state = row.standing
    has_alerts = state.open_critical or state.open_high or state.open_low or state.open_adherence
    alerts, recent_reviews = open_alerts(row.pk) if has_alerts else [], reviews(row.pk)
    return {
        "month": month,
        "cards": brief_cards(alerts, units=practice.units),
        "form": CloseForm(),
        "proposals": proposals(practice, row.pk) if row.proposed else [],
        "colleagues": colleagues(practice, today=local_day(now, practice.zone)) if alerts else [],
        "reviews": recent_reviews,
        "looked": last_look(recent_reviews),
        "ledger": _ledger(row, month=month, practice=practice),
        "calls": calls_of(row.pk),
        "total": _total(row.sums),
        "reach": reach_of(row.patient, month=Month.current(now, row.patient.zone), now=now) if row.tried else None,
        "activities": activities_of(practice.pk) if row.renamed else Activity.choices,
    }


def _month_of(practice: Practice, row: Any, *, month: Month, now: datetime) -> ChartContext:
    """The engine's decision of the month, or the papers of a program that no rule decides."""
    if row.program not in {Program.RPM, Program.RTM}:
        return {"paper": paper_in_days(_papers(row.pk, month=month))}
    today = local_day(now, practice.zone)
    if row.worklist_row.is_fresh(today):
        return _stored_month(row.worklist_row.display.data, month=month, today=today)
    (display,) = refresh(practice, [row.pk], now=now)
    return _stored_month(display.data, month=month, today=today)


def _papers(enrollment_id: int, *, month: Month) -> dict[str, object]:
    """The papers of an enrollment that no rule decides (CCM). Six statements."""
    documents = documents_in_force([enrollment_id], first_day=month.first_day, last_day=month.last_day)
    return papers_data(documents[enrollment_id])


def _total(sums: dict[str, Any] | None) -> dict[str, object]:
    """The stored sums of the month; empty if none are stored yet."""
    if not sums:
        return {}
    last_live_on = sums["last_live_on"]
    return sums | {"last_live_on": date.fromisoformat(last_live_on) if last_live_on else None}


def _stored_month(data: DisplayData, *, month: Month, today: date) -> ChartContext:
    """The engine's decision of the month, as the worklist stores it."""
    start = data["period_from"]
    cells = cells_of(date.fromisoformat(start) if start else None, data["days"])
    spans = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in data["windows"]]
    paper = paper_in_days(data["papers"])
    return {
        "statuses": [*(Status(*status) for status in data["statuses"]), *_order_ending(paper, today=today)],
        "findings": [SimpleNamespace(gravity=g, code=code, sentence=text) for g, code, text in data["findings"]],
        "cells": cells,
        "counted": counted(data["days"]),
        "odd_cells": [cell for cell in cells if cell.kind in {"other", "missed"}],
        "ruler": ruler_of(month.first_day, month.last_day, spans, today=today),
        "policy": data["policy"],
        "paper": paper,
    }


def _order_ending(paper: dict[str, Any], *, today: date) -> list[Status]:
    """A status that asks for a new order, if the current one ends within two weeks."""
    ends_on = paper.get("order", {}).get("to")
    if ends_on is None or not today <= ends_on <= today + EXPIRY_NOTICE:
        return []
    return [Status("order", "Needs", f"a new order, this one ends {day(ends_on)}")]


def paper_in_days(stored: dict[str, Any]) -> dict[str, Any]:
    """The cached documents with ISO days as dates."""
    documents = dict(stored)
    if order := documents.get("order"):
        documents["order"] = order | {
            name: date.fromisoformat(order[name]) if order[name] else None for name in ("from", "to")
        }
    if consent := documents.get("consent"):
        documents["consent"] = consent | {"on": date.fromisoformat(consent["on"])}
    if educated_on := documents.get("educated_on"):
        documents["educated_on"] = date.fromisoformat(educated_on)
    return documents


def _ledger(row: Enrollment, *, month: Month, practice: Practice) -> list[LedgerLine]:
    """The time entries of the month, each with its time inside the month."""
    lines: list[LedgerLine] = []
    for entry in ledger(row.pk, month=month, zone=practice.zone):
        inside = 0
        part = ""
        if entry.stopped_at is not None:
            parts = dict(split_by_month(entry.started_at, entry.stopped_at, practice.zone))
            inside = parts.get(month, 0)
            if len(parts) > 1:
                part = f"{list(parts).index(month) + 1} of {len(parts)}"
        lines.append({"entry": entry, "length": clock(inside), "part": part, "running": entry.is_running})
    return lines
