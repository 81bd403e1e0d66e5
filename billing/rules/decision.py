"""Parts of a decision: findings, proposed lines, verdicts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from billing.rules.sentences import sentence

# The finding on a line whose own date of service is in a year without loaded rules: the line waits.
NOT_LOADED = "RULE_YEAR_NOT_LOADED"
# The findings on dates of service without rules: of a line that is due, or of a device period that still runs.
WAITS = frozenset({NOT_LOADED, "DATE_OF_SERVICE_WAITS"})

# Components of other programs in the same month: reported, never among the month's own lines.
OTHER_PROGRAMS = frozenset({"care_management", "interpretation", "smbp", "access"})
# Co-management in the ACCESS model needs no document of the program: its lines are billed with the month's own.
COMANAGEMENT, CARE_MANAGEMENT = "access", "care_management"


class Gravity(StrEnum):
    """The effect of a finding on a line."""

    BLOCKS = "blocks"
    REVIEW = "review"
    NOTE = "note"
    SHORT = "short"
    MET = "met"


class Outcome(StrEnum):
    """The outcome for one code."""

    BILL = "bill"
    DO_NOT_BILL = "do_not_bill"
    BLOCKED = "blocked"
    NOT_ENOUGH_FACTS = "not_enough_facts"


class Finding(NamedTuple):
    """One reason. `component` is all, device, setup or management; `subject` the first day of a window, or a code.

    `values` are the numbers of the sentence; `evidence` are ids of the rows counted; `parameter` is the policy key that
    was read; `until` is, while the month runs, the last day on which what is missing can still be provided.
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
        """The reason as a sentence with its numbers."""
        return sentence(self.code, self.values)

    def concerns(self, line: "ProposedLine") -> bool:
        """Whether it is about a line: about the whole program or the line's component, and not only about another
        window, span or code.
        """
        of_program = self.component == "all" and line.component not in OTHER_PROGRAMS
        if self.component != line.component and not of_program:
            return False
        return not self.subject or self.subject in {line.subject, line.code}

    @property
    def is_running_period(self) -> bool:
        """Whether it is about a device period that still runs, not one that ended early and is not paid."""
        return self.code == "DEVICE_PERIOD_OPEN" and self.parameter == "device_window"


class ProposedLine(NamedTuple):
    """A code that its own rule has earned. It is billed unless a finding blocks its component."""

    code: str
    component: str
    units: int
    dos: date
    dos_from: date | None = None
    modifiers: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    subject: str = ""
    # Whether assistants furnished more of it than CMS disregards.
    by_assistant: bool = False
    # The number of the prior authorization it is billed under.
    authorization: str = ""


class ExcludedLine(NamedTuple):
    """An earned line of another program that is not billed, because a billed line excludes it."""

    line: ProposedLine


RuleResult = Finding | ProposedLine | ExcludedLine


class Verdict(NamedTuple):
    """The outcome of one code, with the findings that bear on it."""

    code: str
    component: str
    outcome: Outcome
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of a month: billed lines, withheld lines, every finding, and lines of other programs."""

    lines: tuple[ProposedLine, ...]
    withheld: tuple[ProposedLine, ...]
    findings: tuple[Finding, ...]
    other_lines: tuple[ProposedLine, ...]
    # (code, component) of every code that the month could bill; verdicts are computed when they are read.
    considered: tuple[tuple[str, str], ...] = ()
    # Earned lines of other programs that could be billed instead of some of the billed ones.
    instead: tuple[ProposedLine, ...] = ()

    @property
    def blockers(self) -> list[Finding]:
        """The findings that block lines."""
        return [finding for finding in self.findings if finding.gravity is Gravity.BLOCKS]

    @property
    def verdicts(self) -> list[Verdict]:
        """One verdict a code."""
        return [
            Verdict(code, component, outcome, tuple(self.findings[place] for place in places))
            for code, component, outcome, places in self.outcomes()
        ]

    def outcomes(self) -> Iterator[tuple[str, str, Outcome, list[int]]]:
        """For each code that the month could bill: component, outcome, and places of the findings that bear on it."""
        billed = {line.code for line in self.lines}
        of_other_programs = {line.code for line in self.other_lines}
        withheld = {line.code for line in self.withheld}
        waiting = {place for place, finding in enumerate(self.findings) if finding.code == NOT_LOADED}
        by_component: dict[str, tuple[list[int], list[tuple[int, str]]]] = {}
        for code, component in self.considered:
            if component not in by_component:
                by_component[component] = self._findings_of(component)
            places, code_specific = by_component[component]
            if code_specific:
                of_other_codes = {place for place, other in code_specific if other != code}
                places = [place for place in places if place not in of_other_codes]
            if code in billed:
                outcome = Outcome.BILL
            elif code in of_other_programs or not waiting.isdisjoint(places):
                # Minutes of another program are documented, but we do not have that program's documents; or the rules
                # of the date of service are not loaded.
                outcome = Outcome.NOT_ENOUGH_FACTS
            elif code in withheld:
                outcome = Outcome.BLOCKED
            else:
                outcome = Outcome.DO_NOT_BILL
            yield code, component, outcome, places

    def _findings_of(self, component: str) -> tuple[list[int], list[tuple[int, str]]]:
        """The places of the findings that bear on a component; and those that bear on a single code, with that code.

        A finding bears on a single code if it is about what that code lacks, or is another program's.
        """
        is_other_program = component in OTHER_PROGRAMS
        components = {component} if is_other_program else {"all", component}
        findings = [pair for pair in enumerate(self.findings) if pair[1].component in components]
        code_specific = [
            (place, finding.values["code"])
            for place, finding in findings
            if (is_other_program or finding.gravity is Gravity.SHORT) and "code" in finding.values
        ]
        return [place for place, _ in findings], code_specific
