"""Coverage and the facts of `billing_facts` as plain rows, read in one statement for many patients."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from django.db import models
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Cast, JSONObject

from enrollment.models.access_facts import AccessAlignment, AccessUpdate
from enrollment.models.billing_facts import (
    BillingFact,
    CareStatus,
    OtherBillingAnswer,
    OutsideClaim,
    PlanOfCare,
    PriorAuthorization,
    QualifyingVisit,
)
from enrollment.models.care_plans import CarePlan
from enrollment.models.patients import Coverage
from enrollment.models.provider_spans import SPAN_PATHS, EarlierProvider, ProviderSpan
from rpm_portal.core.as_of import valid_at

Row: TypeAlias = tuple[object, ...]
Rows: TypeAlias = "QuerySet[Any, Any]"
# An answer about other practices still concerns a month if it was asked for its close, in the month after.
ASKED_WITHIN = timedelta(days=31)


class CoverageRow(NamedTuple):
    """A coverage, with the field names of `Coverage`, except that `payer` is the payer's name."""

    patient_id: int
    payer_id: int
    payer: str
    starts_on: date
    ends_on: date | None


class StoredRow(NamedTuple):
    """A row of `patient_rows`: a coverage with payer and name, or a fact with its other columns in `details`."""

    kind: str
    patient_id: int
    pk: int
    public_id: str
    first: date
    last: date | None
    payer_id: int
    name: str
    details: Mapping[str, object]


@dataclass(slots=True)
class PatientFacts:
    """The facts that people recorded for one patient, the earliest first."""

    authorizations: list[PriorAuthorization] = field(default_factory=list)
    answers: list[OtherBillingAnswer] = field(default_factory=list)
    claims: list[OutsideClaim] = field(default_factory=list)
    statuses: list[CareStatus] = field(default_factory=list)
    visits: list[QualifyingVisit] = field(default_factory=list)
    plans: list[PlanOfCare] = field(default_factory=list)
    alignments: list[AccessAlignment] = field(default_factory=list)
    updates: list[AccessUpdate] = field(default_factory=list)
    care_plans: list[CarePlan] = field(default_factory=list)
    providers: list[ProviderSpan] = field(default_factory=list)


class _Kind(NamedTuple):
    """How the rows of one model are read: its list in `PatientFacts`, its first and last day, and the other columns."""

    model: type[BillingFact]
    into: str
    first: str
    last: str
    others: tuple[str, ...]


_KINDS = {
    "authorization": _Kind(
        PriorAuthorization,
        "authorizations",
        "starts_on",
        "ends_on",
        ("payer_id", "outcome", "number", "codes", "units"),
    ),
    "answer": _Kind(OtherBillingAnswer, "answers", "asked_on", "", ("asked_of", "answer")),
    "claim": _Kind(OutsideClaim, "claims", "dos", "period_start", ("biller", "code", "units")),
    "status": _Kind(CareStatus, "statuses", "starts_on", "ends_on", ("kind", "same_practitioner", "related")),
    "visit": _Kind(QualifyingVisit, "visits", "visited_on", "", ("initiating",)),
    "plan": _Kind(
        PlanOfCare,
        "plans",
        "starts_on",
        "ends_on",
        ("enrollment_id", "discipline", "kind", "sent_on", "order_signed_on", "signed_on"),
    ),
    "alignment": _Kind(AccessAlignment, "alignments", "starts_on", "ends_on", ("participant", "organization", "track")),
    "update": _Kind(AccessUpdate, "updates", "done_on", "received_on", ("track", "kind")),
    "care_plan": _Kind(CarePlan, "care_plans", "starts_on", "ends_on", ("program", "conditions", "is_complex")),
}
_DAYS = ("sent_on", "order_signed_on", "signed_on", "provider_ends_on", "supervisor_ends_on")


