"""Queries for the rows that a month's facts are made of, with the claim lines and device anchors of other months."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import NOT_IN_FORCE_STATES, ClaimLine, DeviceAnchor, MonthSeal
from billing.rules.day_spans import days_in_all
from billing.rules.fact_rows import DayRead, InForce
from enrollment.documents_in_force import LOOK_BACK, DocumentsInForce, documents_in_force
from enrollment.models import Program
from monitoring.queries import DaysRead, first_reading_days, reading_days
from rpm_portal.core.days import Month
from rpm_portal.core.db.compiled_querysets import Prepared
from timetracking.fact_rows import CallRow, IntervalRow, contacts_between, time_slices
from timetracking.models import Call, TimeEntry, Visit
from timetracking.queries import CareTime, care_time, visits_between


class Rows(NamedTuple):
    """The rows that facts are made of, by enrollment or patient key; every list oldest first."""

    documents_in_force: dict[int, DocumentsInForce]
    first_read: Mapping[int, date]
    days: Mapping[int, tuple[DayRead, ...]]
    time: Mapping[int, Sequence[TimeEntry | IntervalRow]]
    contacts: Mapping[int, Sequence[Call | CallRow]]
    visits: Mapping[int, Sequence[Visit]]
    care: Mapping[int, CareTime]


Reader = Callable[[Sequence[int], Month, str], Rows]


def rows_on_file(enrollment_ids: Sequence[int], month: Month, zone: str) -> Rows:
    """The rows of a month as they are on file now. Nine statements for any number of enrollments."""
    ids = list(enrollment_ids)
    papers_by_id = documents_in_force(ids, first_day=month.first_day, last_day=month.last_day)
    service_starts = {pk: day for pk, paper in papers_by_id.items() if (day := service_from(paper)) is not None}
    self_reporting = {pk for pk, paper in papers_by_id.items() if paper.enrollment.program == Program.RTM}
    start, end = month.starts_at(zone) - LOOK_BACK, month.ends_at(zone)
    patients = [paper.enrollment.patient_id for paper in papers_by_id.values()]
    with_related = sorted(
        {pk for paper in papers_by_id.values() for pk in (paper.enrollment.pk, *served_with(paper, month))}
    )
    days = reading_days(ids, start=month.first_day - LOOK_BACK, to=month.last_day)
    return Rows(
        documents_in_force=papers_by_id,
        first_read=first_reading_days(service_starts, reported_counts=self_reporting),
        days={pk: days_from(read) for pk, read in days.items()},
        time=time_slices(with_related, start=start, end=end),
        contacts=contacts_between(with_related, start=start, end=end),
        visits=visits_between(patients, start=start, end=end),
        care=care_time(patients, month=month, zone=zone),
    )


def served_with(paper: DocumentsInForce, month: Month) -> list[int]:
    """The related enrollments with service in a month."""
    rows = (related.enrollment for related in paper.related)
    return [row.pk for row in rows if row.discharged_on is None or row.discharged_on >= month.first_day]


def service_from(paper: DocumentsInForce) -> date | None:
    """The first day on which order, consent and enrollment are all in force; None if one is missing."""
    kinds = [orders_of(paper), consents_of(paper), enrolled_of(paper)]
    days = days_in_all(kinds)
    return days[0][0] if all(kinds) and days else None


def orders_of(paper: DocumentsInForce) -> list[InForce]:
    """The days on which each order is in force; it ends on the day before an order that replaces it begins."""
    replaced = {order.supersedes_id: order.starts_on for order in paper.orders if order.supersedes_id is not None}
    rows = []
    for order in paper.orders:
        ends_on, replaced_on = order.ends_on, replaced.get(order.pk)
        if replaced_on is not None:
            before = replaced_on - timedelta(days=1)
            ends_on = before if ends_on is None else min(ends_on, before)
        rows.append(InForce(order.starts_on, ends_on, f"order:{order.public_id}"))
    return [row for row in rows if row.last is None or row.first is None or row.first <= row.last]


def consents_of(paper: DocumentsInForce) -> list[InForce]:
    """The days on which each consent is in force."""
    rows = [InForce(consent.given_on, consent.withdrawn_on, f"consent:{consent.pk}") for consent in paper.consents]
    return [row for row in rows if row.last is None or row.first is None or row.first <= row.last]


def enrolled_of(paper: DocumentsInForce) -> list[InForce]:
    """The days of the enrollment itself; none before it has started."""
    row = paper.enrollment
    return [InForce(row.started_on, row.discharged_on)] if row.started_on is not None else []


class BilledLine(NamedTuple):
    """A claim line of another month; the names are those of `ClaimLine`."""

    patient_id: int
    enrollment_id: int
    episode_id: int | None
    component: str
    code: str
    dos: date
    period_start: date | None
    units: int
    authorization: str


def billed_elsewhere(
    patient_ids: list[int], *, month: Month, known_at: datetime | None = None
) -> dict[int, list[BilledLine]]:
    """The claim lines of other months that are facts of this one, by patient. One statement.

    Lines of earlier months count as soon as they are proposed: what one month bills, the next must not bill again.
    Lines of later months count only if that month was sealed: a forecast is no fact. With `known_at` (the database's
    clock) the lines and seals are those of that moment; otherwise those of now.
    """
    if known_at is None:
        rows = _BILLED_QUERY(patients=patient_ids, month=month.first_day)
    else:
        rows = _BILLED_AS_OF_QUERY(patients=patient_ids, month=month.first_day, known_at=known_at)
    by_patient: dict[int, list[BilledLine]] = defaultdict(list)
    for line in map(BilledLine._make, rows):
        by_patient[line.patient_id].append(line)
    return by_patient


def _billed(patients: list[int], month: date) -> QuerySet[ClaimLine, tuple[object, ...]]:
    sealed = MonthSeal.objects.filter(close=OuterRef("close"), lifted_at__isnull=True)
    return _in_other_months(ClaimLine.objects.exclude(state__in=NOT_IN_FORCE_STATES), sealed, patients, month)


def _billed_as_of(patients: list[int], month: date, known_at: datetime) -> QuerySet[ClaimLine, tuple[object, ...]]:
    sealed = MonthSeal.objects.filter(close=OuterRef("close"), taken_at__lte=known_at)
    sealed = sealed.filter(Q(lifted_at__isnull=True) | Q(lifted_at__gt=known_at))
    lines = ClaimLine.objects.filter(made_at__lte=known_at)
    lines = lines.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=known_at))
    return _in_other_months(lines, sealed, patients, month)


def _in_other_months(
    lines: QuerySet[ClaimLine], sealed: QuerySet[MonthSeal], patients: list[int], month: date
) -> QuerySet[ClaimLine, tuple[object, ...]]:
    rows = lines.filter(patient__any_of=patients).exclude(close__month=month)
    rows = rows.filter(Q(close__month__lt=month) | Exists(sealed))
    return rows.order_by("dos", "code", "pk").values_list(*BilledLine._fields)


_BILLED_QUERY = Prepared(_billed, patients=list, month=date)
_BILLED_AS_OF_QUERY = Prepared(_billed_as_of, patients=list, month=date, known_at=datetime)


def anchors_of(enrollment_ids: list[int], *, known_at: datetime | None = None) -> dict[int, date]:
    """The first day of each enrollment's fixed device windows, as of a moment of the database's clock or of now.

    One statement.
    """
    rows = _ANCHORS_QUERY(ids=enrollment_ids)
    return {pk: day for pk, day, fixed_at in rows if known_at is None or fixed_at < known_at}


def _anchors(ids: list[int]) -> QuerySet[DeviceAnchor, tuple[int, date, datetime]]:
    return DeviceAnchor.objects.filter(enrollment__any_of=ids).values_list("enrollment_id", "starts_on", "fixed_at")


_ANCHORS_QUERY = Prepared(_anchors, ids=list)


def days_from(read: DaysRead) -> tuple[DayRead, ...]:
    """The days with readings, oldest first; a day with two devices is one day with two row ids."""
    if len(set(read.days)) == len(read.days):
        ids = [(f"day:{pk}",) for pk in read.ids]
        return tuple(map(DayRead._make, zip(read.days, read.automatic, read.reported, ids, strict=True)))
    days: list[DayRead] = []
    last = None
    for on, automatic, reported, pk in zip(*read, strict=True):
        if on == last:
            same_day = days[-1]
            days[-1] = DayRead(on, same_day[1] or automatic, same_day[2] or reported, (*same_day[3], f"day:{pk}"))
        else:
            days.append(DayRead(on, automatic, reported, (f"day:{pk}",)))
            last = on
    return tuple(days)
