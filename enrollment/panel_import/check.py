"""Checking a panel against what is on file: payers, providers, codes, devices, and people already here. Set-based."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from enrollment.diagnosis_codes import valid_on
from enrollment.models import Clinic, Device, DeviceAssignment, DeviceModel, DiagnosisCode, Enrollment, Patient, Payer
from enrollment.panel_import.read import FileProblem, PanelRow, medicare_id
from enrollment.services.patients import OLDEST
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.identifiers import is_imei


@dataclass(slots=True)
class Lookup:
    """What the rows name, by the names they use. A constant number of statements."""

    payers: dict[str, Payer]
    clinics: dict[str, Clinic]
    members: dict[str, Membership]
    models: dict[str, DeviceModel]
    devices: dict[str, Device]
    held: set[int]
    patients: dict[str, Patient]
    open_programs: set[tuple[int, str]]
    codes: set[str]
    codes_loaded: bool


@dataclass(slots=True)
class PanelCheck:
    """Rows to add, how many are on file already, and what is wrong."""

    good: list[PanelRow]
    same: int
    problems: list[FileProblem]


def look_up(practice: Practice, rows: list[PanelRow], *, today: date) -> Lookup:
    """Everything the rows may name. Ten statements for any number of rows."""
    serials = {row.serial for row in rows if row["device_serial"]}
    numbers = [row["record_number"] for row in rows]
    members = Membership.objects.for_practice(practice).in_force(today).billers_of_service().select_related("user")
    devices = {row.serial: row for row in Device.objects.filter(practice=practice, serial__in=serials)}
    patients = {row.mrn: row for row in Patient.objects.for_practice(practice).filter(mrn__in=numbers)}
    held = DeviceAssignment.objects.filter(device__in=list(devices.values()), ends_at__isnull=True)
    running = Enrollment.objects.filter(patient__in=list(patients.values())).exclude(state="discharged")
    wanted = {row["diagnosis"] for row in rows}
    return Lookup(
        payers={row.name.lower(): row for row in Payer.objects.for_practice(practice)},
        clinics={row.name.lower(): row for row in Clinic.objects.for_practice(practice).filter(closed=False)},
        members={row.npi: row for row in members},
        models={row.name.lower(): row for row in DeviceModel.objects.filter(practice=practice)},
        devices=devices,
        held=set(held.values_list("device_id", flat=True)),
        patients=patients,
        open_programs=set(running.values_list("patient_id", "program")),
        codes=set(valid_on(today).filter(code__in=wanted, billable=True).values_list("code", flat=True)),
        codes_loaded=DiagnosisCode.objects.exists(),
    )


def check(practice: Practice, rows: list[PanelRow], *, today: date) -> tuple[PanelCheck, Lookup]:
    """Rows that may be added, rows on file already, and problems by line."""
    found = look_up(practice, rows, today=today)
    times = Counter(row["record_number"] for row in rows)
    serials = Counter(row.serial for row in rows if row["device_serial"])
    good: list[PanelRow] = []
    problems: list[FileProblem] = []
    same = 0
    for row in rows:
        here = found.patients.get(row["record_number"])
        if here is not None and _is_same(here, row) and (here.pk, row["program"]) in found.open_programs:
            same += 1
            continue
        wrong = [p for p in _wrong(row, found, here, today=today) if p is not None]
        if times[row["record_number"]] > 1:
            wrong.append(FileProblem(row.line, "record_number", "stands in this file more than once"))
        if row["device_serial"] and serials[row.serial] > 1:
            wrong.append(FileProblem(row.line, "device_serial", "stands in this file more than once"))
        problems += wrong
        if not wrong:
            good.append(row)
    return PanelCheck(good, same, problems), found


def _is_same(here: Patient, row: PanelRow) -> bool:
    return here.family_name.lower() == row["family_name"].lower() and here.born_on == row.days["born_on"]


def _wrong(row: PanelRow, found: Lookup, here: Patient | None, *, today: date) -> list[FileProblem | None]:
    def bad(column: str, reason: str, when: Any) -> FileProblem | None:
        """A problem of this line, where it is one."""
        return FileProblem(row.line, column, reason) if when else None

    born, visit = row.days["born_on"], row.days["last_visit"]
    payer = found.payers.get(row["payer"].lower())
    serial = row.serial
    model = found.models.get(row["device_model"].lower())
    device = found.devices.get(serial)
    cellular = model is not None and model.connection == "cellular" and serial.isdecimal() and len(serial) >= 14
    return [
        bad("record_number", "belongs to somebody else on file", here is not None and not _is_same(here, row)),
        bad("program", "this patient is on file without it; enroll them on the page", here and _is_same(here, row)),
        bad("born_on", "lies in the future", born and born > today),
        bad("born_on", f"nobody is older than {OLDEST} years", born and today.year - born.year > OLDEST),
        bad("last_visit", "lies in the future", visit and visit > today),
        bad("payer", "no payer of this name; add it first", payer is None),
        bad(
            "clinic",
            "no clinic of this name; an administrator adds it",
            row["clinic"] and row["clinic"].lower() not in found.clinics,
        ),
        medicare_id(row) if payer is not None and payer.is_medicare else None,
        bad("billing_npi", "no provider of this practice has this NPI", row["billing_npi"] not in found.members),
        bad(
            "supervising_npi",
            "no provider of this practice has this NPI",
            row["supervising_npi"] and row["supervising_npi"] not in found.members,
        ),
        bad(
            "diagnosis",
            f"not a billable ICD-10-CM code on {today:%Y-%m-%d}",
            found.codes_loaded and row["diagnosis"] not in found.codes,
        ),
        bad("device_model", "no device model of this name; add it first", row["device_model"] and model is None),
        bad("device_serial", "an IMEI of 15 digits whose last one checks", cellular and not is_imei(serial)),
        bad("device_serial", "with another patient", device is not None and device.pk in found.held),
        bad("device_serial", "set aside or lost", device is not None and device.state != "stock"),
        bad("device_serial", "on file as another model", device is not None and model and device.model_id != model.pk),
    ]
