"""The sections of the page of billing facts: one for each kind, with its rows in words."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Sum

from billing.models import NOT_IN_FORCE_STATES, ClaimLine
from enrollment.models import (
    BILLING_FACTS,
    AccessAlignment,
    AccessUpdate,
    BillingFact,
    CarePlan,
    CareStatus,
    Enrollment,
    OtherBillingAnswer,
    OutsideClaim,
    PlanOfCare,
    PriorAuthorization,
    Program,
    QualifyingVisit,
)
from rpm_portal.core.db.tenancy import PracticeQuerySet
from rpm_portal.pages.enrollment.facts.forms import FactForm

TITLES = {
    "authorization": "Prior authorizations",
    "answer": "Asked about other practices",
    "claim": "Claims from outside the portal",
    "status": "Stays and statuses",
    "visit": "Visits",
    "plan": "Therapy plans of care",
    "alignment": "ACCESS model: alignments",
    "update": "ACCESS model: reviewed updates",
    "care_plan": "Care plans (CCM, PCM, APCM)",
}
WHY = {
    "authorization": (
        "Each line uses the authorization of its payer, code, and date of service, and counts its units down. "
        "The number is printed on the claim."
    ),
    "answer": "Only one practice may bill a period. A line says that no other does only if the question was asked.",
    "claim": (
        "Claims of other practices, and of this one before it used the portal. They count for limits and conflicts."
    ),
    "status": "Lines with days of a stay are reviewed before they are billed. A surgical period blocks related care.",
    "visit": "An established patient was seen within three years before monitoring began, in this group and specialty.",
    "alignment": (
        "A participant in the CMS ACCESS model bills no other Medicare service for a patient aligned with it. If "
        "another organization is the participant, this practice may bill."
    ),
    "update": (
        "An update of the other organization that this practice reviewed and acted on: co-management (G0676 to "
        "G0678), at most three times in twelve months."
    ),
    "care_plan": (
        "The plan decides under which codes the time of the care management enrollment is billed, next to RPM or RTM. "
        "Its conditions are on the claim. Consent is recorded in the care management enrollment."
    ),
    "plan": "A therapist's lines need a certified plan that covers the date of service.",
}


class FactRow(NamedTuple):
    """A recorded fact in words, and whether its end can still be recorded."""

    fact: BillingFact
    words: str
    is_open: bool = False
    document: str = ""


class FactSection(NamedTuple):
    """One kind of facts: its rows, those that count first, and the form to record another."""

    key: str
    title: str
    why: str
    rows: list[FactRow]
    form: FactForm


def sections_of(enrollment: Enrollment, forms: Mapping[str, FactForm]) -> list[FactSection]:
    """The sections of an enrollment's page, each with its form. Twelve statements."""
    used = _units_used(enrollment)
    kinds = [kind for kind in BILLING_FACTS if kind != "plan" or enrollment.program == Program.RTM]
    return [
        FactSection(
            kind, TITLES[kind], WHY[kind], [_row(fact, used) for fact in _on_file(kind, enrollment)], forms[kind]
        )
        for kind in kinds
    ]


def _on_file(kind: str, enrollment: Enrollment) -> list[BillingFact]:
    model = BILLING_FACTS[kind]
    rows = _RELATED.get(model, model._default_manager.all)().filter(patient=enrollment.patient_id)
    rows = rows.select_related("recorded_by", "voided_by").order_by("-recorded_at", "-pk")
    return sorted(rows, key=lambda row: row.voided_at is not None)


_RELATED: dict[type[BillingFact], Callable[[], PracticeQuerySet]] = {
    PriorAuthorization: lambda: PriorAuthorization.objects.select_related("payer"),
    QualifyingVisit: lambda: QualifyingVisit.objects.select_related("document").defer("document__body"),
}


def _units_used(enrollment: Enrollment) -> dict[str, int]:
    """The units billed under each authorization of the patient, by its number."""
    lines = ClaimLine.objects.filter(patient=enrollment.patient_id).exclude(authorization="")
    lines = lines.exclude(state__in=NOT_IN_FORCE_STATES).order_by()
    return dict(lines.values_list("authorization").annotate(Sum("units")))


def _row(fact: BillingFact, used: Mapping[str, int]) -> FactRow:
    if isinstance(fact, PriorAuthorization):
        return FactRow(fact, _authorization(fact, used.get(fact.number, 0)))
    is_open = isinstance(fact, CareStatus) and fact.ends_on is None and fact.voided_at is None
    document = fact.public_id if isinstance(fact, QualifyingVisit) and hasattr(fact, "document") else ""
    return FactRow(fact, _WORDS[type(fact)](fact), is_open, document)


def _authorization(row: PriorAuthorization, used: int) -> str:
    codes = ", ".join(row.codes) or "every code"
    units = "" if row.units is None else f", {used} of {row.units} units billed"
    name = f"No. {row.number}" if row.number else "No number"
    return f"{row.payer}: {name}, {row.get_outcome_display()}, {codes}, {_days(row.starts_on, row.ends_on)}{units}"


def _answer(row: OtherBillingAnswer) -> str:
    return f"{_day(row.asked_on)}: {row.get_asked_of_display()} said that {row.get_answer_display()}"


def _claim(row: OutsideClaim) -> str:
    biller = row.biller_name or row.get_biller_display()
    period = f", device period from {_day(row.period_start)}" if row.period_start else ""
    return f"{row.code}, {row.units} unit{'' if row.units == 1 else 's'} on {_day(row.dos)}{period}, billed by {biller}"


def _status(row: CareStatus) -> str:
    parts = [row.get_kind_display().capitalize(), row.place, _days(row.starts_on, row.ends_on)]
    parts += ["same practitioner or specialty"] if row.same_practitioner else []
    return ", ".join([part for part in parts if part] + (["monitoring is related to it"] if row.related else []))


def _visit(row: QualifyingVisit) -> str:
    parts = [_day(row.visited_on), row.get_kind_display(), row.seen_by]
    parts += ["began the monitoring"] if row.initiating else []
    return ", ".join(parts + (["linked to the visit in the portal"] if row.linked_visit else []))


def _plan(row: PlanOfCare) -> str:
    state = "certified" if row.is_certified else "not certified"
    days = _days(row.starts_on, row.ends_on)
    name = f"{row.certified_given} {row.certified_by}".strip()
    npi = f", NPI {row.certified_npi}" if row.certified_npi else ", no NPI"
    return f"{row.discipline}, {row.get_kind_display()}, {days}, {name}{npi}: {state}"


def _alignment(row: AccessAlignment) -> str:
    organization = row.organization or row.get_participant_display()
    return f"{row.track} with {organization}, {_days(row.starts_on, row.ends_on)}"


def _update(row: AccessUpdate) -> str:
    return f"{row.track}, {row.get_kind_display()}, received {_day(row.received_on)}, reviewed {_day(row.done_on)}"


def _care_plan(row: CarePlan) -> str:
    parts = [row.program, ", ".join(row.conditions), _days(row.starts_on, row.ends_on)]
    return ", ".join(parts + (["moderate or high complexity"] if row.is_complex else []))


_WORDS: dict[type[BillingFact], Callable[..., str]] = {
    OtherBillingAnswer: _answer,
    OutsideClaim: _claim,
    CareStatus: _status,
    QualifyingVisit: _visit,
    PlanOfCare: _plan,
    AccessAlignment: _alignment,
    AccessUpdate: _update,
    CarePlan: _care_plan,
}


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def _days(first: date, last: date | None) -> str:
    return f"{_day(first)} to {_day(last)}" if last is not None else f"from {_day(first)}"
