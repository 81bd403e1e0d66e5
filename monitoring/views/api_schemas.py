"""The API's answers in FHIR. No database access."""

from typing import Any

from monitoring.ingest.vendors.fhir_r4 import resources
from monitoring.intake.take_in import Taken
from monitoring.readings.sender_lines import EntryResult

_WORDS = {
    "new": ("201 Created", "information", "Kept as a reading."),
    "known": ("200 OK", "information", "Known already; nothing was doubled."),
    "taken_back": ("200 OK", "information", "Voided."),
    "heard": ("200 OK", "information", "Noted; it makes no reading."),
    "unmatched": ("422 Unprocessable Entity", "error", "Kept for repair: it could not be placed or understood."),
}


def outcome(severity: str, code: str, text: str) -> dict[str, object]:
    """An OperationOutcome with one issue."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code, "diagnostics": text}]}


def bundle_answer(taken: Taken, body: Any) -> tuple[int, dict[str, object]]:
    """The answer to a Bundle (one entry each) or to an Observation (an outcome)."""
    single = body.get("resourceType") == "Observation"
    if taken.later:
        return 202, outcome("information", "informational", "Kept; it is worked through in the background.")
    entries = []
    for row in taken.results or (EntryResult("known"),) * len(resources(body)):
        status, severity, text = _WORDS[row.result]
        text = f"{text} {row.message}" if row.message else text
        issue = outcome(severity, "invalid" if severity == "error" else "informational", text)
        entries.append({"response": {"status": status, "outcome": issue}})
    if single:
        return 200, entries[0]["response"]["outcome"]  # type: ignore[return-value]
    return 200, {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
