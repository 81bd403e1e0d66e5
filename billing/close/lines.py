"""Conversion of a decision into what is stored: its findings as JSON, and its lines with their reasons. Pure."""

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from billing.close.flags import flags_of
from billing.facts.case_files import EnrollmentCase
from billing.models import ClaimLine, MonthClose
from billing.models.line_reasons import line_key
from billing.rules import Decision, Finding, Gravity, Policy, PolicyGap, ProposedLine, load_codes
from billing.rules.canonical import canonical, digest_of, finding_text
from billing.rules.code_set import CodeSet
from billing.rules.sentences import sentence
from billing.rules.terms import name_on

_BASES = frozenset({"base", "first10"})
# What a line says besides its key, its reasons, and the marks for the reviewer.
VALUES_OF_LINE = (
    "patient_id",
    "episode_id",
    "component",
    "is_base",
    "units",
    "period_start",
    "modifiers",
    "policy",
    "needs_attestation",
    "authorization",
)
_to_json = json.JSONEncoder(sort_keys=True).encode


class LineToWrite(NamedTuple):
    """A proposed line before it is written, on no claim yet. The names are those of `ClaimLine`.

    `reasons_json` is JSON text. `reason_sources` are the places of the same findings in the decision, each with its
    citation as JSON.
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
    authorization: str
    reasons_json: str
    reason_sources: list[tuple[int, str]]
    evidence: tuple[str, ...]
    digest: str
    policy: str
    needs_attestation: bool
    flags: list[str]
    needs_look: bool

    @property
    def key(self) -> str:
        """The key that links the line to its decision."""
        return line_key(self)

    @property
    def stored_values(self) -> list[object]:
        """The values of VALUES_OF_LINE as the stored line has them."""
        values = [getattr(self, name) for name in VALUES_OF_LINE]
        return [list(value) if isinstance(value, tuple) else value for value in values]

    def row(self, close: MonthClose) -> ClaimLine:
        """The line as a row that is not saved and carries its own reasons."""
        values = self._asdict() | {
            "own_reasons": json.loads(self.reasons_json),
            "modifiers": list(self.modifiers),
            "evidence": list(self.evidence),
        }
        del values["reasons_json"], values["reason_sources"]
        return ClaimLine(practice_id=close.practice_id, close=close, **values)


def finding_json(finding: Finding) -> str:
    """A finding as JSON with its keys in order: code, the rows counted (`evidence`), gravity, the policy parameter
    read, the sentence (`says`); of a running month also `chance` and `period`, which the forecast reads.
    """
    code, _, gravity, values, evidence, parameter, _, until = finding
    start, end = _json_around_evidence(code, gravity, parameter, tuple(values.items()), until)
    return f'{start}"evidence": {_to_json(evidence)}, {end}' if evidence else f"{start}{end}"


@lru_cache(maxsize=65_536)
def _json_around_evidence(
    code: str, gravity: Gravity, parameter: str, values: tuple[tuple[str, object], ...], until: date | None
) -> tuple[str, str]:
    """The JSON before and after the rows counted. Cached: many patients have the same finding with the same numbers."""
    rest: dict[str, object] = {"gravity": gravity.value, "says": sentence(code, dict(values))}
    if parameter:
        rest["parameter"] = parameter
    if code == "DEVICE_PERIOD_OPEN" and parameter == "device_window":
        rest["period"] = _period_json(dict(values))
    elif until is not None:
        rest["chance"] = _chance_json(dict(values), until)
    return f'{{"code": {_to_json(code)}, ', _to_json(rest)[1:]


def _period_json(values: dict[str, object]) -> dict[str, object]:
    """The numbers of a running device period: the forecast groups it by them. `needs` are codes with their days."""
    needs = values["needs"]
    least = min((days for _, days in needs), default=None) if isinstance(needs, tuple) else None
    days = {name: str(values[name]) for name in ("start", "closes")}
    return {**days, "days": values["days"], "needs": needs, "least": least}


def _chance_json(values: dict[str, object], until: date) -> dict[str, object]:
    """What is missing, with the last day on which it can be provided: seconds for a code, or a live call."""
    return {"until": until.isoformat(), "code": values.get("code", ""), "seconds": values.get("missing")}


def _citation_json(policy: Policy, finding: Finding, line: ProposedLine) -> str:
    """What the value that a finding compared rests on, as JSON: a parameter, or the threshold of a code.

    Empty if it compared none, or if the policy has no value on the date of service.
    """
    if finding.parameter == "setup_min_days" and policy.at("setup_min_days", line.dos) is None:
        return _threshold_citation_json(policy.codes_on(line.dos), line.code, line.dos)
    if finding.parameter:
        return _parameter_citation_json(policy, finding.parameter, line.dos)
    if "need" in finding.values and "code" in finding.values:
        return _threshold_citation_json(policy.codes_on(line.dos), finding.values["code"], line.dos)
    return ""


@lru_cache(maxsize=4096)
def _parameter_citation_json(policy: Policy, parameter: str, on: date) -> str:
    try:
        return _to_json(policy.dated(parameter, on).citation.as_json())
    except PolicyGap:
        return ""


@lru_cache(maxsize=4096)
def _threshold_citation_json(codes: CodeSet | None, code: str, on: date) -> str:
    try:
        return _to_json((codes or load_codes()).by_code[code].min_citation(on).as_json())
    except LookupError:
        return ""


def _is_reason_of(finding: Finding, line: ProposedLine) -> bool:
    """Whether a finding is a reason of a line: of the whole program or its component, and of its own window."""
    # Why another code is not billed belongs to that code's verdict.
    return finding.concerns(line) and not finding.code.endswith("_CODE_EXCLUDED")


def lines_of(case: EnrollmentCase, decision: Decision, findings: list[str] | None = None) -> Iterator[LineToWrite]:
    """The proposed lines of a case; `findings` are the decision's as `finding_json`, if the caller has them already."""
    if not decision.lines:
        return
    findings = findings if findings is not None else [finding_json(finding) for finding in decision.findings]
    digest_texts = [finding_text(finding) for finding in decision.findings]
    seconds_by_id = {item.id: item.seconds for item in case.facts.time}
    for line in decision.lines:
        yield _line_to_write(case, decision, line, findings, digest_texts, seconds_by_id)


