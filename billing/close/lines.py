"""What a decision becomes when it is kept: its findings in words, once, and its lines with what each rests on. Pure."""

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from billing.close.flags import flags_of
from billing.facts.case_files import EnrollmentCase
from billing.models import ClaimLine, MonthClose
from billing.models.line_reasons import key_of
from billing.rules import Decision, Finding, Gravity, Policy, PolicyGap, ProposedLine, load_codes
from billing.rules.canonical import canonical, digest_of, finding_text
from billing.rules.sentences import sentence
from billing.rules.terms import name_on

_BASES = frozenset(code.code for code in load_codes().by_code.values() if code.role in {"base", "first10"})
_written = json.JSONEncoder(sort_keys=True).encode


class MadeLine(NamedTuple):
    """A proposed line as it is kept, on no claim yet; the names are those of `ClaimLine`.

    `because` is JSON text; `grounds` are the places of the same findings in the decision, each with its source as JSON.
    """

    enrollment_id: int
    patient_id: int
    episode_id: int | None
    code: str
    component: str
    is_base: bool
    units: int
    dos: date
    period_start: date | None
    modifiers: tuple[str, ...]
    because: str
    grounds: list[tuple[int, str]]
    evidence: tuple[str, ...]
    digest: str
    policy: str
    needs_attestation: bool
    flags: list[str]
    needs_look: bool

    @property
    def key(self) -> str:
        """What its decision knows it by."""
        return key_of(self)

    def row(self, close: MonthClose) -> ClaimLine:
        """The line as a row that is not saved and carries its reasons itself."""
        told = self._asdict() | {
            "own_reasons": json.loads(self.because),
            "modifiers": list(self.modifiers),
            "evidence": list(self.evidence),
        }
        del told["because"], told["grounds"]
        return ClaimLine(practice_id=close.practice_id, close=close, **told)


def said(finding: Finding) -> str:
    """A finding as it is kept, as JSON in the order of its keys: code, the rows counted (`evidence`), gravity, the
    parameter asked, the sentence (`says`).
    """
    code, _, gravity, values, evidence, parameter, _, _ = finding
    begins, ends = _around(code, gravity, parameter, tuple(values.items()))
    return f'{begins}"evidence": {_written(evidence)}, {ends}' if evidence else f"{begins}{ends}"


@lru_cache(maxsize=65_536)
def _around(code: str, gravity: Gravity, parameter: str, values: tuple[tuple[str, Any], ...]) -> tuple[str, str]:
    """What stands before and after the rows counted. Many patients' findings say the same with the same numbers."""
    told = {"gravity": gravity.value, "says": sentence(code, dict(values))}
    if parameter:
        told["parameter"] = parameter
    return f'{{"code": {_written(code)}, ', _written(told)[1:]


@lru_cache(maxsize=4096)
def _source(policy: Policy, parameter: str, on: date) -> str:
    """Where a parameter is written, as the policy says it, as JSON; empty where it says nothing."""
    try:
        return _written(policy.dated(parameter, on).source)
    except PolicyGap:
        return ""


def _bears(finding: Finding, line: ProposedLine) -> bool:
    """Whether a line rests on a finding: its program's, its component's, and of its own window."""
    if finding.component != line.component and finding.component != "all":
        return False
    # Why another code is not billed belongs to that code's verdict.
    if finding.code.endswith("_CODE_EXCLUDED"):
        return False
    return not finding.subject or line.component != "device" or finding.subject == line.subject


def lines_of(case: EnrollmentCase, decision: Decision, words: list[str] | None = None) -> Iterator[MadeLine]:
    """The proposed lines of a case; `words` are the decision's findings as `said`, where they were made already."""
    if not decision.lines:
        return
    words = words if words is not None else [said(finding) for finding in decision.findings]
    texts = [finding_text(finding) for finding in decision.findings]
    lengths = {item.id: item.seconds for item in case.facts.time}
    for line in decision.lines:
        yield _line(case, decision, line, words, texts, lengths)


def _line(
    case: EnrollmentCase,
    decision: Decision,
    line: ProposedLine,
    words: list[str],
    texts: list[str],
    lengths: dict[str, int],
) -> MadeLine:
    policy, dos = case.policy, line.dos
    mine = [(place, finding) for place, finding in enumerate(decision.findings) if _bears(finding, line)]
    grounds = [(place, _source(policy, one.parameter, dos) if one.parameter else "") for place, one in mine]
    because = ", ".join(
        f'{words[place][:-1]}, "source": {source}}}' if source else words[place] for place, source in grounds
    )
    sent = [line.code, line.units, dos, line.dos_from, line.modifiers, line.subject]
    under = [name_on(policy, dos), case.payer_id, case.billing_provider_id]
    # Values only: a sentence or a source may be reworded without making it another line.
    proof = f"[{canonical(sent)},[{','.join(texts[place] for place, _ in mine)}],{canonical(under)}]"
    flags = flags_of(decision, line, late=case.late, seconds=lengths, first=case.first)
    return MadeLine(
        enrollment_id=case.enrollment_id,
        patient_id=case.patient_id,
        episode_id=case.episode_id if line.component == "setup" else None,
        code=line.code,
        component=line.component,
        is_base=line.code in _BASES,
        units=line.units,
        dos=dos,
        period_start=date.fromisoformat(line.subject) if line.component == "device" else None,
        modifiers=line.modifiers,
        because=f"[{because}]",
        grounds=grounds,
        evidence=tuple(sorted({pk for _, finding in mine for pk in finding.evidence})),
        digest=digest_of(proof),
        policy=name_on(policy, dos),
        needs_attestation=policy.at("attestation", dos) == "personal",
        flags=flags,
        needs_look=bool(flags) or any(finding.gravity is Gravity.REVIEW for _, finding in mine),
    )
