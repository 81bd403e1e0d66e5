"""What a decision is made of: findings, proposed lines, verdicts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from billing.rules.sentences import sentence

# A line whose own date of service lies in a year without loaded rules: it waits, whatever else is decided.
NOT_LOADED = "RULE_YEAR_NOT_LOADED"
# What says that a date of service has no rules: of a line that is due, or of a device period that still runs.
WAITS = frozenset({NOT_LOADED, "DATE_OF_SERVICE_WAITS"})

# Components of other programs that share the month: reported, never among the month's own lines.
BESIDE = frozenset({"care_management", "interpretation", "smbp"})


class Gravity(StrEnum):
    """What a finding does to a line."""

    BLOCKS = "blocks"
    REVIEW = "review"
    NOTE = "note"
    SHORT = "short"
    MET = "met"


class Outcome(StrEnum):
    """The kept outcome for one code."""

    BILL = "bill"
    DO_NOT_BILL = "do_not_bill"
    BLOCKED = "blocked"
    NOT_ENOUGH_FACTS = "not_enough_facts"


class Finding(NamedTuple):
    """One reason. `component` is all, device, setup or management; `subject` a window's first day or a code.

    `values` feed the sentence; `evidence` are ids of the rows counted; `parameter` names the policy key asked; `until`
    is, while the month runs, the last day on which what is missing can still be had.
    """

    code: str
    component: str
    gravity: Gravity
    values: Mapping[str, Any] = {}
    evidence: tuple[str, ...] = ()
    parameter: str = ""
    subject: str = ""
    until: date | None = None

    @property
    def sentence(self) -> str:
        """The reason with its numbers, in words."""
        return sentence(self.code, self.values)

    @property
    def is_running_period(self) -> bool:
        """Whether it reports a device period that still runs, not one that ended early and is not paid."""
        return self.code == "DEVICE_PERIOD_OPEN" and self.parameter == "device_window"


class ProposedLine(NamedTuple):
    """A code that its own rule has earned; it stands unless a finding blocks its component."""

    code: str
    component: str
    units: int
    dos: date
    dos_from: date | None = None
    modifiers: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    subject: str = ""


class Instead(NamedTuple):
    """A line of another program that is earned and does not stand, because one that stands excludes it."""

    line: ProposedLine


Said = Finding | ProposedLine | Instead


class Verdict(NamedTuple):
    """What becomes of one code, with the findings that bear on it."""

    code: str
    component: str
    outcome: Outcome
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """All of a month: lines that stand, lines withheld, every finding, and other programs' codes."""

    lines: tuple[ProposedLine, ...]
    withheld: tuple[ProposedLine, ...]
    findings: tuple[Finding, ...]
    other_lines: tuple[ProposedLine, ...]
    # (code, component) of every code that was open to this month; verdicts are made when they are read.
    considered: tuple[tuple[str, str], ...] = ()
    # Other programs' lines that are earned too and would stand instead of some that do.
    instead: tuple[ProposedLine, ...] = ()

    @property
    def blockers(self) -> list[Finding]:
        """What stands in the way."""
        return [finding for finding in self.findings if finding.gravity is Gravity.BLOCKS]

    @property
    def verdicts(self) -> list[Verdict]:
        """One verdict a code."""
        return [
            Verdict(code, component, outcome, tuple(self.findings[place] for place in places))
            for code, component, outcome, places in self.outcomes()
        ]

    def outcomes(self) -> Iterator[tuple[str, str, Outcome, list[int]]]:
        """Of each code open to the month: its component, its outcome, the places of the findings that bear on it."""
        billed = {line.code for line in self.lines}
        beside = {line.code for line in self.other_lines}
        withheld = {line.code for line in self.withheld}
        waiting = {place for place, finding in enumerate(self.findings) if finding.code == NOT_LOADED}
        heard: dict[str, tuple[list[int], list[tuple[int, str]]]] = {}
        for code, component in self.considered:
            if component not in heard:
                heard[component] = self._heard(component)
            places, of_codes = heard[component]
            if of_codes:
                others = {place for place, whose in of_codes if whose != code}
                places = [place for place in places if place not in others]
            if code in billed:
                outcome = Outcome.BILL
            elif code in beside or not waiting.isdisjoint(places):
                # Minutes are documented, but another program's papers are not ours to judge; or the rules of the date
                # of service are not loaded.
                outcome = Outcome.NOT_ENOUGH_FACTS
            elif code in withheld:
                outcome = Outcome.BLOCKED
            else:
                outcome = Outcome.DO_NOT_BILL
            yield code, component, outcome, places

    def _heard(self, component: str) -> tuple[list[int], list[tuple[int, str]]]:
        """The places of the findings that bear on a component, and of those told at one code alone that code.

        What another code lacks, or another program says of its own, is told at that code.
        """
        beside = component in BESIDE
        speaks = {component} if beside else {"all", component}
        mine = [pair for pair in enumerate(self.findings) if pair[1].component in speaks]
        of_codes = [
            (place, finding.values["code"])
            for place, finding in mine
            if (beside or finding.gravity is Gravity.SHORT) and "code" in finding.values
        ]
        return [place for place, _ in mine], of_codes
