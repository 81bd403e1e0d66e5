"""Real readings through the device API, five months closed by a real worker, compared with lines computed by hand."""

import csv
import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from billing.close.moves import start_computing
from billing.models import ClaimLine, MonthClose
from billing.tasks import ring
from enrollment import services as enrollment
from enrollment.models import DeviceModel
from monitoring.models import DeviceContact, Reading, ReadingDay
from monitoring.services import open_source, set_threshold
from rpm_portal.core.days import Month
from tests.builders import ZONE, a_patient, an_enrollment, at
from tests.conftest import SHARED, wait_for

SAMPLES = SHARED / "samples"
START = date(2026, 4, 15)
pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(not SAMPLES.exists(), reason="the shared folder does not exist next to this checkout"),
]


def shifted(path, column, moments):
    """Rows of a sample file, shifted by whole days so that the first reading of each person is on START."""
    rows = list(csv.DictReader(path.open()))
    first: dict[str, date] = {}
    for row in rows:
        day = datetime.fromisoformat(row[moments]).date()
        first[row.get(column, "")] = min(day, first.get(row.get(column, ""), day))
    for row in rows:
        local = datetime.fromisoformat(row[moments]) + (START - first[row.get(column, "")])
        yield row, local.replace(tzinfo=ZoneInfo(ZONE))


def deliver(world, entries):
    """Send to the API as a gateway does, 2,000 readings a request; returns the summed counts."""
    client, counts = Client(), {"new": 0, "known": 0, "unmatched": 0, "heard": 0, "taken_back": 0}
    for start in range(0, len(entries), 2000):
        body = json.dumps({"readings": entries[start : start + 2000]})
        response = client.post(
            "/api/readings/", body, content_type="application/json", headers={"x-api-key": world.key}
        )
        assert response.status_code == 200, response.content
        answer = response.json()
        for key in counts:
            counts[key] += answer[key]
    return counts


def close(world, month, worker):
    now = timezone.now()
    month_close = start_computing(practice=world.practice, month=month, by=world.user("manager"), now=now)
    ring(month_close.pk)
    wait_for(lambda: MonthClose.objects.get(pk=month_close.pk).state == "in_review")


def lines(row):
    rows = ClaimLine.objects.filter(enrollment=row).exclude(state="void").order_by("dos", "code")
    return [(line.code, line.units, str(line.dos)) for line in rows]


def test_one_persons_blood_pressure_and_five_peoples_glucose(live_world, worker):
    world, nurse = live_world, live_world.members["clinical_staff"]
    reed = an_enrollment(
        world, a_patient(world.practice, nurse.user, mrn="BP", family="Reed"), started=START, serial="cuff-reed"
    )
    set_threshold(enrollment=reed, metric="blood_pressure", by=nurse.user, high=150)
    cgm = DeviceModel.objects.create(practice=world.practice, name="CGM", measures="glucose", fda_defined=True)
    people = {}
    for subject in ("S1", "S2", "S3", "S4", "S5"):
        patient = a_patient(world.practice, nurse.user, mrn=subject, family=f"Person{subject}")
        people[subject] = row = an_enrollment(world, patient, started=START, serial=f"cuff-{subject}")
        device = enrollment.add_device(model=cgm, serial=f"cgm-{subject}", by=nurse.user)
        enrollment.assign_device(device=device, enrollment=row, starts_at=at(START, "00:00:00"), by=nurse.user)

    pressure = [
        {
            "device": "cuff-reed", "metric": "blood_pressure", "measured_at": moment.isoformat(),
            "systolic": int(row["systolic_mmhg"]), "diastolic": int(row["diastolic_mmhg"]), "pulse": int(row["pulse_bpm"]),
        }
        for row, moment in shifted(SAMPLES / "home_bp_one_person_108_days.csv", "-", "measured_at")
    ]  # fmt: skip
    glucose = [
        {
            "device": f"cgm-{row['subject']}", "metric": "glucose", "measured_at": moment.isoformat(),
            "glucose_mg_dl": float(row["glucose_mg_dl"]),
        }
        for row, moment in shifted(SAMPLES / "cgm_five_people.csv", "subject", "measured_at")
    ]  # fmt: skip
    assert pressure[0]["measured_at"].startswith("2026-04-15")
    assert deliver(world, pressure) == {"new": 222, "known": 0, "unmatched": 0, "heard": 0, "taken_back": 0}
    counts = deliver(world, glucose)
    assert counts["new"] + counts["known"] == 13_866
    assert counts["unmatched"] == 0
    # Sending everything again changes nothing.
    assert deliver(world, pressure + glucose)["new"] == 0
    assert Reading.objects.filter(enrollment=reed).count() == 222
    # Counted by hand in the file: 97 distinct local days; 14, 13, 7, 14 and 12 for the five people.
    assert ReadingDay.objects.filter(enrollment=reed).count() == 97
    assert [ReadingDay.objects.filter(enrollment=people[s]).count() for s in sorted(people)] == [14, 13, 7, 14, 12]

    # Documented work: 21:00 with a call in April; 19:59 in May; 40:00 in June; 25:00 and no call in July; 10:00 in August.
    for day, seconds, talked in (
        ("2026-04-20", 1260, True),
        ("2026-05-20", 1199, True),
        ("2026-06-10", 2400, True),
        ("2026-07-08", 1500, False),
        ("2026-08-05", 600, True),
    ):
        world.work(day, seconds, row=reed)
        if talked:
            world.call(day, row=reed)
        else:
            world.call(day, row=reed, outcome="voicemail")

    worker.start()
    for number in range(4, 9):
        close(world, Month(2026, number), worker)

    # Windows of thirty days from 15 April: 25, 26, 29 and 17 reading days; the fifth, from 13 August, ends in September.
    assert lines(reed) == [
        ("99457", 1, "2026-04-30"),  # 21:00; no device period has ended in April
        ("99453", 1, "2026-05-14"),  # set-up, with the first period that has its days
        ("99454", 1, "2026-05-14"),  # 25 days, Apr 15 to May 14
        ("99470", 1, "2026-05-31"),  # 19:59 is not 20:00
        ("99454", 1, "2026-06-13"),  # 26 days, May 15 to Jun 13
        ("99457", 1, "2026-06-30"),
        ("99458", 1, "2026-06-30"),  # 40:00
        ("99454", 1, "2026-07-13"),  # 29 days, Jun 14 to Jul 13; a voicemail is not live, so 25:00 bills nothing
        ("99454", 1, "2026-08-12"),  # 17 days, Jul 14 to Aug 12
        ("99470", 1, "2026-08-31"),  # 10:00
    ]
    # Seven to fourteen days of glucose give the code for fewer days for 15 Apr to 14 May, and nothing later.
    for subject, row in people.items():
        assert lines(row) == [("99445", 1, "2026-05-14"), ("99453", 1, "2026-05-14")], subject
    facts = ClaimLine.objects.get(enrollment=reed, code="99454", dos="2026-05-14")
    days = "Monitoring data was recorded on 25 days from Apr 15, 2026 through May 14, 2026; 99454 requires at least 16 days."
    assert days in [reason["says"] for reason in facts.because]
    assert len([e for e in facts.evidence if e.startswith("day:")]) == 25


