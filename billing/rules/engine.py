"""decide(facts, policy): every rule speaks, nothing is cut short, and only unblocked lines stand."""

from collections.abc import Iterator

from billing.rules.care_management import care_management
from billing.rules.case import Case
from billing.rules.codes_loader import CodeSet, load_codes
from billing.rules.conflicts import CONFLICTS
from billing.rules.decision import BESIDE, Decision, Finding, Gravity, Instead, ProposedLine, Said
from billing.rules.device_supply import supply
from billing.rules.eligibility import GATES
from billing.rules.facts import PatientMonth
from billing.rules.interpretation import interpretation
from billing.rules.management import management
from billing.rules.policy import Policy, PolicyGap
from billing.rules.self_measured import self_measured
from billing.rules.setup import setup

VERSION = "1.1.0"
_THERAPY = {"PT": "GP", "OT": "GO", "SLP": "GN"}
_ASSISTANT = {"PT": "CQ", "OT": "CO"}


def decide(facts: PatientMonth, policy: Policy, codes: CodeSet | None = None) -> Decision:
    """Decide one enrollment's month. Pure: the same facts and policy give the same decision, byte for byte.

    A day on which the policy is silent blocks everything with RULE_YEAR_NOT_LOADED: a gap is not a guess.
    """
    codes = codes or load_codes()
    considered = codes.open_on(facts.last_day, program=facts.program, system=facts.rtm_system)
    try:
        case = Case(facts, policy, codes)
        said = list(_said(case))
    except PolicyGap as gap:
        values = {"key": gap.key.replace("_", " "), "on": gap.on}
        missing = Finding("RULE_YEAR_NOT_LOADED", "all", Gravity.BLOCKS, values, (), gap.key)
        return Decision((), (), (missing,), (), considered)
    proposed = [_modified(case, item) for item in said if isinstance(item, ProposedLine)]
    findings = [item for item in said if isinstance(item, Finding)]
    findings += _annual_caps(case, proposed)
    standing: list[ProposedLine] = []
    withheld: list[ProposedLine] = []
    for line in proposed:
        (withheld if _is_blocked(line, findings) else standing).append(line)
    if not (facts.other_time or facts.advanced_care is not None or facts.self_measured is not None):
        return Decision(tuple(standing), tuple(withheld), tuple(findings), (), considered)
    beside = list(_beside(case, standing))
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


def _is_blocked(line: ProposedLine, findings: list[Finding]) -> bool:
    """A line falls to any blocker of the whole program or of its component; for device lines, of its own window."""
    for finding in findings:
        if finding.gravity is not Gravity.BLOCKS or finding.component not in {"all", line.component}:
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
    caps, found = case.management["annual_unit_caps"], []
    for line in proposed:
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
