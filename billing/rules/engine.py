"""The decision of a month: every rule runs, no rule ends the run early, and only unblocked lines are billed."""

from collections.abc import Iterator

from billing.rules.care_management import care_management
from billing.rules.case import Case, month_view
from billing.rules.codes_loader import CodeSet, load_codes
from billing.rules.conflicts import CONFLICTS
from billing.rules.decision import (
    NOT_LOADED,
    OTHER_PROGRAMS,
    Decision,
    ExcludedLine,
    Finding,
    Gravity,
    ProposedLine,
    RuleResult,
)
from billing.rules.device_supply import open_windows, supply
from billing.rules.eligibility import GATES
from billing.rules.facts import PatientMonth
from billing.rules.interpretation import interpretation
from billing.rules.management import management
from billing.rules.policy import Policy, PolicyGap
from billing.rules.self_measured import self_measured
from billing.rules.setup import setup

VERSION = "1.2.0"
# Documents that a month needs under the rules of any year.
_DOCUMENTS = frozenset({"ORDER_MISSING", "CONSENT_MISSING", "DIAGNOSIS_MISSING"})
_THERAPY = {"PT": "GP", "OT": "GO", "SLP": "GN"}
_ASSISTANT = {"PT": "CQ", "OT": "CO"}


def decide(facts: PatientMonth, policy: Policy, codes: CodeSet | None = None) -> Decision:
    """Decide one enrollment's month. Pure: the same facts and policy give the same decision, byte for byte.

    A line whose own date of service has no rules waits (RULE_YEAR_NOT_LOADED): missing rules are never guessed.
    Everything else is decided; if no day of the month has rules, the whole month waits.
    """
    codes = codes or load_codes()
    considered = codes.open_in(facts.first_day, facts.last_day, program=facts.program, system=facts.rtm_system)
    view = month_view(facts, policy)
    if view is None:
        return Decision((), (), tuple(_month_waits(facts, policy, codes)), (), considered)
    case = Case(facts, policy, codes, view)
    results = list(_run_rules(case))
    findings = [item for item in results if isinstance(item, Finding)]
    earned = [_with_modifiers(case, item) for item in results if isinstance(item, ProposedLine)]
    proposed = [line for line in earned if codes.by_code[line.code].valid(line.dos)]
    findings += [_not_in_force(line) for line in earned if line not in proposed]
    findings += _year_not_loaded(case, proposed)
    findings += _annual_caps(case, proposed)
    billed: list[ProposedLine] = []
    withheld: list[ProposedLine] = []
    for line in proposed:
        # An add-on is never billed without its base, whichever of the two has the earlier date of service.
        base = codes.by_code[line.code].add_on_of
        lacks_base = base and base not in {other.code for other in billed}
        (withheld if lacks_base or _is_blocked(case, line, findings) else billed).append(line)
    if not (facts.other_time or facts.advanced_care is not None or facts.self_measured is not None):
        return Decision(tuple(billed), tuple(withheld), tuple(findings), (), considered)
    other_results = [_or_waiting(case, item) for item in _other_programs(case, billed)]
    other_lines = tuple(item for item in other_results if isinstance(item, ProposedLine))
    findings += [item for item in other_results if isinstance(item, Finding)]
    excluded_lines = tuple(item.line for item in other_results if isinstance(item, ExcludedLine))
    considered += tuple(sorted(_other_program_codes(other_lines, findings)))
    return Decision(tuple(billed), tuple(withheld), tuple(findings), other_lines, considered, excluded_lines)


def _other_programs(case: Case, billed: list[ProposedLine]) -> Iterator[RuleResult]:
    """Results of other programs in the same month; the lines billed in this program have priority."""
    if case.facts.other_time or case.facts.advanced_care is not None:
        yield from care_management(case)
        for item in interpretation(case, billed):
            if isinstance(item, ProposedLine):
                billed = [*billed, item]
            yield item
    yield from self_measured(case, billed)


def _other_program_codes(lines: tuple[ProposedLine, ...], findings: list[Finding]) -> set[tuple[str, str]]:
    """(code, component) of other programs with a line or a finding in this month: each gets a verdict too."""
    of_lines = {(line.code, line.component) for line in lines}
    return of_lines | {(str(f.values["code"]), f.component) for f in findings if f.component in OTHER_PROGRAMS}


