"""What the worklist and the chart show of a decision, as JSON. Pure, apart from one query for the names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from billing.facts.case_files import CaseFile
from billing.review.code_status import missing_document, outlook
from billing.review.first_endings import FirstEnding, month_ending
from billing.rules import Decision, Finding, Gravity
from enrollment.documents_in_force import DocumentsInForce
from enrollment.models import Enrollment
from rpm_portal.core.days import Month
from rpm_portal.pages.chart.patient_month import windows_of
from rpm_portal.pages.worklist.day_strip import counted, letters

_GRAVITIES = (Gravity.BLOCKS, Gravity.REVIEW, Gravity.SHORT, Gravity.NOTE, Gravity.MET)
# Notes on time that was recorded and not counted.
LEFT_OUT = frozenset(
    {
        "STAFF_TIME_EXCLUDED_BY_POLICY",
        "NON_CLINICAL_TIME_EXCLUDED",
        "OTHER_PROVIDER_TIME_NOT_POOLED",
        "NOT_LIVE_TIME_EXCLUDED",
        "EM_TIME_EXCLUDED",
        "OVERLAP_TIME_DEDUPED",
        "TIME_BEFORE_SERVICE",
        "TIME_AFTER_SERVICE",
        "TIME_WITHOUT_DOCUMENTS",
        "STAFF_NOT_EMPLOYED",
    }
)
_PERSON = ("family_name", "given_name", "born_on", "sex", "language", "no_calls")


class DisplayData(TypedDict):
    """The JSON of a `WorklistDisplay`. Days are written as 2026-11-21."""

    patient: str  # public ids
    enrollment: str
    name: str
    age: int
    sex: str
    language: str
    no_calls: bool
    program: str
    days: str  # the thirty days of the running device period, a letter each (`day_strip.py`)
    period_from: str | None
    device_days: int | None
    device_need: int | None
    statuses: list[list[str]]  # component, word, text
    findings: list[list[str]]  # gravity, code, sentence
    windows: list[list[str]]
    papers: dict[str, object]
    policy: str
    spark: dict[str, object]
    blocker: str  # the sentence on a document that is missing
    ending: str  # what ends first, with its day
    document_endings: list[list[str]]  # day, what ends
    counted_seconds: int | None  # of management time, by the payer's rules
    left_out: list[str]  # sentences on time that the payer does not count


@dataclass(frozen=True, slots=True)
class Decided:
    """What refresh() writes of one decision: the columns of the row, and the display."""

    payer_id: int | None
    blocked: bool
    period_to: date | None
    slack: int | None
    short_seconds: int | None
    ends_on: date | None
    document_ends_on: date | None
    data: DisplayData


def enrollments_with_patients(enrollment_ids: Iterable[int]) -> dict[int, Enrollment]:
    """The enrollments with what a row shows of their patients, by key. One statement."""
    columns = ("public_id", "program", "condition", "patient__public_id", *(f"patient__{name}" for name in _PERSON))
    rows = Enrollment.objects.filter(pk__any_of=list(enrollment_ids)).select_related("patient").only(*columns)
    return {row.pk: row for row in rows}


def decided_display(
    enrollment: Enrollment,
    file: CaseFile,
    decision: Decision,
    spark: dict[str, object],
    *,
    endings: Sequence[FirstEnding] = (),
    month: Month,
    today: date,
) -> Decided:
    """The columns and the display of one enrollment on a day; `endings` are its documents that end."""
    ended_on = file.papers.enrollment.discharged_on
    statuses = outlook(decision, today=today, last_day=month.last_day, ended_on=ended_on)
    first_end = min([*endings, *filter(None, [month_ending(decision, statuses, month=month)])], default=None)
    blocker = missing_document(decision)
    start, text = letters(file, decision, today=today)
    days, need, slack = _period(decision, text, start, today=today)
    lacking = {"MGMT_TIME_BELOW_MIN", "MGMT_SHORT_OF_CODE"}
    short = [int(finding.values["missing"]) for finding in decision.findings if finding.code in lacking]
    coverage, patient = file.papers.coverage, enrollment.patient
    data: DisplayData = {
        "patient": patient.public_id,
        "enrollment": enrollment.public_id,
        "name": str(patient),
        "age": patient.age_on(today),
        "sex": patient.sex,
        "language": patient.language,
        "no_calls": patient.no_calls,
        "program": f"{enrollment.program} {enrollment.condition}".strip(),
        "days": text,
        "period_from": start.isoformat() if start else None,
        "device_days": days,
        "device_need": need,
        "statuses": [list(status) for status in statuses],
        "findings": [[f.gravity.value, f.code, f.sentence] for f in actionable_findings(decision)],
        "windows": [[window.start.isoformat(), window.end.isoformat()] for window in windows_of(file)],
        "papers": papers_data(file.papers),
        "policy": file.policy.name[:80],
        "spark": spark,
        "blocker": blocker.sentence if blocker else "",
        "ending": first_end.what if first_end else "",
        "document_endings": [[row.on.isoformat(), row.what] for row in endings],
        "counted_seconds": counted_seconds(decision),
        "left_out": [f.sentence for f in decision.findings if f.code in LEFT_OUT],
    }
    return Decided(
        payer_id=coverage.payer_id if coverage else None,
        blocked=blocker is not None,
        period_to=start + timedelta(days=len(text) - 1) if start else None,
        slack=slack,
        short_seconds=min(short, default=None),
        ends_on=first_end.on if first_end else None,
        document_ends_on=endings[0].on if endings else None,
        data=data,
    )


def counted_seconds(decision: Decision) -> int | None:
    """The seconds of management time that the billing rules counted; None if they counted none at all."""
    for finding in decision.findings:
        if finding.code in {"MGMT_TIME_MET", "MGMT_TIME_BELOW_MIN"}:
            return int(finding.values["have"])
    return None


def _period(
    decision: Decision, text: str, start: date | None, *, today: date
) -> tuple[int | None, int | None, int | None]:
    """Days counted in the running window, days the payer's longer code asks for, and days that may still be missed.

    No slack if the days are reached, or cannot be reached any more.
    """
    opened = next((finding.values for finding in decision.findings if finding.is_running_period), None)
    if opened is None or start is None:
        return None, None, None
    needs = [need for _, need in opened["needs"]]
    if not needs:
        return counted(text), None, None
    left = (opened["closes"] - today).days + 1
    slack = left - (needs[0] - opened["days"])
    is_reachable = opened["days"] < needs[0] and slack >= 0
    return opened["days"], needs[0], min(slack, 99) if is_reachable else None


def actionable_findings(decision: Decision) -> list[Finding]:
    """The findings a nurse can act on or rely on, what is missing first."""
    findings = [
        f for f in decision.findings if not f.code.endswith("_CODE_EXCLUDED") and f.code != "SETUP_BILLED_BEFORE"
    ]
    return sorted(findings, key=lambda finding: _GRAVITIES.index(finding.gravity))


def papers_data(papers: DocumentsInForce) -> dict[str, object]:
    """Order, consent, coverage and education, as the chart shows them."""
    data: dict[str, object] = {}
    if (order := papers.order) is not None:
        data["order"] = {
            "public_id": order.public_id,
            "number": order.number,
            "measures": order.measures,
            "frequency": order.frequency,
            "from": order.starts_on.isoformat(),
            "to": order.ends_on.isoformat() if order.ends_on else "",
        }
    if (consent := papers.consent) is not None:
        data["consent"] = {
            "on": consent.given_on.isoformat(),
            "mode": consent.get_mode_display(),
            "script": consent.script_version,
        }
    if papers.coverage is not None:
        data["coverage"] = str(papers.coverage.payer)
    if papers.episode is not None and papers.episode.educated_on:
        data["educated_on"] = papers.episode.educated_on.isoformat()
    return data
