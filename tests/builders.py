"""Builders of test data: practices, people, patients, enrollments. They call the services, as the views do."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from billing.models import PayerPolicy
from billing.seal import services
from enrollment import services as enrollment
from enrollment.models import DeviceModel, Enrollment, Patient, Payer
from monitoring import services as monitoring
from monitoring.intake import take_in
from monitoring.intake.results import Taken
from monitoring.models import Source
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.accounts.services import add_member, make_user, open_practice
from tests.clock import HANG_TIMEOUT_SECONDS
from timetracking import timers as timetracking
from timetracking.calls import call_log
from timetracking.models import TimeEntry

ZONE = "America/Chicago"
CONSENT_STATEMENTS = {"cost_told": True, "one_provider_told": True, "right_to_stop_told": True}
PASSWORD = "a-long-enough-one-9"
STARTED = date(2026, 1, 5)
NPI, NPI_2, NPI_3 = "1234567893", "1245319599", "1555555550"
ROLES = {
    "physician": ("MD", NPI),
    "qhp": ("NP", NPI_2),
    "clinical_staff": ("RN", ""),
    "therapist": ("PT", NPI_3),
    "manager": ("", ""),
    "biller": ("", ""),
    "admin": ("", ""),
    "auditor": ("", ""),
}


def at(day: date | str, clock: str = "09:00:00", zone: str = ZONE) -> datetime:
    """The UTC datetime of a local day and time."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass
class World:
    """One practice with its members, payer, device model, source, patient and enrollment."""

    practice: Practice
    members: dict[str, Membership]
    payer: Payer
    cuff: DeviceModel
    source: Source
    key: str
    patient: Patient
    enrollment: Enrollment
    serial: str
    other: "World | None" = None

    def user(self, role: str) -> User:
        """The user with a role."""
        return self.members[role].user

    def read(self, days: list[date], *, now: datetime | None = None, serial: str = "", **values: Any) -> Taken:
        """Send blood pressure readings at 07:00 local time of each day, through the device API's intake."""
        entries = [
            {
                "device": serial or self.serial,
                "metric": "blood_pressure",
                "measured_at": at(day, "07:00:00").isoformat(),
                "systolic": values.get("systolic", 128),
                "diastolic": values.get("diastolic", 79),
                "pulse": 66,
            }
            for day in days
        ]
        return self.send(entries, now=now or at(max(days), "22:00:00"))

    def send(self, entries: list[dict[str, Any]], *, now: datetime) -> Taken:
        """Store a batch of readings in the portal's own format."""
        return take_in.take_in(source=self.source, body=json.dumps({"readings": entries}).encode(), now=now)

    def work(
        self, day: date | str, seconds: int, *, by: str = "clinical_staff", clock: str = "10:00:00", row: Any = None
    ) -> TimeEntry:
        """Run a timer for `seconds`."""
        start = at(day, clock)
        entry = timetracking.start_timer(
            enrollment=row or self.enrollment, activity="review", by=self.members[by], now=start
        )
        return timetracking.stop_timer(entry=entry, by=self.user(by), now=start + timedelta(seconds=seconds))

    def call(self, day: date | str, *, by: str = "clinical_staff", outcome: str = "patient", row: Any = None) -> Any:
        """Log a call of three minutes at 4 PM local time."""
        start = at(day, "16:00:00")
        return call_log.log_call(
            enrollment=row or self.enrollment,
            channel="phone",
            outcome=outcome,
            started_at=start,
            ended_at=start + timedelta(minutes=3),
            decided="Talked it through.",
            by=self.members[by],
            now=start + timedelta(minutes=4),
        )


def a_practice(name: str, prefix: str) -> tuple[Practice, dict[str, Membership]]:
    """A practice with one member of every role."""
    practice = open_practice(
        name=name, zone=ZONE, npi="1881761864", tax_id="12-3456789", days_signed=False, second_factor="nobody", by=None
    )
    members = {}
    for role, (credential, npi) in ROLES.items():
        user = make_user(
            email=f"{prefix}.{role}@example.com", given_name=role.title(), family_name=prefix.title(), password=PASSWORD
        )
        members[role] = add_member(
            practice=practice,
            user=user,
            role=role,
            credential=credential,
            npi=npi,
            starts_on=date(2020, 1, 1),
            ends_on=date(2099, 1, 1) if role == "auditor" else None,
            by=None,
        )
    return practice, members


