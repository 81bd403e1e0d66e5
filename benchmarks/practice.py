"""Builds a practice of any size in bulk: reading days, time entries and calls for each enrollment."""

import random
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from billing.models import PayerPolicy
from enrollment.models import (
    Consent,
    Coverage,
    Device,
    DeviceAssignment,
    DeviceModel,
    Enrollment,
    Episode,
    Order,
    Patient,
    Payer,
)  # fmt: skip
from monitoring.models import Standing
from rpm_portal.accounts.models import Membership, Practice, User
from timetracking.models import Call, MonthTotal, TimeEntry

START = date(2026, 1, 5)
MONTH = date(2026, 3, 1)


def build(size: int, *, start: date = START) -> tuple[Practice, User]:
    """A practice with `size` active enrollments, each with about 60 reading days, four time entries and a call.

    An earlier `start` adds one reading day for each earlier day.
    """
    chance, label = random.Random(size), f"{size}" if start == START else f"{size} since {start:%Y-%m}"
    practice = Practice.objects.create(name=f"Bench {label}", zone="America/Chicago", second_factor="nobody")
    users = User.objects.bulk_create(
        [
            User(
                email=f"b{label}.{n}@example.com".replace(" ", "."),
                password="!",
                given_name="Ann",
                family_name=f"Bench{n}",
            )
            for n in range(size // 40 + 2)
        ]
    )
    doctor, *nurses = [
        Membership(practice=practice, user=user, role="clinical_staff" if n else "physician", npi="" if n else "1234567893",
                   credential="RN" if n else "MD", starts_on=date(2020, 1, 1))
        for n, user in enumerate(users)
    ]  # fmt: skip
    doctor.save()
    Membership.objects.bulk_create(nurses)
    payer = Payer.objects.create(practice=practice, name="Medicare", is_medicare=True)
    PayerPolicy.objects.create(
        practice=practice,
        payer=payer,
        preset="medicare_general_supervision",
        starts_on=date(2019, 1, 1),
        source="bench",
    )
    model = DeviceModel.objects.create(practice=practice, name="Cuff", measures="blood_pressure", fda_defined=True)
    n = range(size)
    patients = Patient.objects.bulk_create(
        [Patient(practice=practice, mrn=str(k), family_name=f"F{k % 997}", given_name=f"G{k}", born_on=date(1950, 1, 1), sex="F",
                 zone="America/Chicago", established_on=date(2025, 1, 1)) for k in n], batch_size=2000)  # fmt: skip
    Coverage.objects.bulk_create(
        [
            Coverage(practice=practice, patient=p, payer=payer, member_id="1EG4TE5MK73", starts_on=date(2025, 1, 1))
            for p in patients
        ],
        batch_size=2000,
    )
    rows = Enrollment.objects.bulk_create(
        [Enrollment(practice=practice, patient=p, program="RPM", state="active", billing_provider=doctor, supervised_by=doctor,
                    diagnosis="I10", diagnosis_kind="chronic", started_on=start) for p in patients], batch_size=2000)  # fmt: skip
    Episode.objects.bulk_create(
        [Episode(practice=practice, enrollment=r, started_on=start, educated_on=start) for r in rows], batch_size=2000
    )
    now = datetime(start.year, start.month, start.day, tzinfo=UTC)
    Order.objects.bulk_create(
        [Order(practice=practice, number=k + 1, enrollment=r, ordered_by=doctor, diagnosis="I10", measures="bp", frequency="daily",
               starts_on=start, signed_at=now, signed_by=doctor.user, signed_npi="1234567893") for k, r in enumerate(rows)], batch_size=2000)  # fmt: skip
    Consent.objects.bulk_create(
        [
            Consent(
                practice=practice,
                enrollment=r,
                given_on=start,
                mode="visit",
                given_by="patient",
                taken_by=doctor.user,
                recorded_at=now,
            )
            for r in rows
        ],
        batch_size=2000,
    )
    devices = Device.objects.bulk_create(
        [Device(practice=practice, model=model, serial=f"{label}-{k}"[:40]) for k in n], batch_size=2000
    )
    DeviceAssignment.objects.bulk_create(
        [
            DeviceAssignment(practice=practice, device=d, enrollment=r, starts_at=now, assigned_by=doctor.user)
            for d, r in zip(devices, rows, strict=True)
        ],
        batch_size=2000,
    )
    days = [START + timedelta(days=k) for k in range(86)]
    earlier_days = [start + timedelta(days=k) for k in range((START - start).days)]
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY monitoring_readingday (practice_id, enrollment_id, device_id, local_day, automatic, reported, typed, first_received_at, changed_at) FROM STDIN"
        ) as copy,
    ):
        for d, r in zip(devices, rows, strict=True):
            for day in earlier_days:
                copy.write_row((practice.pk, r.pk, d.pk, day, 1, 0, 0, now, now))
            adherence = chance.choice([0.2, 0.6, 0.8, 0.95])
            for day in days:
                if chance.random() < adherence:
                    copy.write_row((practice.pk, r.pk, d.pk, day, 1, 0, 0, now, now))
    entries, calls, totals = [], [], []
    for k, r in enumerate(rows):
        nurse = nurses[k % len(nurses)].user
        slot = datetime(2026, 3, 2, 14, tzinfo=UTC) + timedelta(
            minutes=12 * (k // len(nurses) % 35), days=7 * (k // len(nurses) // 35)
        )
        length = chance.choice([150, 280, 310, 620])
        for week in range(4):
            started_at = slot + timedelta(days=week)
            entries.append(TimeEntry(practice=practice, enrollment=r, staff=nurse, role="clinical_staff", program="RPM", activity="review",
                                     proof="timer", started_at=started_at, stopped_at=started_at + timedelta(seconds=length), entered_by=nurse, entered_at=started_at))  # fmt: skip
        calls.append(Call(practice=practice, enrollment=r, channel="phone", outcome="patient" if k % 6 else "voicemail", started_at=slot,
                          ended_at=slot + timedelta(seconds=90), called_by=nurse, role="clinical_staff", logged_at=slot))  # fmt: skip
        totals.append(
            MonthTotal(practice=practice, enrollment=r, month=MONTH, staff_seconds=4 * length, live_contacts=1)
        )
    TimeEntry.objects.bulk_create(entries, batch_size=2000)
    Call.objects.bulk_create(calls, batch_size=2000)
    MonthTotal.objects.bulk_create(totals, batch_size=2000)
    Standing.objects.bulk_create(
        [Standing(practice=practice, enrollment=r, last_reading_at=now + timedelta(hours=k), last_metric="blood_pressure", last_value=130,
                  last_value_2=80, open_critical=k % 97 == 0, open_high=k % 23 == 0) for k, r in enumerate(rows)], batch_size=2000,
        update_conflicts=True, unique_fields=["enrollment"],
        update_fields=["last_reading_at", "last_metric", "last_value", "last_value_2", "open_critical", "open_high"])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return practice, doctor.user
