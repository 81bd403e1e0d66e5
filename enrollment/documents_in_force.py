"""Documents of a month's decision as dated rows: orders, consents, coverages, episodes, devices and pauses of many
enrollments, each with the days on which it is in force.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from enrollment.models import Consent, Coverage, DeviceAssignment, Enrollment, Episode, Order, Pause, Program
from enrollment.models.billing_fact_rows import (
    ASKED_WITHIN,
    CoverageRow,
    PatientFacts,
    patient_rows,
    read_patient_rows,
)
from enrollment.models.document_rows import ConsentRow, CustodyRow, EpisodeRow, OrderRow, PauseRow, dated_rows
from enrollment.models.provider_spans import ProviderSpan
from rpm_portal.core.db.compiled_querysets import Prepared

# How far before the month a date of service or a device period may be.
LOOK_BACK = timedelta(days=31)


class EnrolledRow(NamedTuple):
    """An enrollment with the facts of its patient and billing provider that the rules need."""

    pk: int
    public_id: str
    patient_id: int
    program: str
    billing_provider_id: int
    provider_user_id: int
    established_on: date | None
    diagnosis: str
    diagnosis_kind: str
    supervised_by_id: int | None
    rtm_system: str
    therapy_plan: str
    started_on: date | None
    discharged_on: date | None
    provider_role: str
    provider_ends_on: date | None
    supervisor_ends_on: date | None
    other_monitoring: str
    other_monitoring_ended_on: date | None
    died_on: date | None

    @classmethod
    def of(cls, row: Enrollment) -> "EnrolledRow":
        """The row of a loaded enrollment; reads its patient and billing provider."""
        return cls(
            row.pk,
            row.public_id,
            row.patient_id,
            row.program,
            row.billing_provider_id,
            row.billing_provider.user_id,
            row.patient.established_on,
            row.diagnosis,
            row.diagnosis_kind,
            row.supervised_by_id,
            row.rtm_system,
            row.therapy_plan,
            row.started_on,
            row.discharged_on,
            row.billing_provider.role,
            row.billing_provider.ends_on,
            row.supervised_by.ends_on if row.supervised_by else None,
            row.other_monitoring,
            row.other_monitoring_ended_on,
            row.patient.died_on,
        )


def _as_of_day(row: EnrolledRow, spans: list[ProviderSpan], day: date) -> EnrolledRow:
    """The row with the provider and the supervisor of a day; `spans` are its earlier ones, in order."""
    span = next((span for span in spans if span.ends_on >= day), None)
    if span is None:
        return row
    return row._replace(
        billing_provider_id=span.billing_provider_id,
        provider_user_id=span.provider_user_id,
        provider_role=span.provider_role,
        provider_ends_on=span.provider_ends_on,
        supervised_by_id=span.supervised_by_id,
        supervisor_ends_on=span.supervisor_ends_on,
    )


_JOINED = {
    "provider_user_id": "billing_provider__user_id",
    "established_on": "patient__established_on",
    "provider_role": "billing_provider__role",
    "provider_ends_on": "billing_provider__ends_on",
    "supervisor_ends_on": "supervised_by__ends_on",
    "died_on": "patient__died_on",
}
_ENROLLED = tuple(_JOINED.get(name, name) for name in EnrolledRow._fields)


@dataclass(slots=True)
class DocumentsInForce:
    """The documents of an enrollment for a month's decision.

    The lists are all rows on file that begin by the month's last day, the earliest first. The single documents are
    those in force on the last day served, for pages.
    """

    enrollment: EnrolledRow
    # The first of a sequence of orders (of consents) without a gap, and the last day it covers; None if open-ended.
    order: Order | OrderRow | None = None
    ordered_to: date | None = None
    consent: Consent | ConsentRow | None = None
    consented_to: date | None = None
    coverage: Coverage | CoverageRow | None = None
    episode: Episode | EpisodeRow | None = None
    orders: list[Order | OrderRow] = field(default_factory=list)
    consents: list[Consent | ConsentRow] = field(default_factory=list)
    coverages: list[Coverage | CoverageRow] = field(default_factory=list)
    episodes: list[Episode | EpisodeRow] = field(default_factory=list)
    devices: list[DeviceAssignment | CustodyRow] = field(default_factory=list)
    pauses: list[Pause | PauseRow] = field(default_factory=list)
    # What people recorded of the patient: authorizations, claims of others, stays, visits, plans of care.
    recorded: PatientFacts = field(default_factory=PatientFacts)
    # Who billed and supervised before the provider of the month's last day, the earliest first.
    earlier_providers: list[ProviderSpan] = field(default_factory=list)
    # The other enrollments of the patient in the program that began by the month's last day, the earliest first.
    related: list["DocumentsInForce"] = field(default_factory=list)
    # The patient's enrollments in care management.
    care: list["DocumentsInForce"] = field(default_factory=list)


def _has_gap(covered_to: date | None, next_from: date) -> bool:
    return covered_to is not None and next_from > covered_to + timedelta(days=1)


def _later_end(first: date | None, second: date | None) -> date | None:
    """The later of two last days; None means open-ended, which is later than any day."""
    return None if first is None or second is None else max(first, second)


def documents_in_force(
    enrollment_ids: Iterable[int], *, first_day: date, last_day: date
) -> dict[int, DocumentsInForce]:
    """The documents of many enrollments, by enrollment id. Three statements.

    Orders renewed without a gap count as one for the single documents. Coverage is the payer on the last day served.
    """
    ids = list(enrollment_ids)
    enrolled = [EnrolledRow._make(row) for row in _ROWS(ids=ids)]
    every = {row.pk: DocumentsInForce(enrollment=row) for row in enrolled}
    patients = sorted({row.patient_id for row in enrolled})
    dated = dated_rows(list(every), last_day=last_day)
    days = {"since": first_day - LOOK_BACK, "last_day": last_day, "asked_to": last_day + ASKED_WITHIN}
    coverages, recorded = read_patient_rows(_PATIENT_ROWS(patients=patients, **days))
    fill(
        every,
        orders=dated["order"],
        consents=dated["consent"],
        coverages=coverages,
        recorded=recorded,
        episodes=dated["episode"],
        devices=dated["custody"],
        pauses=dated["pause"],
        first_day=first_day,
        last_day=last_day,
    )
    relate(every.values(), last_day=last_day)
    return {pk: every[pk] for pk in ids if pk in every}


def relate(every: Iterable[DocumentsInForce], *, last_day: date) -> None:
    """Give each enrollment the others of its patient in the same program that began by a day, the earliest first, and
    those in care management.
    """
    groups: dict[tuple[int, str], list[DocumentsInForce]] = defaultdict(list)
    for documents in every:
        row = documents.enrollment
        groups[row.patient_id, row.program].append(documents)
    for (patient_id, program), group in groups.items():
        if program != Program.CCM and (patient_id, Program.CCM) in groups:
            for documents in group:
                documents.care = groups[patient_id, Program.CCM]
    for group in groups.values():
        if len(group) > 1:
            begun = [one for one in group if (on := one.enrollment.started_on) is not None and on <= last_day]
            begun.sort(key=lambda one: (one.enrollment.started_on or date.max, one.enrollment.pk))
            for documents in group:
                documents.related = [one for one in begun if one is not documents]


def _rows(ids: list[int]) -> Any:
    patients = Enrollment.objects.filter(pk__any_of=ids).values("patient")
    return Enrollment.objects.filter(patient__in=patients).order_by("pk").values_list(*_ENROLLED)


_ROWS = Prepared(_rows, ids=list)
_PATIENT_ROWS = Prepared(patient_rows, patients=list, since=date, last_day=date, asked_to=date)


def fill(
    by_id: Mapping[int, DocumentsInForce],
    *,
    orders: Iterable[Order | OrderRow],
    consents: Iterable[Consent | ConsentRow],
    coverages: Iterable[Coverage | CoverageRow],
    episodes: Iterable[Episode | EpisodeRow],
    devices: Iterable[DeviceAssignment | CustodyRow],
    pauses: Iterable[Pause | PauseRow],
    recorded: Mapping[int, PatientFacts],
    first_day: date,
    last_day: date,
) -> None:
    """Assign rows to their enrollments. Each kind must be sorted by its first day in force."""
    for order in orders:
        documents = by_id[order.enrollment_id]
        documents.orders.append(order)
        if documents.order is None or _has_gap(documents.ordered_to, order.starts_on):
            documents.order, documents.ordered_to = order, order.ends_on
        elif order.supersedes_id is not None:
            # The new order applies from its first day, even if it ends sooner.
            documents.ordered_to = order.ends_on
        else:
            documents.ordered_to = _later_end(documents.ordered_to, order.ends_on)
    for consent in consents:
        documents = by_id[consent.enrollment_id]
        documents.consents.append(consent)
        if documents.consent is None or _has_gap(documents.consented_to, consent.given_on):
            documents.consent, documents.consented_to = consent, consent.withdrawn_on
        else:
            documents.consented_to = _later_end(documents.consented_to, consent.withdrawn_on)
    for documents in by_id.values():
        if documents.ordered_to is not None and documents.ordered_to < first_day:
            documents.order = None
        if documents.consented_to is not None and documents.consented_to < first_day:
            documents.consent = None
    by_patient: dict[int, list[Coverage | CoverageRow]] = defaultdict(list)
    for coverage in coverages:
        by_patient[coverage.patient_id].append(coverage)
    for documents in by_id.values():
        served_to = min(last_day, documents.enrollment.discharged_on or last_day)
        documents.coverages = by_patient[documents.enrollment.patient_id]
        documents.recorded = recorded.get(documents.enrollment.patient_id) or PatientFacts()
        spans = [span for span in documents.recorded.providers if span.enrollment_id == documents.enrollment.pk]
        documents.earlier_providers = [span for span in spans if span.ends_on < last_day]
        documents.enrollment = _as_of_day(documents.enrollment, spans, last_day)
        for coverage in documents.coverages:
            if coverage.starts_on <= served_to and (coverage.ends_on is None or coverage.ends_on >= served_to):
                documents.coverage = coverage
    for episode in episodes:
        by_id[episode.enrollment_id].episode = episode
        by_id[episode.enrollment_id].episodes.append(episode)
    for custody in devices:
        by_id[custody.enrollment_id].devices.append(custody)
    for pause in pauses:
        by_id[pause.enrollment_id].pauses.append(pause)
