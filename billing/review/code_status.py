"""Where a code stands in the running month, in the six status words. Pure: reads a decision, never decides anew."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from billing.rules import Decision, Finding, Gravity
from billing.rules.decision import NOT_LOADED
from billing.rules.sentences import clock


class Status(NamedTuple):
    """One of the six words, with what it says of device supply or management."""

    component: str
    word: str
    text: str

    @property
    def shape(self) -> str:
        """The symbol and class of the word."""
        return self.word.lower().replace(" ", "-")


def outlook(decision: Decision, *, today: date, last_day: date) -> list[Status]:
    """Status of device supply and management on a day of the month. A blocked program says so once."""
    gates = [finding for finding in decision.blockers if finding.component == "all"]
    if gates:
        # What somebody can mend comes first; rules that are not loaded are nothing of the patient's.
        return [_stopped("program", min(gates, key=lambda finding: finding.code == NOT_LOADED))]
    return [*_device(decision, today=today), *_management(decision, over=today > last_day)]


def _stopped(component: str, finding: Finding) -> Status:
    """What stops a component: nobody at the practice can change it where only the rules of the year are missing."""
    return Status(component, "Waits" if finding.code == NOT_LOADED else "Blocked", finding.sentence)


def _device(decision: Decision, *, today: date) -> list[Status]:
    found = [
        Status("device", "Ready", f"{line.code}, {line.dos:%b} {line.dos.day}")
        for line in decision.lines
        if line.component == "device"
    ]
    waits = {finding.subject for finding in decision.findings if finding.code == "DATE_OF_SERVICE_WAITS"}
    for finding in decision.findings:
        if finding.component != "device":
            continue
        if finding.is_running_period and finding.subject in waits:
            found.append(_waiting_window(finding.values))
        elif finding.is_running_period:
            found.append(_open_window(finding.values, today))
        elif finding.code == "DEVICE_DAYS_BELOW_MIN":
            found.append(Status("device", "Cannot", f"{finding.values['days']} of {finding.values['need']} days"))
        elif finding.gravity is Gravity.BLOCKS and finding.code != "DEVICE_PERIOD_OPEN":
            found.append(_stopped("device", finding))
    return found or [Status("device", "Needs", "a first reading")]


def _waiting_window(values: Mapping[str, Any]) -> Status:
    """The open window whose closing day has no rules yet: its days so far, and for what it waits."""
    end, days = values["closes"], values["days"]
    text = f"for the {end.year} rules; {days} day{'' if days == 1 else 's'}, ends {end.day} {end:%b}"
    return Status("device", "Waits", text)


def _open_window(values: Mapping[str, Any], today: date) -> Status:
    """The open window against the payer's own numbers of days; without a code for it there is nothing to reach."""
    start, end, days = values["start"], values["closes"], values["days"]
    needs = [need for _, need in values["needs"]]
    if not needs:
        return Status("device", "Cannot", "the payer has no supply code for this period")
    long = needs[0]
    left = max(0, (end - today).days + 1)
    ends = f"ends {end.day} {end:%b}"
    if days >= long:
        return Status("device", "Ready", f"{days} days, {ends}")
    missing = long - days
    if missing > left:
        short = f"the {needs[-1]}-{long - 1} day code stays" if days + left >= needs[-1] else "no code stays"
        return Status("device", "Cannot", f"{days} days, {left} left: {long} out of reach, {short}")
    gone = max(1, (today - start).days)
    if days * 30 >= long * gone:
        return Status("device", "On track", f"{days} of {long} days, {left} left, {ends}")
    return Status("device", "Needs", f"{missing} days, {left} left, {ends}")


def _management(decision: Decision, *, over: bool) -> list[Status]:
    lines = [line for line in decision.lines if line.component == "management"]
    blocked = {finding.code: finding for finding in decision.blockers if finding.component == "management"}
    if lines:
        codes = " + ".join(line.code + (f" x{line.units}" if line.units > 1 else "") for line in lines)
        return [Status("management", "Ready", codes)]
    needs = []
    if short := blocked.get("MGMT_TIME_BELOW_MIN"):
        needs.append(clock(int(short.values["missing"])))
    if any(code.startswith(("MGMT_NO_LIVE", "MGMT_LIVE_COMM_NOT")) for code in blocked):
        needs.append("a live call")
    if not needs and not blocked:
        needs.append("time and a live call")
    if needs:
        return [Status("management", "Cannot" if over else "Needs", " and ".join(needs))]
    return [_stopped("management", next(iter(blocked.values())))]
