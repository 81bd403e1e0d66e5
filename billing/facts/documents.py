"""The dated facts of one enrollment: what its documents, devices, pauses and people cover, day by day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from billing.facts.sources import BilledLine, consents_of, enrolled_of, orders_of
from billing.rules import load_codes
from billing.rules.day_spans import day_after
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
        "billing_providers": _providers(paper) if paper.earlier_providers else (),
        "provider_in_practice": _by_month_end(_in_practice(paper), month),
        "supervised": _by_month_end(_supervised(paper) if row.supervised_by_id else [], month),
    }


def _providers(paper: DocumentsInForce) -> tuple[InForce, ...]:
    """The days of each billing provider, by the key of the membership."""
    rows, first = [], None
    for span in paper.earlier_providers:
        rows.append(InForce(first, span.ends_on, str(span.billing_provider_id)))
        first = day_after(span.ends_on)
    rows.append(InForce(first, None, str(paper.enrollment.billing_provider_id)))
    return tuple(row for row in rows if row.first is None or row.last is None or row.first <= row.last)


def _in_practice(paper: DocumentsInForce) -> list[InForce]:
    """The days on which the billing provider of the day has a role in the practice."""
    ends = {str(span.billing_provider_id): span.provider_ends_on for span in paper.earlier_providers}
    ends[str(paper.enrollment.billing_provider_id)] = paper.enrollment.provider_ends_on
    return [InForce(row.first, _earlier_end(row.last, ends[row.id])) for row in _providers(paper)]


def _supervised(paper: DocumentsInForce) -> list[InForce]:
    """The days on which the supervisor of the day has a role in the practice."""
    rows, first = [], None
    for span in paper.earlier_providers:
        if span.supervised_by_id is not None:
            rows.append(InForce(first, _earlier_end(span.ends_on, span.supervisor_ends_on)))
        first = day_after(span.ends_on)
    return [*rows, InForce(first, paper.enrollment.supervisor_ends_on)]


def _earlier_end(first: date | None, second: date | None) -> date | None:
    """The earlier of two last days; None is open-ended."""
    return min((day for day in (first, second) if day is not None), default=None)


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
    """Whether another month, or this practice before it used the portal, billed set-up for the current episode."""
    episodes = same_episode(paper)
    keys = {episode.pk for episode in episodes}
    if any(line.component == "setup" and line.episode_id in keys for line in billed):
        return True
    # A claim from before the portal belongs to the first episode on file.
    is_first = bool(episodes) and episodes[-1].number == 1 and not _goal_met_before(paper)
    codes = {code.code for code in load_codes().find(program=paper.enrollment.program, component="setup")}
    return is_first and any(row.biller == "ours" and row.code in codes for row in paper.recorded.claims)


def _goal_met_before(paper: DocumentsInForce) -> bool:
    """Whether an earlier enrollment in the program reached its goal: an earlier set-up was then another episode's."""
    earlier = [one for one in paper.related if _start(one) < _start(paper)]
    return any(episode.goal_met for one in earlier for episode in one.episodes)
