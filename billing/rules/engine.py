"""decide(facts, policy): every rule speaks, nothing is cut short, and only unblocked lines stand."""

from collections.abc import Iterator

from billing.rules.care_management import care_management
from billing.rules.case import Case, month_view
from billing.rules.codes_loader import CodeSet, load_codes
from billing.rules.conflicts import CONFLICTS
from billing.rules.decision import BESIDE, NOT_LOADED, Decision, Finding, Gravity, Instead, ProposedLine, Said
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

    A line whose own date of service has no rules waits (RULE_YEAR_NOT_LOADED): a gap is not a guess. Everything else is
    decided; where no day of the month has rules, the whole month waits.
    """
    codes = codes or load_codes()
    considered = codes.open_in(facts.first_day, facts.last_day, program=facts.program, system=facts.rtm_system)
    view = month_view(facts, policy)
    if view is None:
        return Decision((), (), tuple(_month_waits(facts, policy, codes)), (), considered)
    case = Case(facts, policy, codes, view)
    said = list(_said(case))
    findings = [item for item in said if isinstance(item, Finding)]
    earned = [_modified(case, item) for item in said if isinstance(item, ProposedLine)]
    proposed = [line for line in earned if codes.by_code[line.code].valid(line.dos)]
    findings += [_not_in_force(line) for line in earned if line not in proposed]
    findings += _waiting(case, proposed)
    findings += _annual_caps(case, proposed)
    standing: list[ProposedLine] = []
    withheld: list[ProposedLine] = []
    for line in proposed:
        # An add-on never stands without its base, whichever of the two has the earlier date of service.
        base = codes.by_code[line.code].add_on_of
        alone = base and base not in {one.code for one in standing}
        (withheld if alone or _is_blocked(case, line, findings) else standing).append(line)
    if not (facts.other_time or facts.advanced_care is not None or facts.self_measured is not None):
        return Decision(tuple(standing), tuple(withheld), tuple(findings), (), considered)
    beside = [_dated(case, item) for item in _beside(case, standing)]
    others = tuple(item for item in beside if isinstance(item, ProposedLine))
    findings += [item for item in beside if isinstance(item, Finding)]
    instead = tuple(item.line for item in beside if isinstance(item, Instead))
    considered += tuple(sorted(_spoken_of(others, findings)))
    return Decision(tuple(standing), tuple(withheld), tuple(findings), others, considered, instead)


def _beside(case: Case, standing: list[ProposedLine]) -> Iterator[Said]:
    """Other programs that share the month: what stands in this one comes first."""
    if case.facts.other_time or case.facts.advanced_care is not None:
        yield from care_management(case)
        for item in interpretation(case, standing):
            if isinstance(item, ProposedLine):
                standing = [*standing, item]
            yield item
    yield from self_measured(case, standing)


def _spoken_of(others: tuple[ProposedLine, ...], findings: list[Finding]) -> set[tuple[str, str]]:
    """Other programs' codes that this month says anything of: each gets its verdict too."""
    lines = {(line.code, line.component) for line in others}
    return lines | {(str(f.values["code"]), f.component) for f in findings if f.component in BESIDE}


def _said(case: Case) -> Iterator[Finding | ProposedLine]:
    for gate in GATES:
        yield from gate(case)
    for conflict in CONFLICTS:
        yield from conflict(case)
    yield from setup(case)
    yield from supply(case)
    yield from management(case)


def _month_waits(facts: PatientMonth, policy: Policy, codes: CodeSet) -> Iterator[Finding]:
    """What is said of a month without rules: that it waits, which documents it lacks whatever the rules will be, and
    what its running device periods have so far.
    """
    yield Finding(NOT_LOADED, "all", Gravity.BLOCKS, {"year": facts.year}, (), "rule_year")
    try:
        case = Case(facts, policy, codes)
        found = [finding for gate in GATES for finding in gate(case)]
    except PolicyGap:
        return
    yield from (finding for finding in found if finding.code in _DOCUMENTS)
    yield from open_windows(facts, case.windows)


def _not_in_force(line: ProposedLine) -> Finding:
    """The code was earned and does not exist on the line's own date of service."""
    values = {"code": line.code, "on": line.dos}
    return Finding("CODE_NOT_IN_FORCE", line.component, Gravity.SHORT, values)


def _waiting(case: Case, proposed: list[ProposedLine]) -> Iterator[Finding]:
    """One finding for each component and year of the lines whose own date of service has no rules."""
    for component, year in sorted(
        {(line.component, line.dos.year) for line in proposed if case.rules_on(line.dos) is None}
    ):
        yield Finding(NOT_LOADED, component, Gravity.BLOCKS, {"year": year}, (), "rule_year")


def _dated(case: Case, item: Said) -> Said:
    """What another program says; in place of a line whose date of service has no rules, that it waits."""
    line = item.line if isinstance(item, Instead) else item
    if isinstance(line, Finding) or case.rules_on(line.dos) is not None:
        return item
    values = {"code": line.code, "year": line.dos.year}
    return Finding(NOT_LOADED, line.component, Gravity.SHORT, values, (), "rule_year")


def _is_blocked(case: Case, line: ProposedLine, findings: list[Finding]) -> bool:
    """A line falls to any blocker of the whole program or of its component; for device lines, of its own window."""
    for finding in findings:
        if finding.gravity is not Gravity.BLOCKS or finding.component not in {"all", line.component}:
            continue
        # Another line of the component waits for its rules; this one has them.
        if finding.code == NOT_LOADED and case.rules_on(line.dos) is not None:
            continue
        if finding.subject and line.component == "device" and finding.subject != line.subject:
            continue
        return True
    return False


def _modified(case: Case, line: ProposedLine) -> ProposedLine:
    """RTM under a therapy plan carries GP, GO or GN, and CQ or CO where an assistant furnished it (rule R-RTM-MOD)."""
    code, plan = case.codes.by_code[line.code], case.facts.therapy_plan
    if not plan or not code.therapy_modifier:
        return line
    assistant = case.facts.assistant_furnished or line.subject == "assistant"
    modifiers = [_THERAPY[plan]]
    if assistant and code.assistant_modifier and plan in _ASSISTANT:
        modifiers.append(_ASSISTANT[plan])
    return line._replace(modifiers=tuple(modifiers))


def _annual_caps(case: Case, proposed: list[ProposedLine]) -> list[Finding]:
    found = []
    for line in proposed:
        view = case.rules_on(line.dos)
        caps = view["annual_unit_caps"] if view is not None else {}
        if line.code in caps:
            used = sum(
                1 for claim in case.facts.other_claims if claim.code == line.code and claim.dos.year == line.dos.year
            )
            if used >= caps[line.code]:
                values = {"code": line.code, "cap": caps[line.code], "used": used, "year": line.dos.year}
                found.append(
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
    return found
