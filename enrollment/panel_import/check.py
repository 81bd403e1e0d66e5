"""Check of a panel against the database: payers, providers, codes, devices and patients. Set-based."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from enrollment.diagnosis_codes import valid_on
from enrollment.models import Clinic, Device, DeviceAssignment, DeviceModel, DiagnosisCode, Enrollment, Patient, Payer
from enrollment.panel_import.read import FileProblem, PanelRow, medicare_id
from enrollment.services.patients import MAX_AGE_YEARS
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.identifiers import is_imei


@dataclass(slots=True)
class Lookup:
    """The database rows that a file refers to, by the keys the file uses."""

    payers: dict[str, Payer]
    clinics: dict[str, Clinic]
    members: dict[str, Membership]
    models: dict[str, DeviceModel]
    devices: dict[str, Device]
    assigned: set[int]
    patients: dict[str, Patient]
    open_programs: set[tuple[int, str]]
    codes: set[str]
    codes_loaded: bool


@dataclass(slots=True)
class PanelCheck:
    """Rows to add, how many exist already, and the problems."""

    good: list[PanelRow]
    same: int
    problems: list[FileProblem]


def look_up(practice: Practice, rows: list[PanelRow], *, today: date) -> Lookup:
    """Load everything that the rows refer to. Ten statements for any number of rows."""
    serials = {row.serial for row in rows if row["device_serial"]}
    numbers = [row["record_number"] for row in rows]
    members = Membership.objects.for_practice(practice).in_force(today).billers_of_service().select_related("user")
    devices = {row.serial: row for row in Device.objects.filter(practice=practice, serial__in=serials)}
    patients = {row.mrn: row for row in Patient.objects.for_practice(practice).filter(mrn__in=numbers)}
    assigned = DeviceAssignment.objects.filter(device__in=list(devices.values()), ends_at__isnull=True)
    running = Enrollment.objects.filter(patient__in=list(patients.values())).exclude(state="discharged")
    wanted = {row["diagnosis"] for row in rows}
    return Lookup(
        payers={row.name.lower(): row for row in Payer.objects.for_practice(practice)},
        clinics={row.name.lower(): row for row in Clinic.objects.for_practice(practice).filter(closed=False)},
        members={row.npi: row for row in members},
        models={row.name.lower(): row for row in DeviceModel.objects.filter(practice=practice)},
        devices=devices,
        assigned=set(assigned.values_list("device_id", flat=True)),
        patients=patients,
        open_programs=set(running.values_list("patient_id", "program")),
        codes=set(valid_on(today).filter(code__in=wanted, billable=True).values_list("code", flat=True)),
        codes_loaded=DiagnosisCode.objects.exists(),
    )


def check(practice: Practice, rows: list[PanelRow], *, today: date) -> tuple[PanelCheck, Lookup]:
    """Check all rows; returns the result and the database rows they refer to."""
    lookup = look_up(practice, rows, today=today)
    number_counts = Counter(row["record_number"] for row in rows)
    serials = Counter(row.serial for row in rows if row["device_serial"])
    good: list[PanelRow] = []
    problems: list[FileProblem] = []
    same = 0
    for row in rows:
        patient = lookup.patients.get(row["record_number"])
        if patient is not None and _is_same(patient, row) and (patient.pk, row["program"]) in lookup.open_programs:
            same += 1
            continue
        row_problems = [p for p in _problems_of(row, lookup, patient, today=today) if p is not None]
        if number_counts[row["record_number"]] > 1:
            row_problems.append(FileProblem(row.line, "record_number", "is in this file more than once"))
        if row["device_serial"] and serials[row.serial] > 1:
            row_problems.append(FileProblem(row.line, "device_serial", "is in this file more than once"))
        problems += row_problems
        if not row_problems:
            good.append(row)
    return PanelCheck(good, same, problems), lookup


def _is_same(patient: Patient, row: PanelRow) -> bool:
    return patient.family_name.lower() == row["family_name"].lower() and patient.born_on == row.days["born_on"]


def _problems_of(row: PanelRow, lookup: Lookup, patient: Patient | None, *, today: date) -> list[FileProblem | None]:
    def problem_if(column: str, reason: str, condition: object) -> FileProblem | None:
        """The problem of this line if the condition is true."""
        return FileProblem(row.line, column, reason) if condition else None

    born, visit = row.days["born_on"], row.days["last_visit"]
    payer = lookup.payers.get(row["payer"].lower())
    serial = row.serial
    model = lookup.models.get(row["device_model"].lower())
    device = lookup.devices.get(serial)
    cellular = model is not None and model.connection == "cellular" and serial.isdecimal() and len(serial) >= 14
    return [
        problem_if(
            "record_number", "belongs to another patient on file", patient is not None and not _is_same(patient, row)
        ),
        problem_if(
            "program", "this patient is on file without it; enroll them on the page", patient and _is_same(patient, row)
        ),
        problem_if("born_on", "lies in the future", born and born > today),
        problem_if(
            "born_on", f"nobody is older than {MAX_AGE_YEARS} years", born and today.year - born.year > MAX_AGE_YEARS
        ),
        problem_if("last_visit", "lies in the future", visit and visit > today),
        problem_if("payer", "no payer of this name; add it first", payer is None),
        problem_if(
            "clinic",
            "no clinic of this name; an administrator adds it",
            row["clinic"] and row["clinic"].lower() not in lookup.clinics,
        ),
        medicare_id(row) if payer is not None and payer.is_medicare else None,
        problem_if(
            "billing_npi", "no provider of this practice has this NPI", row["billing_npi"] not in lookup.members
        ),
        problem_if(
            "supervising_npi",
            "no provider of this practice has this NPI",
            row["supervising_npi"] and row["supervising_npi"] not in lookup.members,
        ),
        problem_if(
            "diagnosis",
            f"not a billable ICD-10-CM code on {today:%Y-%m-%d}",
            lookup.codes_loaded and row["diagnosis"] not in lookup.codes,
        ),
        problem_if("device_model", "no device model of this name; add it first", row["device_model"] and model is None),
        problem_if("device_serial", "an IMEI of 15 digits whose last one checks", cellular and not is_imei(serial)),
        problem_if("device_serial", "with another patient", device is not None and device.pk in lookup.assigned),
        problem_if("device_serial", "quarantined or lost", device is not None and device.state != "stock"),
        problem_if(
            "device_serial", "on file as another model", device is not None and model and device.model_id != model.pk
        ),
    ]