def _line_to_write(
    case: EnrollmentCase,
    decision: Decision,
    line: ProposedLine,
    findings: list[str],
    digest_texts: list[str],
    seconds_by_id: dict[str, int],
) -> LineToWrite:
    policy, dos = case.policy, line.dos
    reasons = [(place, finding) for place, finding in enumerate(decision.findings) if _is_reason_of(finding, line)]
    reason_sources = [(place, _citation_json(policy, finding, line)) for place, finding in reasons]
    reasons_json = ", ".join(
        f'{findings[place][:-1]}, "citation": {citation}}}' if citation else findings[place]
        for place, citation in reason_sources
    )
    sent = [line.code, line.units, dos, line.dos_from, line.modifiers, line.subject]
    decided_under = [name_on(policy, dos), case.payer_on(dos), case.provider_on(dos)]
    # Values only: rewording a sentence or a citation must not make it another line.
    proof = f"[{canonical(sent)},[{','.join(digest_texts[place] for place, _ in reasons)}],{canonical(decided_under)}]"
    codes = policy.codes_on(dos) or load_codes()
    flags = flags_of(decision, line, codes=codes, late=case.late, seconds=seconds_by_id, first=case.first)
    return LineToWrite(
        enrollment_id=case.enrollment_id,
        patient_id=case.patient_id,
        episode_id=case.episode_id if line.component == "setup" else None,
        code=line.code,
        component=line.component,
        is_base=codes.by_code[line.code].role in _BASES,
        units=line.units,
        dos=dos,
        period_start=date.fromisoformat(line.subject) if line.component == "device" else None,
        modifiers=line.modifiers,
        authorization=line.authorization,
        reasons_json=f"[{reasons_json}]",
        reason_sources=reason_sources,
        evidence=tuple(sorted({pk for _, finding in reasons for pk in finding.evidence})),
        digest=digest_of(proof),
        policy=name_on(policy, dos),
        needs_attestation=policy.at("attestation", dos) == "personal",
        flags=flags,
        needs_look=bool(flags) or any(finding.gravity is Gravity.REVIEW for _, finding in reasons),
    )
