"""Scenario files: month-end cases in JSON are read, decided and compared. docs/scenarios.md describes the format."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from billing.rules.decision import Decision, Finding, Gravity, ProposedLine
from billing.rules.engine import decide
from billing.rules.scenario_facts import facts_of, policy_of
from billing.rules.scenario_rows import ScenarioError


def read_file(path: Path) -> list[Mapping[str, object]]:
    """The cases of a file. Raises ScenarioError if it is not a scenario file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: this is not JSON ({error})") from None
    return cases_of(text, where=str(path))


def cases_of(text: str, *, where: str) -> list[Mapping[str, object]]:
    """The cases of a file's text. Raises ScenarioError, which begins with `where`, if it is not a scenario file."""
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ScenarioError(f"{where}: this is not JSON ({error})") from None
    cases = raw.get("cases") if isinstance(raw, dict) else raw
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise ScenarioError(f'{where}: expected a list of cases, or an object with a list under "cases"')
    return cases


def run_case(case: Mapping[str, object]) -> dict[str, Any]:
    """Decide one case. Returns its answer as the command prints it, with `matches` if the case has expectations."""
    try:
        decision = decide(facts_of(case), policy_of(case))
    except ScenarioError as error:
        return {"id": case.get("id"), "error": str(error), "matches": False}
    answer = answer_of(str(case.get("id")), decision)
    if "expected_codes" in case:
        difference = compare(case, answer)
        answer["matches"] = not difference
        if difference:
            answer["difference"] = difference
    return answer


def answer_of(name: str, decision: Decision) -> dict[str, object]:
    """A decision in the scenario format."""
    return {
        "id": name,
        "codes": [_line(line) for line in decision.lines],
        "other_program_codes": [{"code": line.code, "units": line.units} for line in decision.other_lines],
        "blockers": _unique({"component": finding.component, "reason": finding.code} for finding in decision.blockers),
        "notes": _codes(decision, Gravity.NOTE),
        "warnings": _codes(decision, Gravity.REVIEW),
        "explanation": [_explanation(finding) for finding in decision.findings],
    }


def _line(line: ProposedLine) -> dict[str, object]:
    row: dict[str, Any] = {
        "code": line.code,
        "units": line.units,
        "dos": line.dos.isoformat(),
        "modifiers": list(line.modifiers),
    }
    if line.dos_from is not None:
        row["dos_from"] = line.dos_from.isoformat()
    return row


def _explanation(finding: Finding) -> str:
    return f"{finding.gravity.value}: {finding.sentence}"


def _codes(decision: Decision, gravity: Gravity) -> list[str]:
    return _unique(finding.code for finding in decision.findings if finding.gravity is gravity)


def _unique(items: Any) -> list[Any]:
    unique: list[object] = []
    for item in items:
        if item not in unique:
            unique.append(item)
    return unique


def compare(case: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """The differences from the case's expectations, each as a sentence."""
    differences = []
    expected = {(row["code"], row["units"], row["dos"]): row.get("modifiers") for row in case["expected_codes"]}
    given = {(row["code"], row["units"], row["dos"]): row["modifiers"] for row in answer["codes"]}
    for key in sorted(expected.keys() - given.keys()):
        differences.append(f"missing code {key[0]} x{key[1]} on {key[2]}")
    for key in sorted(given.keys() - expected.keys()):
        differences.append(f"code {key[0]} x{key[1]} on {key[2]} was not expected")
    for key in sorted(expected.keys() & given.keys()):
        if expected[key] is not None and sorted(expected[key]) != sorted(given[key]):
            differences.append(f"{key[0]} carries {given[key]}, expected {expected[key]}")
    expected_others = {(row["code"], row["units"]) for row in case.get("expected_other_program_codes", [])}
    given_others = {(row["code"], row["units"]) for row in answer["other_program_codes"]}
    if expected_others != given_others:
        differences.append(f"other programs' codes are {sorted(given_others)}, expected {sorted(expected_others)}")
    blocked = {(row["component"], row["reason"]) for row in answer["blockers"]}
    for row in case.get("expected_blockers", []):
        if (row["component"], row["reason"]) not in blocked:
            differences.append(f"missing blocker {row['component']}: {row['reason']}")
    for expected_key, reported in (("expected_notes", "notes"), ("expected_warnings", "warnings")):
        for reason in case.get(expected_key, []):
            if reason not in answer[reported]:
                differences.append(f"missing {reported[:-1]} {reason}")
    return differences
