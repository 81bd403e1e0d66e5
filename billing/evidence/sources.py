"""The rows that claims rest on, read from every app for any number of claims in a constant number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from billing.claims.formats.content import Content
from billing.claims.ready_claims import Ready, claims_of
from billing.models import Answer, Claim, ClaimLine, ClaimVersion, LineState, MonthClose
from billing.models.line_reasons import with_reasons
from enrollment.models import (
    Consent,
    ConsentPaper,
    ConsentScript,
    DeviceAssignment,
    Episode,
    Order,
    QualifyingVisit,
    VisitDocument,
)
from enrollment.queries import with_related
from monitoring.models import Note, Reading, Review
from rpm_portal.accounts.models import Membership, User
from rpm_portal.core.days import Month, midnight
from timetracking.models import Call, DaySignature, PatientMessage, ResponsePromise, TimeEntry
from timetracking.threads.promise import promise_of

_BILLED_STATES = (LineState.APPROVED, LineState.REVERSED)


def enrollments_of(lines: Sequence[ClaimLine]) -> list[int]:
    """The enrollments of lines, each once, in the order of the lines; with the patient's others in the program and
    month, whose time counts in the last of them.
    """
    return list(dict.fromkeys(pk for line in lines for pk in line.served_ids))  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ClaimData:
    """A claim with what was sent of it, or would be, its versions, and the payer's numbers by version."""

    claim: Claim
    content: Content | None
    versions: list[ClaimVersion]
    payer_numbers: dict[int, str]
    reference: str


def claim_data(close: MonthClose, claims: list[Claim], reference: str) -> dict[int, ClaimData]:
    """The data of claims by key: the content of the last version, or of the claim as it would be sent now."""
    current = {one.claim.pk: one for one in claims_of(close, only=[claim.public_id for claim in claims])}
    versions: dict[int, list[ClaimVersion]] = defaultdict(list)
    rows = ClaimVersion.objects.filter(claim__in=claims).select_related("submission").defer("submission__body")
    for row in rows.order_by("number"):
        versions[row.claim_id].append(row)
    numbered = Answer.objects.filter(version__claim__in=claims, is_line=False).exclude(payer_control="")
    numbers = dict(numbered.order_by("level", "on", "order").values_list("version", "payer_control"))
    return {
        claim.pk: ClaimData(
            claim,
            _content(versions[claim.pk], current.get(claim.pk)),
            versions[claim.pk],
            numbers,
            reference,
        )
        for claim in claims
    }


def _content(versions: list[ClaimVersion], ready: Ready | None) -> Content | None:
    if versions:
        return Content.from_json(versions[-1].as_sent())
    return ready.content if ready is not None else None


