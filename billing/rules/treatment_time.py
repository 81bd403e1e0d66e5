"""Treatment-management time: who counts, what is cut, what is left, and the codes it makes. Seconds, never rounded."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from billing.rules.case import Case
from billing.rules.codes_loader import Code
from billing.rules.decision import Finding, Gravity, ProposedLine
from billing.rules.facts import TimeSlice, day_after, midnight
from billing.rules.sentences import ClockSeconds

_STAFF = frozenset({"clinical_staff", "therapist_assistant"})


@dataclass(slots=True)
class Counted:
    """What is left of the month's time, and how much was left out for which reason."""

    seconds: int = 0
    staff_seconds: int = 0
    evidence: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    by_assistant: bool = False
    # (day, seconds) in order, for payers that want the day the threshold was met
    by_day: list[tuple[date, int]] = field(default_factory=list)

    def leave_out(self, reason: str, seconds: int) -> None:
        """Note seconds that do not count."""
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


def count(case: Case) -> Counted:
    """Drop what may not count, join what overlaps, add up the seconds of the span."""
    facts, view, roles = case.facts, case.management, accepted_roles(case)
    first, last = case.span
    counted = Counted()
    floor = view["time_rounding"] == "floor_each_entry"
    own_only = view["time_pooling"] == "billing_provider"
    visits = {(item.person_id, _day(item)) for item in facts.time if item.within_em_visit}
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
            begins, ends = _serve(case, counted, begins, ends)
            if ends > begins:
                timed.append((begins, ends, item))
        elif (gone := _outside_service(case, item.on)) is not None:
            counted.leave_out(gone, seconds)
        else:
            _add(counted, item, seconds, floor=floor)
    _join(counted, timed, floor=floor)
    return counted


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
    """Why a whole slice does not count; empty where it may."""
    if not item.counts:
        return "NON_BILLABLE_ACTIVITY"
    if item.role == "non_clinical":
        return "NON_CLINICAL_TIME_EXCLUDED"
    if item.role not in roles:
        return "STAFF_TIME_EXCLUDED_BY_POLICY"
    if own_only and item.person_id != case.facts.billing_provider_id:
        return "OTHER_PROVIDER_TIME_NOT_POOLED"
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


def _serve(case: Case, counted: Counted, begins: int, ends: int) -> tuple[int, int]:
    """Cut an interval to the days of service, noting what is cut."""
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


def _add(counted: Counted, item: TimeSlice, seconds: int, *, floor: bool) -> None:
    kept = seconds - seconds % 60 if floor else seconds
    counted.seconds += kept
    if item.role in _STAFF:
        counted.staff_seconds += kept
    counted.by_assistant |= item.by_assistant or item.role == "therapist_assistant"
    counted.evidence.append(item.id)
    if (on := _day(item)) is not None:
        counted.by_day.append((on, kept))


def _join(counted: Counted, timed: list[tuple[int, int, TimeSlice]], *, floor: bool) -> None:
    """Count each moment once, whoever worked in it; providers first, so that shared moments are theirs."""
    taken: list[tuple[int, int]] = []
    for providers in (True, False):
        chosen = sorted(
            (t for t in timed if (t[2].role not in _STAFF) is providers), key=lambda t: (t[0], t[1], t[2].id)
        )
        for begins, ends, item in chosen:
            free = _free(begins, ends, taken)
            counted.leave_out("OVERLAP_TIME_DEDUPED", ends - begins - free)
            if free > 0:
                _add(counted, item, free, floor=floor)
                taken = _merge([*taken, (begins, ends)])


def _free(begins: int, ends: int, taken: list[tuple[int, int]]) -> int:
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


def left_out(case: Case, counted: Counted) -> Iterator[Finding]:
    """One note for each reason that kept time out, with how much."""
    for reason in sorted(counted.left_out):
        values: dict[str, object] = {"have": ClockSeconds(counted.left_out[reason])}
        if reason == "STAFF_TIME_EXCLUDED_BY_POLICY":
            values["counts"] = "only " + ", ".join(sorted(accepted_roles(case))).replace("qhp", "QHP").replace("_", " ")
        parameter = {
            "STAFF_TIME_EXCLUDED_BY_POLICY": "time_roles",
            "OTHER_PROVIDER_TIME_NOT_POOLED": "time_pooling",
        }
        yield Finding(reason, "management", Gravity.NOTE, values, (), parameter.get(reason, ""))


