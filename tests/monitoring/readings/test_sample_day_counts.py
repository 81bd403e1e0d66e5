"""Real measurements, moved across both clock changes in two zones: the stored days equal an independent recount.

The files have the wearer's local clock without a zone. The recount reads only the date that is written in each row.
"""

import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from enrollment import services as enrollment
from monitoring.intake.take_in import take_in
from monitoring.models import Reading, ReadingDay, UnmatchedReading
from monitoring.services import open_source
from tests.builders import a_patient, an_enrollment, at
from tests.conftest import SHARED

FOLDER = SHARED / "samples"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.exists(), reason="the shared folder is absent"),
]
# The days on which clocks change in 2026.
CHANGES = [
    ("America/Chicago", "2026-03-08"),
    ("America/Chicago", "2026-11-01"),
    ("Pacific/Auckland", "2026-04-05"),
    ("Pacific/Auckland", "2026-09-27"),
]


def pressures():
    with (FOLDER / "home_bp_one_person_108_days.csv").open() as file:
        for row in csv.DictReader(file):
            values = {"systolic": int(row["systolic_mmhg"]), "diastolic": int(row["diastolic_mmhg"])}
            yield row["measured_at"], {"metric": "blood_pressure", **values}


def glucose():
    with (FOLDER / "cgm_five_people.csv").open() as file:
        for row in csv.DictReader(file):
            if row["subject"] == "S2":
                yield row["measured_at"], {"metric": "glucose", "glucose_mg_dl": float(row["glucose_mg_dl"])}


def moved(rows, changes_on, days_before):
    """The rows moved by whole days, so that the clocks change some days after the first row."""
    rows = [(datetime.fromisoformat(written), values) for written, values in rows]
    shift = datetime.fromisoformat(changes_on) - timedelta(days=days_before) - rows[0][0]
    return [(moment + timedelta(days=shift.days + 1), values) for moment, values in rows]


def exists(local, zone):
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


@pytest.mark.slow
@pytest.mark.parametrize(("zone_name", "changes_on"), CHANGES)
@pytest.mark.parametrize(("sample", "days_before"), [(pressures, 20), (glucose, 4)])
def test_the_days_of_a_sample_equal_a_recount_across_a_clock_change(
    world, monkeypatch, sample, days_before, zone_name, changes_on
):
    nurse, zone, now = world.user("clinical_staff"), ZoneInfo(zone_name), at("2027-06-01")
    patient = a_patient(world.practice, nurse, mrn="SAMPLE", family="Sample", zone=zone_name)
    device = enrollment.add_device(model=world.cuff, serial="sample", by=nurse)
    row = an_enrollment(world, patient, serial="other-one")
    enrollment.assign_device(device=device, enrollment=row, starts_at=at("2025-01-01", "00:00:00"), by=nurse)
    local_rows = [(local, values) for local, values in moved(sample(), changes_on, days_before) if exists(local, zone)]
    dates = {local.date().isoformat() for local, _ in local_rows}
    assert min(dates) < changes_on < max(dates)
    entries = [
        {"device": "sample", "measured_at": local.replace(tzinfo=zone).isoformat(), **values}
        for local, values in local_rows
    ]
    source, _ = open_source(practice=world.practice, name="S", shape="portal", now=timezone.now())
    monkeypatch.setattr("django.conf.settings.INTAKE_AT_ONCE", len(entries))
    for _ in range(2):
        take_in(source=source, body=json.dumps({"readings": entries}).encode(), now=now)

    distinct = {json.dumps([local.isoformat(), values]) for local, values in local_rows}
    recount = Counter(json.loads(text)[0][:10] for text in distinct)
    stored = ReadingDay.objects.filter(enrollment=row).values_list("local_day", "automatic")
    assert {str(day): count for day, count in stored} == dict(recount)
    assert Reading.objects.filter(enrollment=row).count() == len(distinct)
    assert UnmatchedReading.objects.count() == 0
