"""Documents in force for a month's decision: order, consent, coverage, episode and device of many enrollments."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from enrollment.models import Consent, Coverage, DeviceAssignment, Enrollment, Episode, Order
from rpm_portal.core.db.compiled_querysets import Prepared


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

    @classmethod
    def of(cls, row: Enrollment) -> "EnrolledRow":
        """The row of a loaded enrollment; reads its patient and billing provider."""
        return cls(
            row.pk, row.public_id, row.patient_id, row.program, row.billing_provider_id, row.billing_provider.user_id,
            row.patient.established_on, row.diagnosis, row.diagnosis_kind, row.supervised_by_id, row.rtm_system,
            row.therapy_plan, row.started_on, row.discharged_on,
        )  # fmt: skip


_ENROLLED = tuple(
    {"provider_user_id": "billing_provider__user_id", "established_on": "patient__established_on"}.get(name, name)
    for name in EnrolledRow._fields
)


class OrderRow(NamedTuple):
    """A signed order, with the field names of `Order`."""

    enrollment_id: int
    public_id: str
    number: int
    measures: str
    frequency: str
    starts_on: date
    ends_on: date | None
    supersedes_id: int | None


class ConsentRow(NamedTuple):
    """A consent, with the field names of `Consent`."""

    enrollment_id: int
    pk: int
    given_on: date
    withdrawn_on: date | None
    mode: str
    script_version: str

    def get_mode_display(self) -> str:
        """The label of how it was given, as `Consent.get_mode_display` returns it."""
        return str(dict(Consent._meta.get_field("mode").flatchoices)[self.mode])


class CoverageRow(NamedTuple):
    """A coverage, with the field names of `Coverage`, except that `payer` is the payer's name."""

    patient_id: int
    payer_id: int
    payer: str
    starts_on: date
    ends_on: date | None


class EpisodeRow(NamedTuple):
    """An episode, with the field names of `Episode`."""

    enrollment_id: int
    pk: int
    educated_on: date | None


@dataclass(slots=True)
class DocumentsInForce:
    """The documents of an enrollment in force on a month's last day, for the month's decision."""

    enrollment: EnrolledRow
    # The first of a sequence of orders (of consents) without a gap, and the last day it covers; None if open-ended.
    order: Order | OrderRow | None = None
    ordered_to: date | None = None
    consent: Consent | ConsentRow | None = None
    consented_to: date | None = None
    coverage: Coverage | CoverageRow | None = None
    episode: Episode | EpisodeRow | None = None
    device_qualified: bool = False


def _has_gap(covered_to: date | None, next_from: date) -> bool:
    return covered_to is not None and next_from > covered_to + timedelta(days=1)


def _later_end(first: date | None, second: date | None) -> date | None:
    """The later of two last days; None means open-ended, which is later than any day."""
    return None if first is None or second is None else max(first, second)


def documents_in_force(
    enrollment_ids: Iterable[int], *, first_day: date, last_day: date, until: datetime | None = None
) -> dict[int, DocumentsInForce]:
    """Order, consent, coverage, episode and device of many enrollments, by enrollment id. Five statements.

    Orders renewed without a gap count as one, so that work and device periods begun under the first stay covered.
    After a gap only the later order counts. Coverage is the payer on the last day served. A device handed out at
    `until` (the end of the month) or later does not count.
    """
    ids = list(enrollment_ids)
    rows = _ROWS(ids=ids, first_day=first_day, until=until or datetime.max.replace(tzinfo=UTC))
    by_id = {row[0]: DocumentsInForce(enrollment=EnrolledRow._make(row[:-1]), device_qualified=row[-1]) for row in rows}
    patients = [documents.enrollment.patient_id for documents in by_id.values()]
    fill(
        by_id,
        orders=map(OrderRow._make, _ORDERS(ids=ids, last_day=last_day)),
        consents=map(ConsentRow._make, _CONSENTS(ids=ids, last_day=last_day)),
        coverages=map(CoverageRow._make, _COVERAGES(patients=patients, first_day=first_day, last_day=last_day)),
        episodes=map(EpisodeRow._make, _EPISODES(ids=ids, last_day=last_day)),
        first_day=first_day,
        last_day=last_day,
    )
    return by_id


def _rows(ids: list[int], first_day: date, until: datetime) -> QuerySet[Enrollment, tuple[Any, ...]]:
    qualified = DeviceAssignment.objects.filter(enrollment=OuterRef("pk"), device__model__fda_defined=True)
    qualified = qualified.filter(starts_at__lt=until).exclude(ends_at__date__lt=first_day)
    rows: QuerySet[Enrollment] = Enrollment.objects.filter(pk__any_of=ids)
    rows = rows.annotate(has_qualified=Exists(qualified)).order_by("pk")
    return rows.values_list(*_ENROLLED, "has_qualified")


def _orders(ids: list[int], last_day: date) -> QuerySet[Order, tuple[object, ...]]:
    rows = Order.objects.filter(enrollment__any_of=ids, starts_on__lte=last_day).order_by("starts_on", "number")
    return rows.values_list(*OrderRow._fields)


def _consents(ids: list[int], last_day: date) -> QuerySet[Consent, tuple[object, ...]]:
    rows = Consent.objects.filter(enrollment__any_of=ids, given_on__lte=last_day).order_by("given_on", "pk")
    return rows.values_list(*ConsentRow._fields)


def _coverages(patients: list[int], first_day: date, last_day: date) -> QuerySet[Coverage, tuple[object, ...]]:
    rows = Coverage.objects.filter(patient__any_of=patients, starts_on__lte=last_day).exclude(ends_on__lt=first_day)
    return rows.order_by("starts_on").values_list("patient_id", "payer_id", "payer__name", "starts_on", "ends_on")


def _episodes(ids: list[int], last_day: date) -> QuerySet[Episode, tuple[object, ...]]:
    rows = Episode.objects.filter(enrollment__any_of=ids, started_on__lte=last_day).order_by("number")
    return rows.values_list(*EpisodeRow._fields)


_ROWS = Prepared(_rows, ids=list, first_day=date, until=datetime)
_ORDERS = Prepared(_orders, ids=list, last_day=date)
_CONSENTS = Prepared(_consents, ids=list, last_day=date)
_COVERAGES = Prepared(_coverages, patients=list, first_day=date, last_day=date)
_EPISODES = Prepared(_episodes, ids=list, last_day=date)


def fill(
    by_id: Mapping[int, DocumentsInForce], *, orders: Iterable[Order | OrderRow],
    consents: Iterable[Consent | ConsentRow],
    coverages: Iterable[Coverage | CoverageRow], episodes: Iterable[Episode | EpisodeRow], first_day: date,
    last_day: date,
) -> None:  # fmt: skip
    """Assign rows to their enrollments. Each kind must be sorted by its first day in force."""
    for order in orders:
        documents = by_id[order.enrollment_id]
        if documents.order is None or _has_gap(documents.ordered_to, order.starts_on):
            documents.order, documents.ordered_to = order, order.ends_on
        elif order.supersedes_id is not None:
            # The new order applies from its first day, even if it ends sooner.
            documents.ordered_to = order.ends_on
        else:
            documents.ordered_to = _later_end(documents.ordered_to, order.ends_on)
    for consent in consents:
        documents = by_id[consent.enrollment_id]
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
        for coverage in by_patient[documents.enrollment.patient_id]:
            if coverage.starts_on <= served_to and (coverage.ends_on is None or coverage.ends_on >= served_to):
                documents.coverage = coverage
    for episode in episodes:
        by_id[episode.enrollment_id].episode = episode