def supervised(case: Case, counted: Counted) -> Iterator[Finding]:
    """Staff time counts only under a supervising practitioner on record."""
    if counted.staff_seconds:
        if case.facts.supervision_documented:
            yield Finding("SUPERVISION_ON_RECORD", "management", Gravity.MET, {}, (), "supervision")
        else:
            values = {"have": ClockSeconds(counted.staff_seconds)}
            yield Finding("SUPERVISION_NOT_DOCUMENTED", "management", Gravity.BLOCKS, values, (), "supervision")


def blocks_of_time(case: Case, counted: Counted) -> Iterator[Finding | ProposedLine]:
    """The codes that the counted seconds make (rules R-TIME-2025, R-TIME-2026, R-NOROUND, R-MUE)."""
    facts, view = case.facts, case.management
    on, have = facts.last_day, ClockSeconds(counted.seconds)
    family = view["rtm_management_code_family"] if facts.program == "RTM" else "99457_family"
    found = {code.role: code for code in case.codes.find(family=family, component="management") if code.valid(on)}
    base, add_on = found.get("base"), found.get("add_on")
    first10 = found.get("first10") if view["first10_codes_enabled"] else None
    if base is None:
        return
    span, evidence = case.span_words, tuple(counted.evidence)
    earned: Code | None = base if have >= base.min(on) else None
    if earned is None and first10 is not None and have >= first10.min(on):
        earned = first10
    if earned is None:
        need = (first10 or base).min(on)
        values = {
            "have": have,
            "need": ClockSeconds(need),
            "missing": ClockSeconds(need - have),
            "span": span,
        }
        yield Finding("MGMT_TIME_BELOW_MIN", "management", Gravity.BLOCKS, values, evidence)
        return
    values = {"have": have, "need": ClockSeconds(earned.min(on)), "code": earned.code, "span": span}
    yield Finding("MGMT_TIME_MET", "management", Gravity.MET, values, evidence)
    yield ProposedLine(earned.code, "management", 1, on, evidence=evidence, subject=str(earned.min(on)))
    if earned is first10:
        yield _short(base, base.min(on), have)
    elif add_on is not None:
        yield from _add_ons(case, base, add_on, have, evidence)
    if facts.program == "RTM" and family == "99457_family":
        yield Finding("RTM_CODED_AS_RPM_BY_POLICY", "management", Gravity.REVIEW, {}, (), "rtm_management_code_family")


def _short(code: Code, need: int, have: ClockSeconds) -> Finding:
    values = {
        "code": code.code,
        "need": ClockSeconds(need),
        "have": have,
        "missing": ClockSeconds(need - have),
    }
    return Finding("MGMT_SHORT_OF_CODE", "management", Gravity.SHORT, values)


def _add_ons(
    case: Case, base: Code, add_on: Code, have: ClockSeconds, evidence: tuple[str, ...]
) -> Iterator[Finding | ProposedLine]:
    on, each = case.facts.last_day, add_on.min(case.facts.last_day)
    earned = (have - base.min(on)) // each
    caps = case.management["units_cap"]
    cap = case.management["max_units_99458"] if add_on.code == "99458" else caps.get(add_on.code, add_on.max_units)
    units = earned if cap is None else min(earned, cap)
    if units < earned:
        values = {"have": have, "earned": earned, "code": add_on.code, "cap": cap}
        yield Finding("UNITS_CAPPED_MUE", "management", Gravity.REVIEW, values, (), "max_units_99458")
    if units:
        need = base.min(on) + each
        yield ProposedLine(add_on.code, "management", units, on, evidence=evidence, subject=str(need))
    if cap is None or earned < cap:
        yield _short(add_on, base.min(on) + (earned + 1) * each, have)
