"""Commit of a panel: all good rows or none, in bulk, with histories. The same file twice adds nothing."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import CardDraft, Coverage, Device, DeviceAssignment, Enrollment, Panel, PanelState, Patient
from enrollment.panel_import.check import Lookup, check
from enrollment.panel_import.read import PanelRow, open_file, read_rows
from rpm_portal.accounts.models import Practice, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.db.history import create_in_bulk

REASON = "Imported with a file of patients"
ReportProgress = Callable[[int, str], None]


@transaction.atomic
def check_panel(*, practice: Practice, body: bytes, by: User, now: datetime) -> Panel:
    """Store a file with its problems; adds no patients. Raises Refused for a file that cannot be read."""
    text = open_file(body)
    rows, problems = read_rows(text)
    checked, _ = check(practice, rows, today=local_day(now, practice.zone))
    problems += checked.problems
    lines = {problem.line for problem in problems}
    panel = Panel(
        practice=practice,
        uploaded_by=by,
        uploaded_at=now,
        sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        rows=len(checked.good) + checked.same + len(lines),
        good=len(checked.good),
        same=checked.same,
        problems=sorted([p.line, p.column, p.reason] for p in problems),
    )
    panel.save(force_insert=True)
    detail = {"rows": panel.rows, "good": panel.good, "refused": len(lines), "sha256": panel.sha256[:12]}
    record_change(panel, "check_panel", by=by, now=now, **detail)
    return panel


@transaction.atomic
def delete_uncommitted_files(*, before: datetime, now: datetime) -> int:
    """Delete the bodies of files uploaded before a moment and never committed; returns how many. Problems stay."""
    rows = Panel.objects.select_for_update(skip_locked=True, of=("self",)).select_related("practice", "uploaded_by")
    old = rows.filter(state__in=[PanelState.CHECKED, PanelState.FAILED], body__isnull=False, uploaded_at__lt=before)
    for panel in old:
        panel.body, panel.state, panel.error = (
            None,
            PanelState.FAILED,
            "Nobody committed it in time; bring it in again.",
        )
        panel.save(update_fields=["body", "state", "error"])
        record_change(panel, "forget_panel", by=None, now=now)
    return len(old)


@transaction.atomic
def request_commit(*, panel: Panel, by: User, now: datetime) -> Panel:
    """Mark a checked file for the commit. Raises ValidationError if it was committed or has nothing to add."""
    panel = Panel.objects.select_for_update(of=("self",)).select_related("practice").get(pk=panel.pk)
    if panel.state == PanelState.DONE:
        raise ValidationError("This file was committed already.")
    if panel.body is None:
        raise ValidationError("This file was deleted, because nobody committed it in time. Import it again.")
    if not panel.good:
        raise ValidationError("Nothing in this file can be added.")
    panel.state, panel.error = PanelState.COMMITTING, ""
    panel.save(update_fields=["state", "error"])
    record_change(panel, "commit_panel", by=by, now=now, good=panel.good)
    return panel


@transaction.atomic
def commit_panel(panel_pk: int, *, now: datetime, report_progress: ReportProgress) -> bool:
    """Add all good rows in one transaction; returns False if another process commits or has committed the file.

    The file is checked again under the practice's lock, so that rows added since the check are not added twice.
    """
    # `no_key`: the progress row, written on another connection, refers to this row while it is locked.
    rows = Panel.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related(
        "practice", "uploaded_by"
    )
    panel = rows.filter(pk=panel_pk, state=PanelState.COMMITTING).first()
    if panel is None or panel.body is None:
        return False
    Practice.objects.select_for_update(no_key=True).get(pk=panel.practice_id)
    report_progress(0, "checking again")
    good, _ = read_rows(open_file(bytes(panel.body)))
    checked, lookup = check(panel.practice, good, today=local_day(now, panel.practice.zone))
    _add(panel, checked.good, lookup, now=now, report_progress=report_progress)
    panel.state, panel.finished_at, panel.good, panel.same = PanelState.DONE, now, len(checked.good), checked.same
    # The rows contain the data now; a second copy of the PHI is not needed.
    panel.body = None
    panel.save(update_fields=["state", "finished_at", "good", "same", "body"])
    record_change(panel, "panel_committed", by=panel.uploaded_by, now=now, added=panel.good, same=panel.same)
    return True


def _add(panel: Panel, rows: list[PanelRow], lookup: Lookup, *, now: datetime, report_progress: ReportProgress) -> None:
    practice, by = panel.practice, panel.uploaded_by
    report_progress(0, "patients")
    patients = create_in_bulk(Patient, [_patient(practice, row) for row in rows], reason=REASON, by=by)
    pairs = list(zip(rows, patients, strict=True))
    report_progress(len(rows) // 5, "coverage")
    create_in_bulk(Coverage, [_coverage(practice, row, person, lookup) for row, person in pairs], reason=REASON, by=by)
    report_progress(2 * len(rows) // 5, "enrollments")
    enrollments = create_in_bulk(
        Enrollment, [_enrollment(practice, row, person, lookup) for row, person in pairs], reason=REASON, by=by
    )
    report_progress(3 * len(rows) // 5, "orders to be signed")
    opened = list(zip(rows, enrollments, strict=True))
    drafts = [_order(practice, row, enrollment, by, now) for row, enrollment in opened if row["order_measures"]]
    CardDraft.objects.bulk_create(drafts, batch_size=1000)
    report_progress(4 * len(rows) // 5, "devices")
    with_device = [(row, enrollment) for row, enrollment in opened if row["device_serial"]]
    new_devices = [
        Device(practice=practice, model=lookup.models[row["device_model"].lower()], serial=row.serial)
        for row, _ in with_device
        if row.serial not in lookup.devices
    ]
    devices = lookup.devices | {row.serial: row for row in create_in_bulk(Device, new_devices, reason=REASON, by=by)}
    DeviceAssignment.objects.bulk_create(
        [
            DeviceAssignment(
                practice=practice, device=devices[row.serial], enrollment=enrollment, starts_at=now, assigned_by=by
            )
            for row, enrollment in with_device
        ],
        batch_size=1000,
    )
    report_progress(len(rows), "done")


def _patient(practice: Practice, row: PanelRow) -> Patient:
    return Patient(
        practice=practice,
        mrn=row["record_number"],
        family_name=row["family_name"],
        given_name=row["given_name"],
        born_on=row.day("born_on"),
        sex=row["sex"],
        phone=row["phone"],
        street=row["street"],
        city=row["city"],
        state=row["state"],
        postal_code=row["postal_code"],
        language=row["language"],
        zone=row["zone"] or practice.zone,
        established_on=row.days["last_visit"],
        established_by=row["visit_document"],
    )


def _coverage(practice: Practice, row: PanelRow, patient: Patient, lookup: Lookup) -> Coverage:
    return Coverage(
        practice=practice,
        patient=patient,
        payer=lookup.payers[row["payer"].lower()],
        plan=row["plan"],
        member_id=row["member_id"],
        starts_on=row.day("coverage_from"),
        ends_on=row.days["coverage_to"],
    )


def _enrollment(practice: Practice, row: PanelRow, patient: Patient, lookup: Lookup) -> Enrollment:
    return Enrollment(
        practice=practice,
        patient=patient,
        program=row["program"],
        rtm_system=row["rtm_system"] if row["program"] == "RTM" else "",
        billing_provider=lookup.members[row["billing_npi"]],
        supervised_by=lookup.members.get(row["supervising_npi"]),
        diagnosis=row["diagnosis"],
        diagnosis_kind=row["diagnosis_kind"],
        condition=row["condition"],
        clinic=lookup.clinics.get(row["clinic"].lower()),
        goals=row["order_goals"],
    )


def _order(practice: Practice, row: PanelRow, enrollment: Enrollment, by: User, now: datetime) -> CardDraft:
    """An order needs a person's signature, so the file creates only a draft."""
    today = local_day(now, practice.zone)
    begins, ends = row.days["order_from"] or today, row.days["order_to"] or today + timedelta(days=364)
    values: dict[str, Any] = {
        "measures": row["order_measures"],
        "frequency": row["order_frequency"],
        "device_kind": row["order_device"],
        "necessity": row["order_necessity"],
        "goals": row["order_goals"],
        "starts_on": begins.isoformat(),
        "ends_on": ends.isoformat(),
    }
    return CardDraft(practice=practice, user=by, enrollment=enrollment, card="order", values=values, saved_at=now)


def mark_failed(panel_pk: int, *, error: str) -> None:
    """Mark a commit as failed; the file stays and can be committed again."""
    Panel.objects.filter(pk=panel_pk, state=PanelState.COMMITTING).update(state=PanelState.FAILED, error=error[:200])
