"""Counting of treatment-management time: whose time counts, what is cut, what is left. Whole seconds, not rounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from billing.rules.case import Case
from billing.rules.day_spans import day_after, midnight
from billing.rules.fact_rows import TimeSlice

# The share of a service that an assistant may furnish without a modifier: "in part" is more than ten percent.
ASSISTANT_PERCENT = 10
Days = tuple[tuple[date, date], ...]
_STAFF = frozenset({"clinical_staff", "therapist_assistant"})


@dataclass(slots=True)
class CountedTime:
    """The counted time of the month, and how much was left out for each reason."""

    seconds: int = 0
    staff_seconds: int = 0
    evidence: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    assistant_seconds: int = 0
    # (day, seconds) in order, for payers that require the day the threshold was met
    by_day: list[tuple[date, int]] = field(default_factory=list)

    def is_by_assistant(self, first: int, last: int | None = None) -> bool:
        """Whether assistants furnished more of a line than CMS disregards (CQ, CO; 84 FR 62702, MCPM ch. 5 s. 20.1).

        The line has the seconds from `first` to `last` of the month, by default to its end. The therapist's own seconds
        come first: what a therapist furnished in full is no assistant's.
        """
        end, own = self.seconds if last is None else last, self.seconds - self.assistant_seconds
        return (end - max(first, own)) * 100 > (end - first) * ASSISTANT_PERCENT

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


def count_time(case: Case, span: tuple[date, date] | None = None) -> CountedTime:
    """Leave out what may not count, merge what overlaps, and add up the seconds of a span; by default the month."""
    facts, view, roles = case.facts, case.management, accepted_roles(case)
    first, last = span or (facts.first_day, facts.last_day)
    counted = CountedTime()
    floor = view["time_rounding"] == "floor_each_entry"
    own_only = view["time_pooling"] == "billing_provider"
    visits = {(item.person_id, _day(item)) for item in facts.time if item.within_em_visit}
    visits |= {(visit.person_id, _local_day(visit.started_at, facts.zone)) for visit in facts.visits}
    timed: list[tuple[int, int, TimeSlice]] = []
    service = facts.service_in(first, last)
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
            for start, stop in _cut_to_service(service, facts.zone, counted, begins, ends):
                timed += [(a, b, item) for a, b in _outside_visits(case, counted, item, start, stop)]
        elif (exclusion := _outside_service(service, item.on)) is not None:
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
    own = [visit for visit in case.facts.visits if visit.person_id == item.person_id]
    for a, b in _merge([(int(visit.started_at.timestamp()), int(visit.ended_at.timestamp())) for visit in own]):
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
    case: Case, item: TimeSlice, roles: frozenset[str], *, own_only: bool, visits: set[tuple[str, date | None]]
) -> str:
    """Why a whole slice does not count; empty if it may count."""
    if not item.counts or item.role == "non_clinical":
        return "NON_CLINICAL_TIME_EXCLUDED" if item.counts else "NON_BILLABLE_ACTIVITY"
    if item.role not in roles:
        return "STAFF_TIME_EXCLUDED_BY_POLICY"
    if own_only and item.person_id != case.facts.billing_provider_id:
        return "OTHER_PROVIDER_TIME_NOT_POOLED"
    if case.management["staff_employment"] == "employed" and item.role in _STAFF and item.employer != "practice":
        return "STAFF_NOT_EMPLOYED"
    if item.kind and not case.management[f"{item.kind}_time"]:
        return "NOT_LIVE_TIME_EXCLUDED"
    all_day = case.management["same_day_em_time"] == "exclude_all_physician_time"
    if item.within_em_visit or (all_day and (item.person_id, _day(item)) in visits):
        return "EM_TIME_EXCLUDED"
    return "OVERLAP_TIME_DEDUPED" if item.also_counted_in else ""


def _outside_service(service: Days, on: date | None) -> str | None:
    """Why work on a day is not counted: before order and consent, after the end, or in a gap between documents."""
    if on is None or any(first <= on <= last for first, last in service):
        return None
    if not service or on < service[0][0]:
        return "TIME_BEFORE_SERVICE"
    return "TIME_AFTER_SERVICE" if on > service[-1][1] else "TIME_WITHOUT_DOCUMENTS"


def _cut_to_service(
    service: Days, zone: str, counted: CountedTime, begins: int, ends: int
) -> Iterator[tuple[int, int]]:
    """The parts of an interval on days of service; what is cut is recorded with its reason."""
    reason = "TIME_BEFORE_SERVICE"
    for first, last in service:
        opens = midnight(first, zone) if first > date.min else begins
        closes = midnight(day_after(last), zone) if last < date.max else ends
        counted.leave_out(reason, min(ends, opens) - begins)
        begins, reason = max(begins, opens), "TIME_WITHOUT_DOCUMENTS"
        if min(ends, closes) > begins:
            yield begins, min(ends, closes)
            begins = min(ends, closes)
    counted.leave_out("TIME_AFTER_SERVICE" if service else reason, ends - begins)


def _add(counted: CountedTime, item: TimeSlice, seconds: int, *, floor: bool) -> None:
    added = seconds - seconds % 60 if floor else seconds
    counted.seconds += added
    if item.role in _STAFF:
        counted.staff_seconds += added
    if item.by_assistant or item.role == "therapist_assistant":
        counted.assistant_seconds += added
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
