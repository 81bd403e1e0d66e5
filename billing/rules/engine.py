"""The decision of a month: every rule runs, no rule ends the run early, and only unblocked lines are billed."""

from collections.abc import Iterator

from billing.rules.access_model import comanagement
from billing.rules.authorizations import within_authorizations
from billing.rules.caps import units_in_year, within_date_caps
from billing.rules.care_management import care_management
from billing.rules.care_papers import are_complete, has_care
from billing.rules.case import Case, month_view
from billing.rules.code_set import CodeSet
from billing.rules.codes_loader import load_codes
from billing.rules.conflicts import CONFLICTS, SERVICE_CONFLICTS
from billing.rules.decision import (
    CARE_MANAGEMENT,
    COMANAGEMENT,
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
from billing.rules.services import findings_on_services
from billing.rules.setup import setup

VERSION = "1.5.0"
# Documents that a month needs under the rules of any year.
_DOCUMENTS = frozenset({"ORDER_MISSING", "CONSENT_MISSING", "DIAGNOSIS_MISSING"})
_THERAPY = {"PT": "GP", "OT": "GO", "SLP": "GN"}
_ASSISTANT = {"PT": "CQ", "OT": "CO"}


def decide(facts: PatientMonth, policy: Policy, codes: CodeSet | None = None) -> Decision:
    """Decide one enrollment's month. Pure: the same facts and policy give the same decision, byte for byte.

    A line whose own date of service has no rules waits (RULE_YEAR_NOT_LOADED): missing rules are never guessed.
    Everything else is decided; if no day of the month has rules, the whole month waits.
    """
    codes = codes or policy.codes_on(facts.last_day) or load_codes()
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
    billed, withheld, capped = _billed_and_withheld(case, proposed, findings)
    findings += capped
    if not (has_care(case) or facts.access_updates or facts.self_measured is not None):
        return Decision(tuple(billed), tuple(withheld), tuple(findings), (), considered)
    others = [_or_waiting(case, item) for item in _other_programs(case, billed)]
    findings += [item for item in others if isinstance(item, Finding)]
    earned = [item for item in others if isinstance(item, ProposedLine)]
    other_lines, _, capped = _billed_and_withheld(case, earned, [])
    findings += capped
    documented = {COMANAGEMENT, CARE_MANAGEMENT} if are_complete(case) else {COMANAGEMENT}
    billed += [line for line in other_lines if line.component in documented]
    considered += tuple(sorted(_other_program_codes(other_lines, findings)))
    reported = tuple(line for line in other_lines if line.component not in documented)
    excluded = tuple(item.line for item in others if isinstance(item, ExcludedLine))
    return Decision(tuple(billed), tuple(withheld), tuple(findings), reported, considered, excluded)


def _billed_and_withheld(
    case: Case, earned: list[ProposedLine], findings: list[Finding]
) -> tuple[list[ProposedLine], list[ProposedLine], list[Finding]]:
    """The earned lines that are billed and those that are not, each in its order, with the findings of unit caps."""
    earned, capped = within_date_caps(case, earned)
    free = [line for line in earned if not _is_blocked(case, line, findings)]
    in_year = []
    for line, left, finding in units_in_year(case, free):
        in_year.append((line, left))
        capped += [finding] if finding is not None else []
    authorized = {}
    for (line, _), result in within_authorizations(case, in_year):
        authorized[id(line)] = result
        capped += [result.finding] if result.finding is not None else []
    billed: list[ProposedLine] = []
    withheld: list[ProposedLine] = []
    for line in earned:
        kept = authorized.get(id(line))
        # An add-on is never billed without its base, whichever of the two has the earlier date of service.
        base = case.codes.by_code[line.code].add_on_of
        if kept and kept.units and (not base or base in {other.code for other in billed}):
            same = kept.line.units == kept.units
            billed.append(kept.line if same else kept.line._replace(units=kept.units))
        else:
            withheld.append(line)
    return billed, withheld, capped


def _other_programs(case: Case, billed: list[ProposedLine]) -> Iterator[RuleResult]:
    """Results of other programs in the same month; the lines billed in this program have priority."""
    on_file = list(billed)
    if has_care(case):
        for program in (care_management(case), interpretation(case, billed)):
            for item in program:
                if isinstance(item, ProposedLine):
                    on_file.append(item)
                yield item
    yield from self_measured(case, on_file)
    yield from comanagement(case)


def _other_program_codes(lines: list[ProposedLine], findings: list[Finding]) -> set[tuple[str, str]]:
    """(code, component) of other programs with a line or a finding in this month: each gets a verdict too."""
    of_lines = {(line.code, line.component) for line in lines}
    return of_lines | {(str(f.values["code"]), f.component) for f in findings if f.component in OTHER_PROGRAMS}


def _run_rules(case: Case) -> Iterator[Finding | ProposedLine]:
    yield from findings_on_services(case, (*GATES, *SERVICE_CONFLICTS))
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
        gate_findings = list(findings_on_services(case, GATES))
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
    """Whether a finding on the whole program or the line's component (or only on its window or code) blocks it."""
    for finding in findings:
        if finding.gravity is not Gravity.BLOCKS or not finding.concerns(line):
            continue
        # Another line of the component waits for its rules; this line has its rules.
        if finding.code == NOT_LOADED and case.rules_on(line.dos) is not None:
            continue
        return True
    return False


def _with_modifiers(case: Case, line: ProposedLine) -> ProposedLine:
    """RTM under a therapy plan carries GP, GO or GN, and CQ or CO if an assistant furnished it (rule R-RTM-MOD)."""
    code, plan = case.codes.by_code[line.code], _discipline(case, line)
    if not plan or not code.therapy_modifier:
        return line
    assistant = case.facts.assistant_furnished or line.by_assistant
    modifiers = [_THERAPY[plan]]
    if assistant and code.assistant_modifier and plan in _ASSISTANT:
        modifiers.append(_ASSISTANT[plan])
    return line._replace(modifiers=tuple(modifiers))


def _discipline(case: Case, line: ProposedLine) -> str:
    """The discipline of the plan of care in force on the date of service; else the one of the enrollment."""
    plans = [row for row in case.facts.plans_of_care or () if row.covers(line.dos)]
    return plans[-1].discipline if plans else case.facts.therapy_plan