def test_the_vendors_published_payloads_are_stored_correctly(live_world):
    world, nurse = live_world, live_world.user("clinical_staff")
    _, key = open_source(practice=world.practice, name="Telli", shape="telli", now=timezone.now())
    payloads = json.loads((SAMPLES / "vendor_telli_health.json").read_text())["readings"]
    patient = a_patient(world.practice, nurse, mrn="T1", family="Telli", established_on=date(2023, 5, 2))
    enrollment.add_coverage(
        patient=patient, payer=world.payer, member_id="1EG4TE5MK73", starts_on=date(2023, 1, 1), by=nurse
    )
    row = an_enrollment(world, patient, started=date(2024, 7, 1))
    model = DeviceModel.objects.create(practice=world.practice, name="Vendor", measures="all", fda_defined=True)
    for serial in {body["deviceId"] for version in payloads.values() for body in version.values()}:
        device = enrollment.add_device(model=model, serial=serial, by=nurse)
        enrollment.assign_device(device=device, enrollment=row, starts_at=at("2024-07-01", "00:00:00"), by=nurse)
    client, counts = Client(), []
    for version in ("readingsV1", "readingsV2"):
        for body in payloads[version].values():
            response = client.post("/api/telli/", body, content_type="application/json", headers={"x-api-key": key})
            assert response.status_code == 200
            counts.append(response.json())

    # Six measures, sent twice: new in version 1, and known in version 2. A sleeping mat measures no vital sign.
    assert sum(count["new"] for count in counts) == 6
    assert sum(count["known"] for count in counts) == 6
    assert sum(count["unmatched"] for count in counts) == 0
    assert sum(count["heard"] for count in counts) == 16
    by_metric = {r.metric: r for r in Reading.objects.filter(enrollment=row)}
    assert set(by_metric) == {"blood_pressure", "glucose", "weight", "spo2", "temperature", "peak_flow"}
    assert by_metric["blood_pressure"].measured_at == datetime(2024, 7, 19, 9, 48, 44, tzinfo=UTC)
    assert str(by_metric["weight"].value) == "61.23"  # 135 lb
    assert str(by_metric["temperature"].value) == "36.22"  # 97.2 F
    assert (str(by_metric["peak_flow"].value), str(by_metric["peak_flow"].value_2)) == ("322.00", "1.85")
    # All six are on one day in Chicago, each from its own device.
    assert {d.local_day for d in ReadingDay.objects.filter(enrollment=row)} == {date(2024, 7, 19)}
    assert DeviceContact.objects.get(device__serial="351358815532467").battery == 61
