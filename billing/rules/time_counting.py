"""Counting of treatment-management time: whose time counts, what is cut, what is left. Whole seconds, not rounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from billing.rules.case import Case
from billing.rules.fact_rows import TimeSlice
from billing.rules.facts import day_after, midnight

_STAFF = frozenset({"clinical_staff", "therapist_assistant"})


@dataclass(slots=True)
class CountedTime:
    """The counted time of the month, and how much was left out for each reason."""

    seconds: int = 0
    staff_seconds: int = 0
    evidence: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    by_assistant: bool = False
    # (day, seconds) in order, for payers that require the day the threshold was met
    by_day: list[tuple[date, int]] = field(default_factory=list)

    def leave_out(self, reason: str, seconds: int) -> None:
        """Record seconds that do not count."""
        if seconds > 0:
            self.left_out[reason] = self.left_out.get(reason, 0) + seconds


def accepted_roles(case: Case) -> frozenset[str]:
    """Whose time counts (rules R-ROLE, R-RTM-ROLE)."""
    roles = set(case.management["time_roles"])
    if case.facts.program == "RTM":
        if case.management["rtm_time_roles"] == "physician_qhp_only":
            roles.discard("clinical_staff")
        roles |= {"therapist", "therapist_assistant"}
    return frozenset(roles)


def count_time(case: Case) -> CountedTime:
    """Leave out what may not count, merge what overlaps, and add up the seconds of the span."""
    facts, view, roles = case.facts, case.management, accepted_roles(case)
    first, last = case.span
    counted = CountedTime()
    floor = view["time_rounding"] == "floor_each_entry"
    own_only = view["time_pooling"] == "billing_provider"
    visits = {(item.person_id, _day(item)) for item in facts.time if item.within_em_visit}
    if facts.visits:
        visits |= {(visit.person_id, _local_day(visit.started_at, facts.zone)) for visit in facts.visits}
    timed: list[tuple[int, int, TimeSlice]] = []
    if first == date.max:
        return counted
    opens, closes = midnight(first, facts.zone), midnight(day_after(last), facts.zone)
    for item in sorted(facts.time, key=lambda slice_: slice_.id):
        begins = ends = 0
        if item.started_at is not None and item.ended_at is not None:
            begins = max(int(item.started_at.timestamp()), opens)
            ends = min(int(item.ended_at.timestamp()), closes)
            seconds = ends - begins
        else:
            inside = item.on is None or first <= item.on <= last
            seconds = item.seconds if inside else 0
        if seconds <= 0:
            continue
        reason = _refusal(case, item, roles, own_only=own_only, visits=visits)
        if reason:
            counted.leave_out(reason, seconds)
        elif begins:
            begins, ends = _cut_to_service(case, counted, begins, ends)
            timed += [(a, b, item) for a, b in _outside_visits(case, counted, item, begins, ends)]
        elif (exclusion := _outside_service(case, item.on)) is not None:
            counted.leave_out(exclusion, seconds)
        else:
            _add(counted, item, seconds, floor=floor)
    _add_merged(counted, timed, floor=floor)
    return counted


def _local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _outside_visits(
    case: Case, counted: CountedTime, item: TimeSlice, begins: int, ends: int
) -> Iterator[tuple[int, int]]:
    """The parts of an interval outside the same person's visits: a visit's minutes are billed as the visit."""
    if not case.facts.visits:
        if ends > begins:
            yield begins, ends
        return
    own_visits = [v for v in case.facts.visits if v.person_id == item.person_id]
    for a, b in _merge([(int(v.started_at.timestamp()), int(v.ended_at.timestamp())) for v in own_visits]):
        if b <= begins or a >= ends:
            continue
        if a > begins:
            yield begins, a
        counted.leave_out("EM_TIME_EXCLUDED", min(b, ends) - max(a, begins))
        begins = max(begins, b)
    if ends > begins:
        yield begins, ends


def _day(item: TimeSlice) -> date | None:
    return item.on if item.on is not None else item.started_at.date() if item.started_at is not None else None


def _refusal(
    case: Case,
    item: TimeSlice,
    roles: frozenset[str],
    *,
    own_only: bool,
    visits: set[tuple[str, date | None]],
) -> str:
    """Why a whole slice does not count; empty if it may count."""
    if not item.counts:
        return "NON_BILLABLE_ACTIVITY"
    if item.role == "non_clinical":
        return "NON_CLINICAL_TIME_EXCLUDED"
    if item.role not in roles:
        return "STAFF_TIME_EXCLUDED_BY_POLICY"
    if own_only and item.person_id != case.facts.billing_provider_id:
        return "OTHER_PROVIDER_TIME_NOT_POOLED"
    if item.kind and not case.management[f"{item.kind}_time"]:
        return "NOT_LIVE_TIME_EXCLUDED"
    if item.within_em_visit:
        return "EM_TIME_EXCLUDED"
    if case.management["same_day_em_time"] == "exclude_all_physician_time" and (item.person_id, _day(item)) in visits:
        return "EM_TIME_EXCLUDED"
    return "OVERLAP_TIME_DEDUPED" if item.also_counted_in else ""


def _outside_service(case: Case, on: date | None) -> str | None:
    """Work before order and consent, or after the end, is not counted (fact sheet, section 4)."""
    begins, ends = case.facts.service_from, case.facts.service_to
    if on is not None and begins is not None and on < begins:
        return "TIME_BEFORE_SERVICE"
    if on is not None and ends is not None and on > ends:
        return "TIME_AFTER_SERVICE"
    return None


def _cut_to_service(case: Case, counted: CountedTime, begins: int, ends: int) -> tuple[int, int]:
    """Cut an interval to the days of service, and record what is cut."""
    facts = case.facts
    if facts.service_from is not None:
        edge = midnight(facts.service_from, facts.zone)
        counted.leave_out("TIME_BEFORE_SERVICE", min(ends, edge) - begins)
        begins = max(begins, edge)
    if facts.service_to is not None:
        edge = midnight(day_after(facts.service_to), facts.zone)
        counted.leave_out("TIME_AFTER_SERVICE", ends - max(begins, edge))
        ends = min(ends, edge)
    return begins, ends


def _add(counted: CountedTime, item: TimeSlice, seconds: int, *, floor: bool) -> None:
    added = seconds - seconds % 60 if floor else seconds
    counted.seconds += added
    if item.role in _STAFF:
        counted.staff_seconds += added
    counted.by_assistant |= item.by_assistant or item.role == "therapist_assistant"
    counted.evidence.append(item.id)
    if (on := _day(item)) is not None:
        counted.by_day.append((on, added))


def _add_merged(counted: CountedTime, timed: list[tuple[int, int, TimeSlice]], *, floor: bool) -> None:
    """Count each moment once, whoever worked in it; providers first, so that shared moments count as theirs."""
    taken: list[tuple[int, int]] = []
    for providers in (True, False):
        chosen = sorted(
            (t for t in timed if (t[2].role not in _STAFF) is providers), key=lambda t: (t[0], t[1], t[2].id)
        )
        for begins, ends, item in chosen:
            free = _free_seconds(begins, ends, taken)
            counted.leave_out("OVERLAP_TIME_DEDUPED", ends - begins - free)
            if free > 0:
                _add(counted, item, free, floor=floor)
                taken = _merge([*taken, (begins, ends)])


def _free_seconds(begins: int, ends: int, taken: list[tuple[int, int]]) -> int:
    covered = sum(max(0, min(ends, b) - max(begins, a)) for a, b in taken)
    return ends - begins - covered


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return merged