def _run_rules(case: Case) -> Iterator[Finding | ProposedLine]:
    for gate in GATES:
        yield from gate(case)
    for conflict in CONFLICTS:
        yield from conflict(case)
    yield from setup(case)
    yield from supply(case)
    yield from management(case)


def _month_waits(facts: PatientMonth, policy: Policy, codes: CodeSet) -> Iterator[Finding]:
    """The findings of a month without rules: that it waits, the documents it needs under any rules and does not have,
    and its running device periods with their days so far.
    """
    yield Finding(NOT_LOADED, "all", Gravity.BLOCKS, {"year": facts.year}, (), "rule_year")
    try:
        case = Case(facts, policy, codes)
        gate_findings = [finding for gate in GATES for finding in gate(case)]
    except PolicyGap:
        return
    yield from (finding for finding in gate_findings if finding.code in _DOCUMENTS)
    yield from open_windows(facts, case.windows)


def _not_in_force(line: ProposedLine) -> Finding:
    """The finding that an earned code does not exist on the line's own date of service."""
    values = {"code": line.code, "on": line.dos}
    return Finding("CODE_NOT_IN_FORCE", line.component, Gravity.SHORT, values)


def _year_not_loaded(case: Case, proposed: list[ProposedLine]) -> Iterator[Finding]:
    """One finding for each component and year of the lines whose own date of service has no rules."""
    for component, year in sorted(
        {(line.component, line.dos.year) for line in proposed if case.rules_on(line.dos) is None}
    ):
        yield Finding(NOT_LOADED, component, Gravity.BLOCKS, {"year": year}, (), "rule_year")


def _or_waiting(case: Case, item: RuleResult) -> RuleResult:
    """A result of another program; instead of a line whose date of service has no rules, the finding that it waits."""
    line = item.line if isinstance(item, ExcludedLine) else item
    if isinstance(line, Finding) or case.rules_on(line.dos) is not None:
        return item
    values = {"code": line.code, "year": line.dos.year}
    return Finding(NOT_LOADED, line.component, Gravity.SHORT, values, (), "rule_year")


def _is_blocked(case: Case, line: ProposedLine, findings: list[Finding]) -> bool:
    """Whether a finding on the whole program or the line's component (for device lines, its own window) blocks it."""
    for finding in findings:
        if finding.gravity is not Gravity.BLOCKS or finding.component not in {"all", line.component}:
            continue
        # Another line of the component waits for its rules; this line has its rules.
        if finding.code == NOT_LOADED and case.rules_on(line.dos) is not None:
            continue
        if finding.subject and line.component == "device" and finding.subject != line.subject:
            continue
        return True
    return False


def _with_modifiers(case: Case, line: ProposedLine) -> ProposedLine:
    """RTM under a therapy plan carries GP, GO or GN, and CQ or CO if an assistant furnished it (rule R-RTM-MOD)."""
    code, plan = case.codes.by_code[line.code], case.facts.therapy_plan
    if not plan or not code.therapy_modifier:
        return line
    assistant = case.facts.assistant_furnished or line.subject == "assistant"
    modifiers = [_THERAPY[plan]]
    if assistant and code.assistant_modifier and plan in _ASSISTANT:
        modifiers.append(_ASSISTANT[plan])
    return line._replace(modifiers=tuple(modifiers))


def _annual_caps(case: Case, proposed: list[ProposedLine]) -> list[Finding]:
    findings = []
    for line in proposed:
        view = case.rules_on(line.dos)
        caps = view["annual_unit_caps"] if view is not None else {}
        if line.code in caps:
            used = sum(
                1 for claim in case.facts.other_claims if claim.code == line.code and claim.dos.year == line.dos.year
            )
            if used >= caps[line.code]:
                values = {"code": line.code, "cap": caps[line.code], "used": used, "year": line.dos.year}
                findings.append(
                    Finding(
                        "ANNUAL_CAP_REACHED",
                        line.component,
                        Gravity.BLOCKS,
                        values,
                        (),
                        "annual_unit_caps",
                        line.subject,
                    )
                )
    return findings
