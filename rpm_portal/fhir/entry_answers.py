"""Answers to single writes: HTTP status, the stored resource or the issues, and the headers. No database access."""

import re
from dataclasses import dataclass, field

from monitoring.intake.expressions import expression_of
from monitoring.models import UnmatchedReading
from monitoring.readings.sender_lines import OLDER, STAYS_VOIDED, EntryResult
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject, outcome

PHRASES = {
    200: "200 OK",
    201: "201 Created",
    202: "202 Accepted",
    400: "400 Bad Request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    409: "409 Conflict",
    412: "412 Precondition Failed",
    422: "422 Unprocessable Entity",
}
_Reason = UnmatchedReading.Reason
# Codes of https://hl7.org/fhir/R4/valueset-issue-type.html by reason.
_CODES = {
    _Reason.UNKNOWN_DEVICE: "not-found",
    _Reason.NOT_ASSIGNED: "not-found",
    _Reason.WHOSE: "business-rule",
    _Reason.FUTURE: "business-rule",
    _Reason.IMPOSSIBLE: "value",
    _Reason.UNKNOWN_UNIT: "code-invalid",
    _Reason.UNREADABLE: "value",
    _Reason.SAME_NAME: "duplicate",
    _Reason.VOIDED_HERE: "conflict",
}
_MISSING = re.compile(r"\bis missing\b|\bcontains no\b")
_SENTENCES = {
    "new": "Stored as a reading.",
    "known": "Known already; nothing was stored twice.",
    "taken_back": "Voided.",
    "heard": "A sign of life; no reading.",
    "waiting": "Stored, and waits for the practice.",
    "refused": "Refused; the practice can see it.",
}


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """The answer to one write: `headers` has Location, ETag and Last-Modified as far as there is a resource."""

    status: int
    issues: tuple[Issue, ...] = ()
    resource: JsonObject | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether nothing was stored, because the client has to change something."""
        return self.status >= 400

    def as_entry(self) -> JsonObject:
        """The answer as an entry of a batch-response or transaction-response."""
        response: JsonObject = {"status": PHRASES.get(self.status, str(self.status))}
        for header, name in (("Location", "location"), ("ETag", "etag"), ("X-Last-Updated", "lastModified")):
            if header in self.headers:
                response[name] = self.headers[header]
        if self.issues:
            response["outcome"] = outcome(*self.issues)
        entry: JsonObject = {"response": response}
        return entry | {"resource": self.resource} if self.resource else entry


def answer_of_error(error: FhirError, base: str) -> WriteAnswer:
    """The answer to a write that was refused before the intake; `base` is the FHIRPath of its resource."""
    issues = tuple(
        Issue(issue.code, issue.text, issue.severity, issue.expression.replace("Observation", base, 1), issue.detail)
        for issue in error.issues
    )
    return WriteAnswer(error.status, issues)


def issue_of(row: EntryResult, base: str, *, kept_as: str = "") -> Issue:
    """The issue of a result: its sentence, the element it is about, and our own code of its reason."""
    text = _SENTENCES[row.answer]
    if row.message:
        text = f"{text} {row.message.removesuffix('.')}."
    if kept_as:
        text = f"{text} Kept as {kept_as}; do not send it again."
    if not row.reason:
        return Issue("informational", text, severity="information")
    code = "required" if _MISSING.search(row.message) else _CODES[_Reason(row.reason)]
    severity = "warning" if row.answer == "waiting" else "error"
    return Issue(code, text, severity, expression_of(row, base), detail=row.reason.replace("_", "-"))


def status_of(row: EntryResult, *, is_update: bool = False) -> int:
    """The HTTP status of a result. An update that could not take effect is a conflict."""
    if is_update and (row.reason or row.message in {OLDER, STAYS_VOIDED}) and row.answer != "refused":
        return 409
    return {"new": 200 if is_update else 201, "waiting": 202, "refused": 422}.get(row.answer, 200)