def patient_rows(patients: list[int], since: date, last_day: date, asked_to: date) -> Rows:
    """The statement for coverages that overlap a span of days, and facts that begin by its last day."""
    covered = Coverage.objects.filter(patient__any_of=patients, starts_on__lte=last_day).exclude(ends_on__lt=since)
    parts = []
    for kind, (model, _, first, *_rest) in _KINDS.items():
        begun_by = asked_to if kind == "answer" else last_day
        rows = model._default_manager.filter(
            patient__any_of=patients, voided_at__isnull=True, **{f"{first}__lte": begun_by}
        )
        parts.append(_columns(kind, rows))
    providers = EarlierProvider.objects.filter(patient__any_of=patients, voided_at__isnull=True, ends_on__gte=since)
    parts.append(_with_details(_shared_columns("provider", providers, "ends_on", ""), SPAN_PATHS))
    coverage = _shared_columns("coverage", covered, "starts_on", "ends_on")
    coverage = coverage.annotate(payer_=F("payer_id"), name_=F("payer__name"), details_=_null(models.JSONField()))
    every: Rows = coverage.values_list(*_NAMES).union(*parts, all=True).order_by("first_", "pk_")
    return every


_NAMES = ("kind_", "patient_", "pk_", "public_", "first_", "last_", "payer_", "name_", "details_")


def _null(column: "models.Field[object, object]") -> Cast:
    return Cast(Value(None), output_field=column)


def _shared_columns(kind: str, rows: Rows, first: str, last: str) -> Rows:
    shared: Rows = rows.order_by().annotate(
        kind_=Cast(Value(kind), output_field=models.TextField()),
        patient_=F("patient_id"),
        pk_=F("pk"),
        public_=Cast(F("public_id") if kind != "coverage" else Value(None), output_field=models.TextField()),
        first_=F(first),
        last_=F(last) if last else _null(models.DateField()),
    )
    return shared


def _columns(kind: str, rows: Rows) -> Rows:
    _, _, first, last, others = _KINDS[kind]
    return _with_details(_shared_columns(kind, rows, first, last), {name: name for name in others})


def _with_details(rows: Rows, paths: Mapping[str, str]) -> Rows:
    """The shared columns, and the others as JSON under their names."""
    details = JSONObject(**{name: F(path) for name, path in paths.items()})
    own = {"payer_": _null(models.BigIntegerField()), "name_": _null(models.TextField()), "details_": details}
    columns: Rows = rows.annotate(**own).values_list(*_NAMES)
    return columns


def read_patient_rows(rows: Iterable[Row]) -> tuple[list[CoverageRow], dict[int, PatientFacts]]:
    """The coverages, and the facts of each patient who has any, of the rows of `patient_rows`."""
    coverages: list[CoverageRow] = []
    facts: dict[int, PatientFacts] = defaultdict(PatientFacts)
    for row in map(StoredRow._make, rows):
        if row.kind == "coverage":
            coverages.append(CoverageRow(row.patient_id, row.payer_id, row.name, row.first, row.last))
        elif row.kind == "provider":
            values = _with_dates(row.details) | {"ends_on": row.first}
            facts[row.patient_id].providers.append(ProviderSpan._make(values[name] for name in ProviderSpan._fields))
        else:
            getattr(facts[row.patient_id], _KINDS[row.kind].into).append(_fact(row))
    return coverages, facts


def _fact(row: StoredRow) -> BillingFact:
    """The fact of a row; the columns that it does not have are not read."""
    model, _, first, last, _ = _KINDS[row.kind]
    days = {first: row.first} | ({last: row.last} if last else {})
    values = {"pk": row.pk, "public_id": row.public_id, "patient_id": row.patient_id} | days
    return model(**values, **_with_dates(row.details))


def _with_dates(details: Mapping[str, object]) -> dict[str, object]:
    """The values of JSON with days as dates."""
    return {
        name: date.fromisoformat(value) if name in _DAYS and isinstance(value, str) else value
        for name, value in details.items()
    }


def facts_as_of(patient_id: int, *, moment: datetime, last_day: date) -> PatientFacts:
    """The facts of a patient as they were on file at a moment. One statement for each kind."""
    facts, valid = PatientFacts(), valid_at(moment, written="recorded_at")
    for kind, (model, into, first, _, _) in _KINDS.items():
        begun_by = last_day + ASKED_WITHIN if kind == "answer" else last_day
        rows = model.objects.filter(valid, patient=patient_id, **{f"{first}__lte": begun_by})
        setattr(facts, into, list(rows.order_by(first, "pk")))
    providers = EarlierProvider.objects.filter(valid, patient=patient_id).order_by("ends_on", "pk")
    facts.providers = list(map(ProviderSpan.of, providers.select_related("billing_provider", "supervised_by")))
    return facts
