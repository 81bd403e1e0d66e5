"""The export archive: a CSV of every table with patient data, FHIR R4 NDJSON, and the uploaded consent documents."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from django.db.models import QuerySet

from billing.models import ClaimLine, CodeVerdict, DeviceAnchor, KeptDecision, LineOverride
from enrollment import fhir
from enrollment.models import (
    RECORDED_FACTS,
    Caregiver,
    ClinicalItem,
    Consent,
    ConsentEvent,
    ConsentPaper,
    ContactPoint,
    Coverage,
    DeviceAssignment,
    DeviceShare,
    Enrollment,
    Episode,
    Order,
    Patient,
    Pause,
    VisitDocument,
)
from monitoring.fhir import all_observations
from monitoring.models import (
    Alert,
    AlertObserver,
    AlertRule,
    AlertStep,
    Breach,
    LimitProposal,
    Note,
    Outreach,
    PersonChoice,
    Reading,
    ReadingDay,
    Review,
    Threshold,
    VendorReading,
)
from monitoring.readings.states import current_rows
from rpm_portal.accounts.models import Practice
from rpm_portal.core.tables import neutral
from rpm_portal.pages.worklist.models import Snooze
from timetracking.models import Call, MessageThread, PatientMessage, TimeEntry, Visit

# Every table with patient data, and the lookup from a row to its patient.
TABLES: list[tuple[str, type[Any], str]] = [
    ("patients", Patient, "pk"),
    ("coverages", Coverage, "patient"),
    ("clinical_items", ClinicalItem, "patient"),
    ("enrollments", Enrollment, "patient"),
    ("episodes", Episode, "enrollment__patient"),
    ("pauses", Pause, "enrollment__patient"),
    ("orders", Order, "enrollment__patient"),
    ("consents", Consent, "enrollment__patient"),
    ("caregivers", Caregiver, "patient"),
    ("contact_points", ContactPoint, "patient"),
    ("consent_events", ConsentEvent, "patient"),
    ("devices", DeviceAssignment, "enrollment__patient"),
    ("device_shares", DeviceShare, "enrollment__patient"),
    ("thresholds", Threshold, "enrollment__patient"),
    ("readings", Reading, "enrollment__patient"),
    ("reading_names", VendorReading, "reading__enrollment__patient"),
    ("person_choices", PersonChoice, "enrollment__patient"),
    *((str(model._meta.verbose_name_plural).replace(" ", "_"), model, "patient") for model in RECORDED_FACTS),
    ("reading_days", ReadingDay, "enrollment__patient"),
    ("alerts", Alert, "enrollment__patient"),
    ("alert_observers", AlertObserver, "enrollment__patient"),
    ("alert_rules", AlertRule, "enrollment__patient"),
    ("snoozes", Snooze, "enrollment__patient"),
    ("alert_steps", AlertStep, "alert__enrollment__patient"),
    ("breaches", Breach, "alert__enrollment__patient"),
    ("limit_proposals", LimitProposal, "enrollment__patient"),
    ("outreach", Outreach, "enrollment__patient"),
    ("reviews", Review, "enrollment__patient"),
    ("notes", Note, "enrollment__patient"),
    ("time_entries", TimeEntry, "enrollment__patient"),
    ("calls", Call, "enrollment__patient"),
    ("message_threads", MessageThread, "enrollment__patient"),
    ("messages", PatientMessage, "thread__enrollment__patient"),
    ("visits", Visit, "patient"),
    ("claim_lines", ClaimLine, "patient"),
    ("line_overrides", LineOverride, "enrollment__patient"),
    ("decisions", KeptDecision, "enrollment__patient"),
    ("device_anchors", DeviceAnchor, "enrollment__patient"),
    ("verdicts", CodeVerdict, "decision__enrollment__patient"),
]
_EXCLUDED_COLUMNS = {"words", "body", "member_index", "form_key", "value_index", "code_digest"}
# Columns of related tables: the names that belong to a table's foreign keys.
_RELATED_COLUMNS = {
    "enrollments": ["clinic__name"],
    "devices": ["device__serial", "device__model__name"],
    "coverages": ["payer__name"],
}
ROWS_PER_FETCH = 2000


def write_archive(file: IO[bytes], practice: Practice, *, patient: Patient | None, now: datetime) -> dict[str, int]:
    """Write the archive; returns the number of rows by file. One statement a table, read in batches."""
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:

        def put(name: str, pieces: Iterable[str]) -> None:
            """Write one file of the archive, and count and hash its pieces."""
            digest, rows = hashlib.sha256(), 0
            with archive.open(name, "w", force_zip64=True) as out:
                for piece in pieces:
                    raw = piece.encode()
                    digest.update(raw)
                    out.write(raw)
                    rows += 1
            counts[name], digests[name] = rows, digest.hexdigest()

        for name, model, lookup in TABLES:
            put(f"csv/{name}.csv", _csv(name, _rows_of(model, lookup, practice, patient)))
        for kind, resources in _resources(practice, patient).items():
            put(f"fhir/{kind}.ndjson", (json.dumps(item, ensure_ascii=False) + "\n" for item in resources()))
        papers = _rows_of(ConsentPaper, "consent__enrollment__patient", practice, patient)
        for paper in papers.order_by("pk").iterator(chunk_size=20):
            archive.writestr(f"papers/{paper.public_id}.{paper.kind.rpartition('/')[2]}", bytes(paper.body))
        documents = _rows_of(VisitDocument, "visit__patient", practice, patient).select_related("visit")
        for document in documents.order_by("pk").iterator(chunk_size=20):
            name = f"visits/{document.visit.public_id}.{document.kind.rpartition('/')[2]}"
            archive.writestr(name, bytes(document.body))
        about = {"practice": practice.name, "made_at": now.isoformat(), "fhir": "4.0.1", "sha256": digests}
        archive.writestr("manifest.json", json.dumps(about, indent=1, sort_keys=True))
    return counts


def _rows_of(model: type[Any], lookup: str, practice: Practice, patient: Patient | None) -> QuerySet[Any]:
    rows = model.objects.filter(practice=practice)
    return rows if patient is None else rows.filter(**{lookup: patient.pk})


def _csv(name: str, rows: QuerySet[Any]) -> Iterator[str]:
    """A table as CSV lines, header first; a cell that a spreadsheet would run as a formula gets an apostrophe."""
    own = [item.attname for item in rows.model._meta.concrete_fields if item.name not in _EXCLUDED_COLUMNS]
    columns = [*own, *_RELATED_COLUMNS.get(name, [])]
    out = io.StringIO()
    writer = csv.writer(out)

    def line(cells: Iterable[object]) -> str:
        """One line of CSV."""
        out.seek(0)
        out.truncate()
        writer.writerow(cells)
        return out.getvalue()

    yield line(columns)
    for row in rows.order_by("pk").values_list(*columns).iterator(chunk_size=ROWS_PER_FETCH):
        yield line(neutral(cell) if isinstance(cell, str) else _serialize(cell) for cell in row)


def _serialize(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return json.dumps(cell) if isinstance(cell, list | dict) else cell


def _resources(practice: Practice, patient: Patient | None) -> dict[str, Callable[[], Iterator[dict[str, object]]]]:
    """FHIR resources by type, created lazily while the archive is written."""

    def rows(model: type[object], lookup: str, *joined: str) -> Iterator[Any]:
        """Rows of a table with the related rows that their resources need."""
        selected = _rows_of(model, lookup, practice, patient)
        if joined:
            selected = selected.select_related(*joined)
        return iter(selected.order_by("pk").iterator(chunk_size=ROWS_PER_FETCH))

    to_patient = "enrollment__patient"
    return {
        "Patient": lambda: (fhir.patient(row) for row in rows(Patient, "pk", "merged_into")),
        "Coverage": lambda: (fhir.coverage(row) for row in rows(Coverage, "patient", "patient", "payer")),
        "ServiceRequest": lambda: (
            fhir.service_request(row) for row in rows(Order, to_patient, to_patient, "signed_by", "supersedes")
        ),
        "Consent": lambda: (fhir.consent(row) for row in rows(Consent, to_patient, to_patient)),
        "Device": lambda: (fhir.device(row) for row in rows(DeviceAssignment, to_patient, to_patient, "device__model")),
        "Observation": lambda: all_observations(
            practice.pk, current_rows(_rows_of(Reading, to_patient, practice, patient)).order_by("pk")
        ),
    }
