"""What people recorded of a patient as facts of a month: authorizations, answers, claims, stays, visits, plans."""

from datetime import date
from typing import TypedDict

from billing.facts.sources import BilledLine, consents_of
from billing.rules.access_rows import Alignment, ReviewedUpdate
from billing.rules.care_rows import CarePapers, ManagedCare
from billing.rules.fact_rows import Authorization, CareSpan, Inquiry, OtherClaim, TherapyPlan
from billing.rules.visits import years_before
from enrollment.documents_in_force import DocumentsInForce, EnrolledRow
from enrollment.models import QualifyingVisit
from rpm_portal.core.days import Month


class RecordedFacts(TypedDict):
    """The facts by their names in `PatientMonth`."""

    authorizations: tuple[Authorization, ...]
    inquiries: tuple[Inquiry, ...]
    care_spans: tuple[CareSpan, ...]
    plans_of_care: tuple[TherapyPlan, ...]
    access_alignments: tuple[Alignment, ...]
    access_updates: tuple[ReviewedUpdate, ...]
    care_papers: CarePapers
    established: bool
    established_on: date | None
    initiating_visit_on: date | None


def recorded_facts(paper: DocumentsInForce, month: Month) -> RecordedFacts:
    """The facts of an enrollment's month that people recorded, each kind with the earliest first."""
    recorded = paper.recorded
    seen_on = _established_on(paper.enrollment, recorded.visits, month)
    return {
        "authorizations": tuple(
            Authorization(
                str(row.payer_id),
                row.number,
                tuple(row.codes),
                row.units,
                row.starts_on,
                row.ends_on,
                f"authorization:{row.public_id}",
            )
            for row in recorded.authorizations
            if row.outcome == "approved"
        ),
        "inquiries": tuple(
            Inquiry(row.asked_on, row.asked_of, row.answer, f"answer:{row.public_id}") for row in recorded.answers
        ),
        "care_spans": tuple(
            CareSpan(
                row.kind,
                row.starts_on,
                _by_month_end(row.ends_on, month),
                row.same_practitioner,
                row.related,
                f"status:{row.public_id}",
            )
            for row in recorded.statuses
        ),
        "plans_of_care": tuple(
            TherapyPlan(
                row.discipline,
                row.starts_on,
                _by_month_end(row.ends_on, month),
                row.is_certified,
                f"plan:{row.public_id}",
            )
            for row in recorded.plans
            if row.enrollment_id == paper.enrollment.pk
        ),
        "access_alignments": tuple(
            Alignment(
                row.participant == "ours",
                row.track,
                row.starts_on,
                _by_month_end(row.ends_on, month),
                row.organization,
                f"alignment:{row.public_id}",
            )
            for row in recorded.alignments
        ),
        "access_updates": tuple(
            ReviewedUpdate(row.track, row.kind, row.received_on, row.done_on, f"update:{row.public_id}")
            for row in recorded.updates
            if row.done_on >= month.first_day
        ),
        "care_papers": _care_papers(paper, month),
        "established": seen_on is not None,
        "established_on": seen_on,
        "initiating_visit_on": min((row.visited_on for row in recorded.visits if row.initiating), default=None),
    }


def _care_papers(paper: DocumentsInForce, month: Month) -> CarePapers:
    """Care plans, consents of the enrollments in care management, and visits; empty without a plan or an enrollment."""
    plans = paper.recorded.care_plans
    if not plans and not paper.care:
        return CarePapers()
    consents = [row for one in paper.care for row in consents_of(one)]
    seen_on = {visit.visited_on for visit in paper.recorded.visits}
    if paper.enrollment.established_on is not None:
        seen_on.add(paper.enrollment.established_on)
    return CarePapers(
        tuple(
            ManagedCare(
                row.program,
                row.starts_on,
                _by_month_end(row.ends_on, month),
                len(set(row.conditions)),
                row.is_complex,
                f"care_plan:{row.public_id}",
            )
            for row in plans
        ),
        tuple(row._replace(last=_by_month_end(row.last, month)) for row in consents),
        tuple(sorted(day for day in seen_on if day <= month.last_day)),
    )


def _by_month_end(day: date | None, month: Month) -> date | None:
    """The day, or None if it is after the month: what happens later is no fact of this month."""
    return day if day is not None and day <= month.last_day else None


def _established_on(row: EnrolledRow, visits: list[QualifyingVisit], month: Month) -> date | None:
    """The earliest visit that is recent enough when the service begins, else the latest of the older ones.

    The earliest, so that a later visit never removes a line dated before it.
    """
    days = [visit.visited_on for visit in visits] + ([row.established_on] if row.established_on is not None else [])
    days = sorted(day for day in days if day <= month.last_day)
    if row.started_on is None:
        return days[-1] if days else None
    oldest = years_before(row.started_on, 3)
    return next((day for day in days if day >= oldest), days[-1] if days else None)


def claim_of(line: BilledLine) -> OtherClaim:
    """A claim line of another month as a fact."""
    return OtherClaim(line.code, True, line.dos, line.period_start, line.units, line.authorization)


def outside_claims(paper: DocumentsInForce) -> list[OtherClaim]:
    """The claims that the portal did not make, of this practice and others."""
    return [
        OtherClaim(row.code, row.biller == "ours", row.dos, row.period_start, row.units)
        for row in paper.recorded.claims
    ]
