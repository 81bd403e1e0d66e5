"""Committing a panel: every good row or none, in bulk, with its histories; the same file twice adds nothing."""

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

REASON = "Brought in with a panel"
Tell = Callable[[int, str], None]


@transaction.atomic
def check_panel(*, practice: Practice, body: bytes, by: User, now: datetime) -> Panel:
    """Keep a file with what is wrong with it; nothing of it is added. Raises Refused for one not read at all."""
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
def forget_files(*, before: datetime, now: datetime) -> int:
    """Drop the files that were checked before a moment and never committed; what was wrong with them stays."""
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
def ask_to_commit(*, panel: Panel, by: User, now: datetime) -> Panel:
    """Mark a checked file to be committed. Raises ValidationError where there is nothing to add or it was committed."""
    panel = Panel.objects.select_for_update(of=("self",)).select_related("practice").get(pk=panel.pk)
    if panel.state == PanelState.DONE:
        raise ValidationError("This file was committed already.")
    if panel.body is None:
        raise ValidationError("This file was let go, because nobody committed it in time. Bring it in again.")
    if not panel.good:
        raise ValidationError("Nothing in this file can be added.")
    panel.state, panel.error = PanelState.COMMITTING, ""
    panel.save(update_fields=["state", "error"])
    record_change(panel, "commit_panel", by=by, now=now, good=panel.good)
    return panel


@transaction.atomic
def commit_panel(panel_pk: int, *, now: datetime, tell: Tell) -> bool:
    """Add everything that is good, in one transaction; False where it is done or being done by somebody else.

    The file is checked again under the practice's lock: what came in since is seen, and no row is added twice.
    """
    # Without the key: the progress beside this transaction points at the row while it is held.
    rows = Panel.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related(
        "practice", "uploaded_by"
    )
    panel = rows.filter(pk=panel_pk, state=PanelState.COMMITTING).first()
    if panel is None or panel.body is None:
        return False
    Practice.objects.select_for_update(no_key=True).get(pk=panel.practice_id)
    tell(0, "checking again")
    good, _ = read_rows(open_file(bytes(panel.body)))
    checked, found = check(panel.practice, good, today=local_day(now, panel.practice.zone))
    _add(panel, checked.good, found, now=now, tell=tell)
    panel.state, panel.finished_at, panel.good, panel.same = PanelState.DONE, now, len(checked.good), checked.same
    # Names and numbers of people are in the rows now; the file is not kept beside them.
    panel.body = None
    panel.save(update_fields=["state", "finished_at", "good", "same", "body"])
    record_change(panel, "panel_committed", by=panel.uploaded_by, now=now, added=panel.good, same=panel.same)
    return True


def _add(panel: Panel, rows: list[PanelRow], found: Lookup, *, now: datetime, tell: Tell) -> None:
    practice, by = panel.practice, panel.uploaded_by
    tell(0, "patients")
    patients = create_in_bulk(Patient, [_patient(practice, row) for row in rows], reason=REASON, by=by)
    pairs = list(zip(rows, patients, strict=True))
    tell(len(rows) // 5, "coverage")
    create_in_bulk(Coverage, [_coverage(practice, row, person, found) for row, person in pairs], reason=REASON, by=by)
    tell(2 * len(rows) // 5, "enrollments")
    made = create_in_bulk(
        Enrollment, [_enrollment(practice, row, person, found) for row, person in pairs], reason=REASON, by=by
    )
    tell(3 * len(rows) // 5, "orders to be signed")
    opened = list(zip(rows, made, strict=True))
    drafts = [_order(practice, row, enrollment, by, now) for row, enrollment in opened if row["order_measures"]]
    CardDraft.objects.bulk_create(drafts, batch_size=1000)
    tell(4 * len(rows) // 5, "devices")
    with_device = [(row, enrollment) for row, enrollment in opened if row["device_serial"]]
    fresh = [
        Device(practice=practice, model=found.models[row["device_model"].lower()], serial=row.serial)
        for row, _ in with_device
        if row.serial not in found.devices
    ]
    devices = found.devices | {row.serial: row for row in create_in_bulk(Device, fresh, reason=REASON, by=by)}
    DeviceAssignment.objects.bulk_create(
        [
            DeviceAssignment(
                practice=practice, device=devices[row.serial], enrollment=enrollment, starts_at=now, assigned_by=by
            )
            for row, enrollment in with_device
        ],
        batch_size=1000,
    )
    tell(len(rows), "done")


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


def _coverage(practice: Practice, row: PanelRow, patient: Patient, found: Lookup) -> Coverage:
    return Coverage(
        practice=practice,
        patient=patient,
        payer=found.payers[row["payer"].lower()],
        plan=row["plan"],
        member_id=row["member_id"],
        starts_on=row.day("coverage_from"),
        ends_on=row.days["coverage_to"],
    )


def _enrollment(practice: Practice, row: PanelRow, patient: Patient, found: Lookup) -> Enrollment:
    return Enrollment(
        practice=practice,
        patient=patient,
        program=row["program"],
        rtm_system=row["rtm_system"] if row["program"] == "RTM" else "",
        billing_provider=found.members[row["billing_npi"]],
        supervised_by=found.members.get(row["supervising_npi"]),
        diagnosis=row["diagnosis"],
        diagnosis_kind=row["diagnosis_kind"],
        condition=row["condition"],
        clinic=found.clinics.get(row["clinic"].lower()),
        goals=row["order_goals"],
    )


def _order(practice: Practice, row: PanelRow, enrollment: Enrollment, by: User, now: datetime) -> CardDraft:
    """An order is signed by a person, not by a file: it waits as a draft."""
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


def note_failed(panel_pk: int, *, error: str) -> None:
    """Say that a commit failed; the file stays and can be committed again."""
    Panel.objects.filter(pk=panel_pk, state=PanelState.COMMITTING).update(state=PanelState.FAILED, error=error[:200])
