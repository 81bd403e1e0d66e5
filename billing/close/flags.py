"""Flags of a proposed line that ask for a second look, in addition to the engine's own findings. Pure.

An auditor looks for the same things: minutes written down late, totals just above a threshold, exactly the days a code
needs, the first month of an enrollment.
"""

from collections.abc import Collection, Iterator

from billing.rules import CodeSet, Decision, ProposedLine

LATE_SHARE = 0.2
NEAR_SECONDS = 60
FLAGS = {
    "late": "over 20% of the time was entered late or on behalf",
    "edge_days": "exactly the days the code needs",
    "two_periods": "two device periods end in this month",
    "edge_time": "within a minute above the code's threshold",
    "first": "first month of this enrollment",
    # Set when two persons bill a code that is not earned (`billing.review.overrides`), never by `flags_of`.
    "overridden": "override approved by two persons",
}


def flags_of(
    decision: Decision,
    line: ProposedLine,
    *,
    codes: CodeSet,
    late: Collection[str],
    seconds: dict[str, int],
    first: bool,
) -> list[str]:
    """The flags of a line, in their order. `late` are ids of intervals entered late; `seconds` all intervals by id."""
    flags = set(_device_flags(decision, line) if line.component == "device" else ())
    if line.component == "management":
        flags.update(_time_flags(decision, line, codes))
        counted = {pk: seconds[pk] for pk in line.evidence if pk in seconds}
        total = sum(counted.values())
        if total and sum(length for pk, length in counted.items() if pk in late) > LATE_SHARE * total:
            flags.add("late")
    if first:
        flags.add("first")
    return [flag for flag in FLAGS if flag in flags]


def _device_flags(decision: Decision, line: ProposedLine) -> Iterator[str]:
    # Right in a month of 31 days, and yet one of the Inspector General's measures (OEI-02-23-00261).
    if sum(other.component == "device" for other in decision.lines) > 1:
        yield "two_periods"
    for finding in decision.findings:
        if finding.code == "DEVICE_DAYS_MET" and finding.subject == line.subject:
            if finding.values["days"] == finding.values["need"]:
                yield "edge_days"


def _time_flags(decision: Decision, line: ProposedLine, codes: CodeSet) -> Iterator[str]:
    for finding in decision.findings:
        if finding.code == "MGMT_TIME_MET":
            threshold = int(finding.values["need"])
            if line.code != finding.values["code"]:
                # Each unit of an add-on has its own threshold; compare with the last one reached.
                threshold += line.units * codes.by_code[line.code].min(line.dos)
            if 0 <= int(finding.values["have"]) - threshold <= NEAR_SECONDS:
                yield "edge_time"
