"""What about a proposed line asks for a second look, beside what the engine's own findings say. Pure.

An auditor looks for the same things: minutes written down late, totals just above a threshold, exactly the days a code
needs, the first month of an enrollment.
"""

from collections.abc import Collection, Iterator

from billing.rules import Decision, ProposedLine, load_codes

LATE_SHARE = 0.2
NEAR_SECONDS = 60
FLAGS = {
    "late": "more than a fifth of the minutes were entered late or for somebody else",
    "edge_days": "exactly the days the code needs",
    "edge_time": "within a minute above the code's threshold",
    "first": "first month of this enrollment",
    # Set where two persons bill a code that is not earned (billing.raising), never by `flags_of`.
    "raised": "raised over the engine's word by two persons",
}


def flags_of(
    decision: Decision, line: ProposedLine, *, late: Collection[str], seconds: dict[str, int], first: bool
) -> list[str]:
    """The flags of a line, in their order. `late` are ids of intervals entered late; `seconds` all intervals by id."""
    found = set(_of_device(decision, line) if line.component == "device" else _of_time(decision, line))
    if line.component == "management":
        mine = {pk: seconds[pk] for pk in line.evidence if pk in seconds}
        total = sum(mine.values())
        if total and sum(length for pk, length in mine.items() if pk in late) > LATE_SHARE * total:
            found.add("late")
    if first:
        found.add("first")
    return [flag for flag in FLAGS if flag in found]


def _of_device(decision: Decision, line: ProposedLine) -> Iterator[str]:
    for finding in decision.findings:
        if finding.code == "DEVICE_DAYS_MET" and finding.subject == line.subject:
            if finding.values["days"] == finding.values["need"]:
                yield "edge_days"


def _of_time(decision: Decision, line: ProposedLine) -> Iterator[str]:
    for finding in decision.findings:
        if finding.code == "MGMT_TIME_MET":
            reached = int(finding.values["need"])
            if line.code != finding.values["code"]:
                # Each unit of an add-on has a threshold of its own; the last one reached is what is near or not.
                reached += line.units * load_codes().by_code[line.code].min(line.dos)
            if 0 <= int(finding.values["have"]) - reached <= NEAR_SECONDS:
                yield "edge_time"
