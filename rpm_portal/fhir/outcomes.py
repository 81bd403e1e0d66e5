"""OperationOutcome resources and the exception that becomes one. No database access."""

from dataclasses import dataclass

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome.

    `code` is of https://hl7.org/fhir/R4/valueset-issue-type.html, `detail` is our own code, and `expression` is the
    FHIRPath of the element it is about.
    """

    code: str
    text: str
    severity: str = "error"
    expression: str = ""
    detail: str = ""

    def as_json(self) -> JsonObject:
        """The issue as JSON."""
        issue: JsonObject = {"severity": self.severity, "code": self.code, "diagnostics": self.text}
        if self.detail:
            issue["details"] = {"coding": [{"system": "urn:rpm-portal:issue", "code": self.detail}]}
        if self.expression:
            issue["expression"] = [self.expression]
        return issue


def outcome(*issues: Issue) -> JsonObject:
    """An OperationOutcome with these issues."""
    return {"resourceType": "OperationOutcome", "issue": [issue.as_json() for issue in issues]}


class FhirError(Exception):
    """A request that is answered with an OperationOutcome: HTTP status, issues and further headers."""

    def __init__(self, status: int, *issues: Issue, headers: dict[str, str] | None = None) -> None:
        super().__init__(issues[0].text)
        self.status, self.issues, self.headers = status, issues, headers or {}


def not_found(kind: str) -> FhirError:
    """The same answer for what does not exist and for what belongs to another practice or clinic."""
    return FhirError(404, Issue("not-found", f"No {kind} with this id is visible to you."))


def not_supported(text: str) -> FhirError:
    """400 for a search that is not supported."""
    return FhirError(400, Issue("not-supported", text))