class Sources:
    """Rows of every app by enrollment or line, read once."""

    def __init__(self, close: MonthClose, claims: list[Claim]) -> None:
        self.close, self.month = close, Month.of(close.month)
        self.zone = ZoneInfo(close.zone)
        self.lines: dict[int, list[ClaimLine]] = defaultdict(list)
        rows = ClaimLine.objects.filter(claim__in=[claim.pk for claim in claims], state__in=_BILLED_STATES)
        joined = ("enrollment__supervised_by__user", "adjustment", "claim__patient")
        for line in rows.select_related(*joined).order_by("dos", "code", "pk"):
            self.lines[line.claim_id].append(line)
        lines = with_reasons(line for claim_lines in self.lines.values() for line in claim_lines)
        related = with_related([line.enrollment for line in lines], self.month)
        for line in lines:
            line.served_ids = [row.pk for row in related[line.enrollment_id]]
        self.conditions = {row.pk: row.condition for rows in related.values() for row in rows}
        ids = set(self.conditions)
        starts = [line.period_start for line in lines if line.period_start]
        first = min([*starts, self.month.first_day])
        self.begins = midnight(first, close.zone)
        self.ends = self.month.ends_at(close.zone)
        span: dict[str, object] = {"enrollment__in": ids}
        self.orders = _by_enrollment(
            Order.objects.filter(**span)
            .select_related("ordered_by__user", "signed_by", "enrollment__patient", "practice", "supersedes")
            .order_by("starts_on")
        )
        consents = Consent.objects.filter(**span).select_related("taken_by", "enrollment__patient")
        self.consents = _by_enrollment(consents.order_by("given_on"))
        papers = ConsentPaper.objects.filter(consent__enrollment__in=ids)
        self.papers = {paper.consent_id: paper for paper in papers}
        scripts = ConsentScript.objects.filter(practice=close.practice_id)
        self.scripts = {(row.program, row.language, row.version): row for row in scripts}
        self.visits: dict[int, list[QualifyingVisit]] = defaultdict(list)
        patients = {claim.patient_id for claim in claims}
        visits = QualifyingVisit.objects.filter(patient__in=patients, voided_at__isnull=True)
        for visit in visits.filter(visited_on__lte=self.month.last_day).order_by("visited_on", "pk"):
            self.visits[visit.patient_id].append(visit)
        with_document = VisitDocument.objects.filter(visit__patient__in=patients)
        self.visit_documents = set(with_document.values_list("visit", flat=True))
        members = Membership.objects.filter(practice=close.practice_id).exclude(credential="").order_by("pk")
        self.credentials = dict(members.values_list("user", "credential"))
        self.episodes = _by_enrollment(Episode.objects.filter(**span).select_related("educated_by").order_by("number"))
        devices = DeviceAssignment.objects.filter(**span).select_related("device__model").order_by("starts_at")
        self.devices = _by_enrollment(devices.filter(starts_at__lt=self.ends).exclude(ends_at__lte=self.begins))
        readings = Reading.objects.filter(**span, measured_at__gte=self.begins, measured_at__lt=self.ends)
        self.readings = _by_enrollment(readings.select_related("device").order_by("measured_at", "pk"))
        reviews = Review.objects.filter(
            **span, reviewed_at__gte=self.begins, reviewed_at__lt=self.ends + timedelta(days=7)
        )
        self.reviews = _by_enrollment(reviews.select_related("reviewed_by").order_by("reviewed_at"))
        notes = Note.objects.filter(**span, written_at__gte=self.begins, written_at__lt=self.ends + timedelta(days=7))
        self.notes = _by_enrollment(notes.select_related("written_by").order_by("written_at", "pk"))
        month = {"started_at__gte": self.month.starts_at(close.zone), "started_at__lt": self.ends}
        entries = TimeEntry.objects.filter(**span, **month).select_related("staff", "entered_by", "voided_by")
        self.time = _by_enrollment(entries.order_by("started_at"))
        calls = Call.objects.filter(**span, **month).select_related("called_by").prefetch_related("addenda__written_by")
        self.calls = _by_enrollment(calls.order_by("started_at"))
        written = {"written_at__gte": self.month.starts_at(close.zone), "written_at__lt": self.ends}
        messages = PatientMessage.objects.filter(thread__enrollment__in=ids, **written).order_by("written_at", "pk")
        self.messages: dict[int, list[PatientMessage]] = defaultdict(list)
        for message in messages.select_related("thread", "written_by"):
            self.messages[message.thread.enrollment_id].append(message)
        days = DaySignature.objects.filter(practice=close.practice_id, day__gte=first, day__lte=self.month.last_day)
        self.signed: dict[tuple[int, date], list[DaySignature]] = defaultdict(list)
        for row in days.order_by("number"):
            self.signed[row.staff_id, row.day].append(row)
        self.attested = list(close.attestations.all())
        self.past: dict[int, list[Any]] = defaultdict(list)
        history = ClaimLine.history.filter(id__in=[line.pk for line in lines]).select_related("history_user")
        for row in history.order_by("history_date", "history_id"):
            self.past[row.id].append(row)

    @cached_property
    def promise(self) -> ResponsePromise:
        """The response times that were in force at the end of the month."""
        return promise_of(self.close.practice, now=self.ends)

    def who(self, user: User, role: str) -> str:
        """A person with credential and role: Rosa Cole, RN, clinical staff."""
        return ", ".join(filter(None, (str(user), self.credentials.get(user.pk, ""), role.lower())))

    def at(self, moment: datetime | None) -> str:
        """A moment as local time to the second; empty for None."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if moment else ""


def _by_enrollment(rows: Any) -> dict[int, list[Any]]:
    """Rows by their enrollment."""
    by_enrollment: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_enrollment[row.enrollment_id].append(row)
    return by_enrollment
