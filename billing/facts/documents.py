"""The dated facts of one enrollment: what its documents, devices, pauses and people cover, day by day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from billing.facts.sources import BilledLine, consents_of, enrolled_of, orders_of
from billing.rules.fact_rows import InForce
from enrollment.documents_in_force import LOOK_BACK, DocumentsInForce, EnrolledRow
from enrollment.models import Episode
from enrollment.models.document_rows import EpisodeRow
from rpm_portal.core.days import Month, local_day


def dated_facts(paper: DocumentsInForce, *, month: Month, zone: str) -> dict[str, Any]:
    """The facts with days, by their names in `PatientMonth`; what happens after the month is no fact of it.

    If the patient was enrolled in the program twice in the month, the facts of the later enrollment include the days
    of the earlier one, so that the time of both adds up.
    """
    row = paper.enrollment
    group = [*earlier_of(paper, month), paper]
    return {
        "enrolled": _by_month_end([day for one in group for day in enrolled_of(one)], month),
        "orders": _by_month_end([order for one in group for order in _ended(one, orders_of(one), paper)], month),
        "consents": _by_month_end([day for one in group for day in _ended(one, consents_of(one), paper)], month),
        "coverages": _by_month_end(
            [InForce(cover.starts_on, cover.ends_on, str(cover.payer_id)) for cover in paper.coverages], month
        ),
        "devices": _by_month_end(_devices(paper, month, zone), month),
        "pauses": _by_month_end(
            [
                InForce(pause.starts_on, pause.ends_on)
                for pause in paper.pauses
                if pause.ends_on is None or pause.ends_on >= month.first_day - LOOK_BACK
            ],
            month,
        ),
        "monitored_elsewhere": _by_month_end(_elsewhere(row), month),
        "provider_in_practice": _by_month_end([InForce(None, row.provider_ends_on)], month),
        "supervised": _by_month_end([InForce(None, row.supervisor_ends_on)] if row.supervised_by_id else [], month),
    }


def _elsewhere(row: EnrolledRow) -> list[InForce]:
    """The days on which another practice monitors the patient, as the patient was asked; the first day is not known."""
    if row.other_monitoring == "running":
        return [InForce()]
    ended_on = row.other_monitoring_ended_on
    return [InForce(None, ended_on)] if row.other_monitoring == "ended" and ended_on is not None else []


def earlier_of(paper: DocumentsInForce, month: Month) -> list[DocumentsInForce]:
    """The enrollments of the patient in the program that were served in the month before this one."""
    return [one for one in _related_in(paper, month) if _start(one) < _start(paper)]


def later_of(paper: DocumentsInForce, month: Month) -> DocumentsInForce | None:
    """The last enrollment of the patient in the program in the month, if it is later than this one."""
    return next((one for one in reversed(_related_in(paper, month)) if _start(one) > _start(paper)), None)


def _related_in(paper: DocumentsInForce, month: Month) -> list[DocumentsInForce]:
    related = [one for one in paper.related if one.enrollment.started_on is not None]
    return [
        one
        for one in related
        if one.enrollment.discharged_on is None or one.enrollment.discharged_on >= month.first_day
    ]


def _start(paper: DocumentsInForce) -> tuple[date, int]:
    return paper.enrollment.started_on or date.max, paper.enrollment.pk


def _ended(one: DocumentsInForce, rows: list[InForce], paper: DocumentsInForce) -> list[InForce]:
    """The rows of an earlier enrollment end with it; those of the enrollment itself are unchanged."""
    ended = one.enrollment.discharged_on
    if one is paper or ended is None:
        return rows
    rows = [row for row in rows if row.first is None or row.first <= ended]
    return [row._replace(last=ended if row.last is None else min(row.last, ended)) for row in rows]


def _devices(paper: DocumentsInForce, month: Month, zone: str) -> list[InForce]:
    """The days on which a qualified device was with the patient, by the days of the practice."""
    rows = []
    for custody in paper.devices:
        first = local_day(custody.starts_at, zone)
        last = local_day(custody.ends_at, zone) if custody.ends_at is not None else None
        if first <= month.last_day and (last is None or last >= month.first_day - LOOK_BACK):
            rows.append(InForce(first, last, f"custody:{custody.pk}"))
    return rows


def _by_month_end(rows: Iterable[InForce], month: Month) -> tuple[InForce, ...]:
    kept = [row for row in rows if row.first is None or row.first <= month.last_day]
    open_ended = [row if row.last is None or row.last <= month.last_day else row._replace(last=None) for row in kept]
    return tuple(sorted(open_ended, key=lambda row: (row.first or date.min, row.last or date.max, row.id)))


def same_episode(paper: DocumentsInForce) -> list[Episode | EpisodeRow]:
    """The episodes that are one course of monitoring with the current one, the current one first.

    A new enrollment continues the last episode of the enrollment before unless its goal was recorded as met.
    """
    chain: list[Episode | EpisodeRow] = []
    for one in [paper, *reversed([other for other in paper.related if _start(other) < _start(paper)])]:
        if one.episode is None or (chain and one.episode.goal_met):
            break
        chain.append(one.episode)
        if one.episode.number > 1:
            break
    return chain


def setup_billed(paper: DocumentsInForce, billed: Iterable[BilledLine]) -> bool:
    """Whether another month billed set-up for the current episode."""
    episodes = {episode.pk for episode in same_episode(paper)}
    return any(line.component == "setup" and line.episode_id in episodes for line in billed)