def a_patient(practice: Practice, by: User, *, mrn: str = "A1", family: str = "Ortega", **facts: Any) -> Patient:
    """An established patient."""
    return enrollment.register_patient(
        practice=practice,
        mrn=mrn,
        family_name=family,
        given_name=facts.pop("given_name", "Miguel"),
        born_on=date(1950, 3, 2),
        sex="M",
        zone=facts.pop("zone", ZONE),
        established_on=facts.pop("established_on", date(2025, 11, 3)),
        by=by,
        now=at(STARTED),
        **facts,
    )


def an_enrollment(
    world: World, patient: Patient, *, started: date = STARTED, program: str = "RPM", serial: str = "", **facts: Any
) -> Enrollment:
    """An active enrollment with coverage, order, consent, education and a device."""
    doctor, nurse = world.members["physician"], world.members["clinical_staff"]
    if not patient.coverages.exists():
        enrollment.add_coverage(
            patient=patient,
            payer=facts.pop("payer", world.payer),
            member_id="1EG4TE5MK73",
            starts_on=date(2025, 1, 1),
            by=nurse.user,
        )
    ordered_to = facts.pop("ordered_to", None)
    row = enrollment.draft_enrollment(
        patient=patient,
        program=program,
        billing_provider=facts.pop("billing_provider", doctor),
        supervised_by=facts.pop("supervised_by", doctor),
        diagnosis="I10",
        diagnosis_kind="chronic",
        condition="Hypertension",
        rtm_system="musculoskeletal" if program == "RTM" else "",
        by=nurse.user,
        now=at(started),
        **facts,
    )
    enrollment.sign_order(
        enrollment=row,
        ordered_by=doctor,
        measures="blood pressure",
        frequency="daily",
        starts_on=started,
        ends_on=ordered_to,
        now=at(started),
    )
    enrollment.record_consent(
        enrollment=row, given_on=started, mode="visit", taken_by=nurse.user, now=at(started), **CONSENT_STATEMENTS
    )
    row = enrollment.activate(enrollment=row, on=started, by=nurse.user, now=at(started))
    enrollment.record_education(enrollment=row, on=started, by=nurse.user)
    device = enrollment.add_device(model=world.cuff, serial=serial or f"cuff-{row.pk}", by=nurse.user)
    enrollment.assign_device(device=device, enrollment=row, starts_at=at(started, "00:00:00"), by=nurse.user)
    return row


def a_world(*, name: str = "Prairie", prefix: str = "p", with_other: bool = True) -> World:
    """A practice with members, a payer with the Medicare policy, one active RPM patient and an API key for devices."""
    practice, members = a_practice(name, prefix)
    payer = Payer.objects.create(practice=practice, name="Medicare Part B", is_medicare=True)
    PayerPolicy.objects.create(
        practice=practice,
        payer=payer,
        preset="medicare_general_supervision",
        starts_on=date(2019, 1, 1),
        source="test",
    )
    enrollment.add_scripts(practice=practice, by=None)
    cuff = DeviceModel.objects.create(practice=practice, name="ArmCuff", measures="blood_pressure", fda_defined=True)
    source, key = monitoring.open_source(practice=practice, name="Gateway", shape="portal", now=at(STARTED))
    nurse = members["clinical_staff"].user
    patient = a_patient(practice, nurse, family=f"Ortega{prefix}")
    world = World(practice, members, payer, cuff, source, key, patient, None, f"cuff-{prefix}")  # type: ignore[arg-type]
    world.enrollment = an_enrollment(world, patient, serial=world.serial)
    monitoring.set_threshold(
        enrollment=world.enrollment,
        metric="blood_pressure",
        by=members["physician"].user,
        high=Decimal(150),
        critical_high=Decimal(180),
    )
    if with_other:
        world.other = a_world(name="Cedar", prefix="c", with_other=False)
    return world


def seal(close: Any, world: World, *, now: datetime) -> Any:
    """Seal a month by two people: the manager prepares, the physician seals."""
    services.prepare_seal(close=close, by=world.members["manager"], now=now)
    return services.seal_month(close=close, by=world.members["physician"], now=now)


def days(first: str, last: str) -> list[date]:
    """Every day from `first` to `last`, both included."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=step) for step in range((end - start).days + 1)]


def is_blocking_another_connection() -> bool:
    """Whether another connection waits for a lock of this connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


def at_once(work: Callable[[int], None], *, times: int) -> None:
    """Call `work` in `times` threads, each with its number, and wait for all of them."""
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_TIMEOUT_SECONDS)
    assert not [thread for thread in threads if thread.is_alive()], "the threads wait for each other"
