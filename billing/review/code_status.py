"""The status of a code in the running month, as one of six words. Pure: it reads a decision and never decides again."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from billing.rules import Decision, Finding, Gravity
from billing.rules.decision import NOT_LOADED
from billing.rules.sentences import clock
from rpm_portal.core.days import short_day_words

# Findings of conditions: more time or calls do not help, so they are shown first.
CONDITIONS = frozenset(
    {
        "ORDER_MISSING",
        "CONSENT_MISSING",
        "CONSENT_EXPIRED",
        "DIAGNOSIS_NOT_COVERED",
        "ESTABLISHED_VISIT_TOO_OLD",
        "PATIENT_NOT_ESTABLISHED",
        "DEVICE_NOT_FDA_DEFINED",
        "PRIOR_AUTH_MISSING",
        "PRIOR_AUTH_EXPIRED",
        "PRIOR_AUTH_NOT_BEGUN",
        "PRIOR_AUTH_OTHER_CODES",
        "PRIOR_AUTH_USED_UP",
        "THERAPY_PLAN_MISSING",
        "THERAPY_PLAN_ENDED",
        "THERAPY_PLAN_NOT_CERTIFIED",
        "GLOBAL_PERIOD_OF_SURGERY",
        "ACCESS_PARTICIPANT",
    }
)


class Status(NamedTuple):
    """One of the six words, with its text about device supply or management."""

    component: str
    word: str
    text: str

    @property
    def shape(self) -> str:
        """The symbol and class of the word."""
        return self.word.lower().replace(" ", "-")


def outlook(decision: Decision, *, today: date, last_day: date, ended_on: date | None = None) -> list[Status]:
    """Status of device supply and management on a day of the month. A blocked program is one status.

    `ended_on` is the day monitoring ended: after it nothing can be added, so what is needed cannot be reached.
    """
    gates = [finding for finding in decision.blockers if finding.component == "all"]
    if gates:
        # A blocker that somebody can fix comes first. Rules that are not loaded do not concern the patient.
        return [_blocked_status("program", min(gates, key=lambda finding: finding.code == NOT_LOADED))]
    has_ended = ended_on is not None and today > ended_on
    over = today > last_day or has_ended
    statuses = [*_device_statuses(decision, today=today), *_management_statuses(decision, over=over)]
    return [_after_end(status) for status in statuses] if has_ended else statuses


def _after_end(status: Status) -> Status:
    """The status after monitoring ended: readings and work that are still needed cannot come any more."""
    if status.word not in {"Needs", "On track"}:
        return status
    return status._replace(word="Cannot", text="monitoring has ended")


def missing_document(decision: Decision) -> Finding | None:
    """The finding on an order, consent, plan, authorization or other document that blocks a code; None without one.

    Other blockers, for example a code that was billed already, are not of this kind: nobody can fix them.
    """
    fixable = CONDITIONS | {"SUPERVISION_NOT_DOCUMENTED", "RTM_SYSTEM_MISSING"}
    gates = [finding for finding in decision.blockers if finding.component == "all" and finding.code != NOT_LOADED]
    return next(iter([*gates, *(finding for finding in decision.blockers if finding.code in fixable)]), None)


def _blocked_status(component: str, finding: Finding) -> Status:
    """The status of a blocked component: it waits if only the rules of the year are missing."""
    return Status(component, "Waits" if finding.code == NOT_LOADED else "Blocked", finding.sentence)


def _device_statuses(decision: Decision, *, today: date) -> list[Status]:
    statuses = [
        Status("device", "Ready", f"{line.code}, {line.dos:%b} {line.dos.day}")
        for line in decision.lines
        if line.component == "device"
    ]
    waits = {finding.subject for finding in decision.findings if finding.code == "DATE_OF_SERVICE_WAITS"}
    for finding in decision.findings:
        if finding.component != "device":
            continue
        if finding.is_running_period and finding.subject in waits:
            statuses.append(_waiting_window_status(finding.values))
        elif finding.is_running_period:
            statuses.append(_open_window_status(finding.values, today))
        elif finding.code == "DEVICE_DAYS_BELOW_MIN":
            statuses.append(Status("device", "Cannot", f"{finding.values['days']} of {finding.values['need']} days"))
        elif finding.gravity is Gravity.BLOCKS and finding.code != "DEVICE_PERIOD_OPEN":
            statuses.append(_blocked_status("device", finding))
    return statuses or [Status("device", "Needs", "first reading")]


def _waiting_window_status(values: Mapping[str, Any]) -> Status:
    """The status of an open window whose closing day has no rules yet: its days so far and the missing year."""
    end, days = values["closes"], values["days"]
    text = f"for the {end.year} rules; {days} day{'' if days == 1 else 's'}, ends {short_day_words(end)}"
    return Status("device", "Waits", text)


def _open_window_status(values: Mapping[str, Any], today: date) -> Status:
    """The status of an open window against the payer's numbers of days. Without a supply code it cannot be billed."""
    start, end, days = values["start"], values["closes"], values["days"]
    needs = [need for _, need in values["needs"]]
    if not needs:
        return Status("device", "Cannot", "the payer has no supply code for this period")
    days_needed = needs[0]
    left = max(0, (end - today).days + 1)
    ends = f"ends {short_day_words(end)}"
    if days >= days_needed:
        return Status("device", "Ready", f"{days} days, {ends}")
    missing = days_needed - days
    if missing > left:
        short = f"the {needs[-1]}-{days_needed - 1} day code stays" if days + left >= needs[-1] else "no code stays"
        return Status("device", "Cannot", f"{days} days, {left} left: {days_needed} not reachable, {short}")
    days_elapsed = max(1, (today - start).days)
    if days * 30 >= days_needed * days_elapsed:
        return Status("device", "On track", f"{days} of {days_needed} days, {left} left, {ends}")
    return Status("device", "Needs", f"{missing} days, {left} left, {ends}")


def _management_statuses(decision: Decision, *, over: bool) -> list[Status]:
    lines = [line for line in decision.lines if line.component == "management"]
    blocked = {finding.code: finding for finding in decision.blockers if finding.component == "management"}
    if lines:
        codes = " + ".join(line.code + (f" x{line.units}" if line.units > 1 else "") for line in lines)
        return [Status("management", "Ready", codes)]
    if gate := next((finding for code, finding in blocked.items() if code in CONDITIONS), None):
        return [_blocked_status("management", gate)]
    needs = []
    if short_time := blocked.get("MGMT_TIME_BELOW_MIN"):
        needs.append(clock(int(short_time.values["missing"])))
    if any(code.startswith(("MGMT_NO_LIVE", "MGMT_LIVE_COMM_NOT")) for code in blocked):
        needs.append("a live call")
    if not needs and not blocked:
        needs.append("time and a live call")
    if needs:
        return [Status("management", "Cannot" if over else "Needs", " and ".join(needs))]
    return [_blocked_status("management", next(iter(blocked.values())))]
