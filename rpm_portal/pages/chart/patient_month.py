"""The context of a patient's month: device periods, what each code needs by which day, and time by role."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from billing.facts.case_files import CaseFile
from billing.policies.expected import expected_amounts
from billing.review.code_status import Status
from billing.review.queries import decided_now
from billing.rules import CodeSet, Decision, Gravity, PolicyGap, Verdict, load_codes
from billing.rules.alternatives import combinations
from billing.rules.case import last_day_served
from billing.rules.decision import CARE_MANAGEMENT, WAITS
from billing.rules.forecast import Chance, chances
from billing.rules.periods import Window, windows_in_force
from enrollment.models import Enrollment, Patient
from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month, clock, local_day
from timetracking.intervals.spans import split_by_month
from timetracking.models import Proof, TimeEntry
from timetracking.queries import calls_between, ledger, visits_between

_SUPPLY = frozenset({"all", "device"})


@dataclass(frozen=True, slots=True)
class CodeStatus:
    """One code of the month: its verdict, what is missing, and the last day on which that can be supplied."""

    code: str
    about: str
    outcome: str
    units: int
    says: str
    until: date | None
    # The running device period has enough days already, and is decided when it ends.
    reached: bool = False
    # The date of service is in a year whose rules are not loaded.
    waits: bool = False

    @property
    def status(self) -> Status:
        """One of the six status words, with the number of units if the code is billed."""
        if self.outcome == "bill":
            return Status("", "Ready", f"x{self.units}")
        if self.waits:
            return Status("", "Waits", "")
        if self.outcome == "not_enough_facts":
            return Status("", "Cannot", "only reported")
        if self.reached:
            return Status("", "On track", "")
        word = "Needs" if self.until else "Blocked" if self.outcome == "blocked" else "Cannot"
        return Status("", word, "")


def month_of(
    practice: Practice, patient: Patient, rows: list[Enrollment], *, month: Month, chosen: str, now: datetime
) -> dict[str, object]:
    """The context of the page for one enrollment of a patient. A constant number of statements."""
    monitored = [row for row in rows if row.program in {"RPM", "RTM"}]
    current = next((row for row in monitored if row.public_id == chosen), None) or _in_service(monitored, month)
    today = local_day(now, practice.zone)
    context: dict[str, object] = {
        "patient": patient,
        "age": patient.age_on(today),
        "enrollments": monitored,
        "enrollment": current,
        "month": month,
        "before": month.plus(-1),
        "after": month.plus(1) if month < Month.of(today) else None,
        "running": month == Month.of(today),
    }
    zone = practice.zone
    start, end = month.starts_at(zone), month.ends_at(zone)
    if current is None:
        context["visits"] = visits_between([patient.pk], start=start, end=end).get(patient.pk, [])
        return context
    context["calls"] = calls_between([current.pk], start=start, end=end).get(current.pk, [])
    context["intervals"] = entries = sorted(ledger(current.pk, month=month, zone=zone), key=lambda e: e.started_at)
    context["spent"] = _time_by_role(entries, month=month, zone=zone)
    ids = sorted(row.pk for row in monitored)
    file, decision = decided_now(practice, ids, month=month, today=today)[current.pk]
    if file.facts.visits:
        context["visits"] = visits_between([patient.pk], start=start, end=end).get(patient.pk, [])
    return context | _decision_context(practice, file, decision, today=today)


def _in_service(rows: list[Enrollment], month: Month) -> Enrollment | None:
    """The enrollment with service in the month, else the newest."""
    for row in rows:
        ended = row.discharged_on
        if row.started_on and row.started_on <= month.last_day and (ended is None or ended >= month.first_day):
            return row
    return rows[0] if rows else None


def _decision_context(practice: Practice, file: CaseFile, decision: Decision, *, today: date) -> dict[str, object]:
    open_chances = chances(decision, today=today)
    codes = file.policy.codes_on(file.facts.last_day) or load_codes()
    lines = (*decision.lines, *decision.other_lines, *decision.instead)
    served_on = last_day_served(file.facts)
    amounts = expected_amounts(practice, [served_on.year])
    rates = amounts.by_code({line.code for line in lines}, on=served_on, payer=file.payer_on(served_on))
    choices = combinations(decision, codes, rates or None)
    return {
        "policy": file.policy.name,
        "codes": [_code_status(verdict, decision, open_chances, codes) for verdict in decision.verdicts],
        "blockers": [finding for finding in decision.blockers if finding.component == "all"],
        "windows": [_window(window, decision) for window in windows_of(file)],
        "counted": _counted(decision),
        "left_out": [f for f in decision.findings if f.gravity is Gravity.NOTE and f.code not in WAITS],
        "choices": choices if len(choices) > 1 else [],
        "best": choices[0].amount if choices else None,
    }


def _code_status(verdict: Verdict, decision: Decision, open_chances: Iterable[Chance], codes: CodeSet) -> CodeStatus:
    lines = [line for line in (*decision.lines, *decision.other_lines) if line.code == verdict.code]
    own_chances = [c for c in open_chances if c.component == verdict.component and c.code in {verdict.code, ""}]
    # Billed, or excluded by a billed code. What the next device period needs is shown with that period.
    settled = bool(lines) or any(f.code.endswith("_CODE_EXCLUDED") for f in verdict.findings)
    waits = [] if settled else [f.sentence for f in verdict.findings if f.code in WAITS]
    return CodeStatus(
        code=verdict.code,
        about=codes.by_code[verdict.code].about,
        outcome=verdict.outcome.value,
        units=sum(line.units for line in lines),
        says=" ".join(dict.fromkeys([_reason(verdict), *waits])),
        reached=not settled and _has_days(verdict),
        waits=bool(waits),
        until=None if settled else min((c.last_day for c in own_chances if c.last_day is not None), default=None),
    )


def _has_days(verdict: Verdict) -> bool:
    """Whether the running device period has enough days for this code, but not for the code with more days."""
    for finding in verdict.findings:
        if finding.is_running_period and verdict.component == "device":
            reached = [code for code, need in finding.values["needs"] if finding.values["days"] >= need]
            return reached[:1] == [verdict.code]
    return False


def _reason(verdict: Verdict) -> str:
    """The sentence that decides the code: what blocks it, what is missing, or what supports it."""
    own = [finding for finding in verdict.findings if finding.component == verdict.component]
    named = [finding for finding in own if finding.values.get("code") == verdict.code]
    blocking = [finding for finding in verdict.findings if finding.gravity is Gravity.BLOCKS]
    if verdict.outcome == "bill":
        order = [*(f for f in named if f.gravity is Gravity.MET), *(f for f in own if f.gravity is Gravity.MET)]
    elif verdict.outcome == "not_enough_facts" and verdict.component == CARE_MANAGEMENT:
        # What was worked, and which paper is missing.
        return " ".join(f.sentence for f in sorted(named, key=lambda f: f.gravity is not Gravity.MET))
    elif verdict.outcome == "blocked":
        order = blocking
    else:
        order = [*(f for f in named if f.gravity is not Gravity.MET), *blocking, *named, *own]
    return order[0].sentence if order else "Nothing of this month speaks for it."


def windows_of(file: CaseFile) -> tuple[Window, ...]:
    """The device periods that overlap the month; none if no policy has rules for it."""
    try:
        view = file.policy.view(last_day_served(file.facts))
        return windows_in_force(file.facts, file.policy, view)
    except PolicyGap:
        return ()


def _window(window: Window, decision: Decision) -> dict[str, object]:
    subject = window.start.isoformat()
    own = [f for f in decision.findings if f.component == "device" and f.subject == subject]
    order = (Gravity.BLOCKS, Gravity.REVIEW, Gravity.MET, Gravity.SHORT, Gravity.NOTE)
    # The days of the window say more than the documents in force on its date of service.
    own.sort(key=lambda finding: (order.index(finding.gravity), not finding.code.startswith("DEVICE_")))
    # In a month without rules only the finding of the month itself says that it waits.
    waits = [f for f in decision.findings if f.code in WAITS and f.subject in {"", subject} and f.component in _SUPPLY]
    sentences = list(dict.fromkeys(finding.sentence for finding in (*own[:1], *waits)))
    return {"window": window, "says": " ".join(sentences), "until": own[0].until if own else None}


def _counted(decision: Decision) -> int:
    """The seconds that the billing rules counted as management time."""
    for finding in decision.findings:
        if finding.code in {"MGMT_TIME_MET", "MGMT_TIME_BELOW_MIN"}:
            return int(finding.values["have"])
    return 0


def _time_by_role(entries: Iterable[TimeEntry], *, month: Month, zone: str) -> list[dict[str, object]]:
    """Seconds of valid entries of the month by role and proof, billable and not billable separately."""
    sums: dict[tuple[str, bool], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        if entry.voided_at is None and entry.stopped_at is not None:
            inside = dict(split_by_month(entry.started_at, entry.stopped_at, zone)).get(month, 0)
            sums[entry.role, entry.billable][entry.proof] += inside
    return [
        {
            "role": Role(role).label,
            "billable": billable,
            "cells": [clock(by_proof[proof]) if by_proof.get(proof) else "" for proof in Proof.values],
            "total": clock(sum(by_proof.values())),
        }
        for (role, billable), by_proof in sorted(sums.items(), key=lambda item: (not item[0][1], item[0][0]))
    ]
