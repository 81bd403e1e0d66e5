"""Answers of the API: their schemas, and the answers in FHIR. No database access."""

from datetime import datetime
from typing import Any

from ninja import Schema

from monitoring.intake.expressions import expression_of
from monitoring.intake.results import Taken
from monitoring.readings.sender_lines import EntryResult


class EntryAnswer(Schema):
    """The result of one entry of a body. `entry` is its position, from 0.

    new, known (stored before), heard (a sign of life), taken_back, waiting (for the practice, for example until the
    device is registered), or refused (the sender has to change it: see `message`).
    """

    entry: int
    result: str
    reason: str | None = None
    message: str | None = None


class DeliveryResult(Schema):
    """The result of a body as counts, and of each entry. `unmatched` are the entries that are waiting or refused."""

    new: int
    known: int
    unmatched: int
    heard: int
    taken_back: int
    entries: list[EntryAnswer]


class AcceptedBody(Schema):
    """The body is durably stored and is processed in the background; `status` is the address of its result."""

    stored: bool
    status: str


class DeliveryStatus(Schema):
    """What became of a body: waiting, done, refused or failed, with the counts and the entries that need attention."""

    state: str
    received_at: datetime
    message: str
    new: int
    known: int
    unmatched: int
    heard: int
    taken_back: int
    entries: list[EntryAnswer]


class ProblemDetail(Schema):
    """What is wrong and what to do; `request_id` is in our log. `entries` has the entry that was refused."""

    type: str
    title: str
    detail: str
    request_id: str
    entries: list[EntryAnswer] | None = None


# Status, severity, issue code (https://hl7.org/fhir/R4/valueset-issue-type.html), and sentence of each result.
_FHIR_RESULTS = {
    "new": ("201 Created", "information", "informational", "Stored as a reading."),
    "known": ("200 OK", "information", "informational", "Known already; nothing was stored twice."),
    "taken_back": ("200 OK", "information", "informational", "Voided."),
    "heard": ("200 OK", "information", "informational", "A sign of life; no reading."),
    "waiting": ("202 Accepted", "warning", "not-found", "Stored, and waits for the practice."),
    "refused": ("422 Unprocessable Entity", "error", "invalid", "Refused; the practice can see it."),
}


def outcome(severity: str, code: str, text: str, *, expression: str = "") -> dict[str, object]:
    """An OperationOutcome with one issue; `expression` is the FHIRPath of the element it is about."""
    issue: dict[str, object] = {"severity": severity, "code": code, "diagnostics": text}
    if expression:
        issue["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _entry_outcome(row: EntryResult, base: str) -> tuple[str, dict[str, object]]:
    """The HTTP status line and the OperationOutcome of one entry."""
    status, severity, code, text = _FHIR_RESULTS[row.answer]
    text = f"{text} {row.message}" if row.message else text
    return status, outcome(severity, code, text, expression=expression_of(row, base) if row.reason else "")


def bundle_answer(taken: Taken, body: Any) -> tuple[int, dict[str, object]]:
    """Status and content of the answer to a Bundle (one entry each), or to an Observation (an outcome).

    A single Observation that was refused is answered with 422, and one that waits with 202.
    """
    if body.get("resourceType") == "Observation":
        status, content = _entry_outcome(taken.results[0], "Observation")
        return {"202 Accepted": 202, "422 Unprocessable Entity": 422}.get(status, 200), content
    entries = []
    for n, row in enumerate(taken.results):
        status, content = _entry_outcome(row, f"Bundle.entry[{n}].resource")
        entries.append({"response": {"status": status, "outcome": content}})
    kind = "transaction-response" if body.get("type") == "transaction" else "batch-response"
    return 200, {"resourceType": "Bundle", "type": kind, "entry": entries}
