"""The page of unmatched readings: true counts, pages, search, the payload with its audit event, and repairs."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrollment import services as enrollment
from enrollment.models import Device
from monitoring.ingest import BadBody
from monitoring.intake import repairs, take_in
from monitoring.models import ClockCorrection, Delivery, Reading, ReadingDay, UnmatchedReading
from monitoring.services import open_source
from rpm_portal.audit.models import Event
from tests.builders import a_patient, an_enrollment, at

BACKEND = "rpm_portal.accounts.backends.PortalBackend"
NOON = at("2026-03-20", "12:00:00")


def client_of(world, role="clinical_staff"):
    client = Client()
    client.force_login(world.user(role), backend=BACKEND)
    return client


def entry(world, moment=NOON, **more):
    return {"device": world.serial, "metric": "blood_pressure", "measured_at": moment.isoformat(), "systolic": 128,
            "diastolic": 79, **more}  # fmt: skip


def work_all():
    for pk in Delivery.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True):
        take_in.work(pk, now=timezone.now())


def page_of(world, **query):
    return client_of(world).get(reverse("monitoring:unmatched"), query).content.decode()


def test_the_heading_counts_every_row_and_each_page_has_fifty(world):
    world.send([entry(world, NOON + timedelta(seconds=n), device="cuff-new") for n in range(101)], now=NOON)

    first = page_of(world)
    assert "101 unmatched readings" in first
    assert "Page 1 of 3" in first
    assert first.count("Open<span") == 50
    assert page_of(world, page=3).count("Open<span") == 1


def test_the_number_of_statements_does_not_grow_with_the_rows(world, django_assert_max_num_queries):
    client = client_of(world)
    for count in (1, 60):
        rows = [entry(world, NOON + timedelta(seconds=n), device=f"new-{count}-{n}") for n in range(count)]
        world.send(rows, now=NOON)
        with django_assert_max_num_queries(26):
            client.get(reverse("monitoring:unmatched"))


def test_rows_are_filtered_by_kind_and_searched_by_post(world):
    world.send([entry(world, device="ABC-1"), entry(world, device="XYZ-2"), entry(world, systolic=999)], now=NOON)

    assert page_of(world, reason="impossible").count("Open<span") == 1
    assert page_of(world, reason="future").count("Open<span") == 0
    answer = client_of(world).post(reverse("monitoring:unmatched"), {"q": "bc-1"}).content.decode()
    assert answer.count("Open<span") == 1
    assert "3 unmatched readings" in answer
    assert page_of(world.other).count("Open<span") == 0


def test_the_payload_is_on_the_page_of_the_reading_alone_and_looking_is_recorded(world):
    world.send([entry(world, device="cuff-new", systolic=177)], now=NOON)
    row, client = UnmatchedReading.objects.get(), client_of(world)
    assert "177" not in page_of(world)

    answer = client.get(reverse("monitoring:unmatched_reading", args=[row.public_id]))
    assert "177" in answer.content.decode()
    event = Event.objects.filter(action="read_unmatched").get()
    assert (event.subject, event.actor) == (f"unmatchedreading:{row.public_id}", world.user("clinical_staff"))
    other = client_of(world.other)
    assert other.get(reverse("monitoring:unmatched_reading", args=[row.public_id])).status_code == 404


def repair(world, row, **form):
    address = reverse("monitoring:repair_reading", args=[row.public_id])
    return client_of(world).post(address, form)


def test_a_device_is_registered_and_assigned_in_one_step_and_all_its_readings_are_matched(world):
    moments = [NOON - timedelta(days=n) for n in range(3)]
    for moment in moments:
        world.send([entry(world, moment, device="cuff-new")], now=NOON)
    world.send([entry(world, device="another")], now=NOON)
    row = UnmatchedReading.objects.filter(serial="cuff-new").first()
    form = {"step": "assign", "model": world.cuff.pk, "who": world.patient.mrn, "on": "2026-03-18", "at": "00:00"}

    assert repair(world, row, **form).status_code == 302
    work_all()
    assert sorted(Reading.objects.values_list("measured_at", flat=True)) == sorted(moments)
    assert set(Reading.objects.values_list("enrollment", flat=True)) == {world.enrollment.pk}
    assert [r.serial for r in UnmatchedReading.objects.filter(resolved_at__isnull=True)] == ["another"]


def test_a_patient_who_is_not_found_or_not_alone_is_asked_for(world):
    nurse = world.user("clinical_staff")
    world.send([entry(world, device="cuff-new")], now=NOON)
    row = UnmatchedReading.objects.get()
    twin = an_enrollment(
        world, a_patient(world.practice, nurse, mrn="T2", family=world.patient.family_name), serial="twin-cuff"
    )
    form = {"step": "assign", "model": world.cuff.pk, "on": "2026-03-18", "at": "00:00"}

    assert repair(world, row, **form, who="nobody-of-this-name").status_code == 422
    answer = repair(world, row, **form, who=world.patient.family_name)
    assert answer.status_code == 422
    assert "Choose the enrollment" in answer.content.decode()
    assert not Device.objects.filter(serial="cuff-new").exists()
    chosen = repair(world, row, **form, who=world.patient.family_name, chosen=twin.public_id)
    assert chosen.status_code == 302
    work_all()
    assert Reading.objects.get().enrollment == twin


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"on": "2027-01-01"}, "future"),
        ({"on": ""}, "required"),
        ({"at": "99:99"}, "valid"),
        ({"model": ""}, "required"),
    ],
)
def test_an_assignment_that_cannot_be_is_refused_and_nothing_is_registered(world, change, sentence):
    world.send([entry(world, device="cuff-new")], now=NOON)
    form = {"step": "assign", "model": world.cuff.pk, "who": world.patient.mrn, "on": "2026-03-18", "at": "00:00"}
    answer = repair(world, UnmatchedReading.objects.get(), **form | change)

    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Device.objects.filter(serial="cuff-new").exists()


def test_a_device_with_another_patient_is_not_assigned_over_them(world):
    before = at("2026-01-04", "12:00:00")
    world.send([entry(world, before)], now=NOON)
    row = UnmatchedReading.objects.get()
    assert row.reason == "not_assigned"
    answer = repair(world, row, step="assign", who=world.patient.mrn, on="2026-01-03", at="00:00")

    assert (answer.status_code, "Take it back first" in answer.content.decode()) == (422, True)


def fast(world, minutes, **more):
    """Send a reading whose clock is fast by these minutes."""
    return world.send([entry(world, NOON + timedelta(minutes=minutes), **more)], now=NOON)


def test_a_fast_clock_is_corrected_with_a_reason_and_the_day_counts(world):
    assert fast(world, 10).unmatched == 1
    row = UnmatchedReading.objects.get()
    form = {"step": "clock", "on": "2026-03-20", "at": "12:00:00", "reason": "The clock was ten minutes fast"}

    assert repair(world, row, **form).status_code == 302
    for _ in range(2):
        work_all()
        Delivery.objects.filter(pk=row.delivery_id).update(state="waiting", due_at=NOON)
    reading = Reading.objects.get()
    assert (reading.measured_at, reading.time_source, reading.source_kind) == (NOON, "person", "automatic")
    assert ReadingDay.objects.get().automatic == 1
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 0
    # The same entry that is sent again is the same reading.
    assert fast(world, 10).known == 1
    chart = client_of(world).get(reverse("monitoring:readings", args=[world.enrollment.public_id])).content.decode()
    assert "clock corrected by a person" in chart


def test_all_waiting_readings_of_the_device_move_by_the_same_time(world):
    for minutes in (10, 20, 30):
        fast(world, minutes)
    fast(world, 40, device="another")
    row = UnmatchedReading.objects.get(payload__measured_at=(NOON + timedelta(minutes=30)).isoformat())
    repairs.correct_clock(
        reading=row,
        measured_at=NOON,
        every=True,
        reason="Half an hour fast",
        by=world.members["clinical_staff"],
        now=NOON,
    )
    work_all()

    assert sorted(Reading.objects.values_list("measured_at", flat=True)) == [
        NOON - timedelta(minutes=20), NOON - timedelta(minutes=10), NOON,
    ]  # fmt: skip
    assert Event.objects.get(action="correct_clock").detail["readings"] == 3


@pytest.mark.parametrize(
    ("moment", "accepted"),
    [
        (NOON, True), (NOON + timedelta(seconds=1), False), (NOON - timedelta(days=7), True),
        (NOON - timedelta(days=7, seconds=1), False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("clock", ["1970-01-01T00:00:10+00:00", "2099-01-01T00:00:00+00:00"])
def test_a_corrected_moment_is_within_seven_days_before_the_receipt(world, moment, accepted, clock):
    world.send([{**entry(world), "measured_at": clock}], now=NOON)
    row = UnmatchedReading.objects.get()
    form = {"step": "clock", "reason": "The clock was never set"}
    local = moment.astimezone(ZoneInfo("America/Chicago"))
    answer = repair(world, row, **form, on=f"{local:%Y-%m-%d}", at=f"{local:%H:%M:%S}")

    assert answer.status_code == (302 if accepted else 422)
    assert ClockCorrection.objects.count() == accepted


@pytest.mark.parametrize("reason", ["too short", "         x"])
def test_a_clock_is_not_corrected_without_a_reason(world, reason):
    fast(world, 10)
    answer = repair(world, UnmatchedReading.objects.get(), step="clock", on="2026-03-20", at="12:00", reason=reason)

    assert (answer.status_code, ClockCorrection.objects.count()) == (422, 0)


def test_a_clock_is_not_corrected_to_a_moment_without_a_patient(world):
    enrollment.take_back_device(assignment=world.enrollment.assignments.get(), ends_at=NOON - timedelta(days=1))
    fast(world, 10)
    row = UnmatchedReading.objects.get()
    answer = repair(world, row, step="clock", on="2026-03-20", at="11:00", reason="The clock was fast")

    assert (answer.status_code, "Assign it first" in answer.content.decode()) == (422, True)


def test_the_unit_of_a_source_is_set_and_its_readings_are_matched(world):
    source, _ = open_source(practice=world.practice, name="Tenovi", shape="tenovi", now=NOON)
    for n in range(2):
        body = {"metric": "weight", "hwi_device_id": world.serial, "value_1": 180 + n, "timestamp": NOON.isoformat()}
        take_in.take_in(source=source, body=json.dumps(body).encode(), now=NOON)
    row = UnmatchedReading.objects.first()
    assert row.reason == "unknown_unit"
    assert repair(world, row, step="unit", weight_unit="").status_code == 422

    assert repair(world, row, step="unit", weight_unit="lb").status_code == 302
    work_all()
    assert sorted(str(value) for value in Reading.objects.values_list("value", flat=True)) == ["81.65", "82.10"]


@pytest.mark.parametrize(
    ("metric", "value", "field", "unit", "stored"),
    [
        ("temperature", 98.6, "temperature_unit", "[degF]", "37.00"),
        ("glucose", 6.1, "glucose_unit", "mmol/L", "109.90"),
    ],
)
def test_the_units_of_temperature_and_glucose_are_set_too(world, metric, value, field, unit, stored):
    source, _ = open_source(practice=world.practice, name="Tenovi", shape="tenovi", now=NOON, weight_unit="kg")
    body = {"metric": metric, "hwi_device_id": world.serial, "value_1": value, "timestamp": NOON.isoformat()}
    take_in.take_in(source=source, body=json.dumps(body).encode(), now=NOON)
    row = UnmatchedReading.objects.get()
    assert row.reason == "unknown_unit"

    assert repair(world, row, step="unit", **{field: unit}).status_code == 302
    work_all()
    assert str(Reading.objects.get().value) == stored
    source.refresh_from_db()
    assert source.units == {"weight": "kg", metric: unit}


def test_all_readings_of_a_kind_are_dismissed_with_one_note(world):
    rows = [entry(world, NOON - timedelta(minutes=n), device="cuff-new") for n in range(60)]
    world.send([*rows, entry(world, device="another"), entry(world, systolic=999)], now=NOON)
    row = UnmatchedReading.objects.filter(serial="cuff-new").first()
    address, client = reverse("monitoring:set_aside", args=[row.public_id]), client_of(world)
    assert client.post(address, {"all": "1", "why": "short"}).status_code == 422

    assert client.post(address, {"all": "1", "why": "A test device of the office"}).status_code == 302
    assert UnmatchedReading.objects.filter(resolution="set_aside").count() == 60
    assert {r.serial for r in UnmatchedReading.objects.filter(resolved_at__isnull=True)} == {"another", world.serial}
    assert Event.objects.get(action="dismiss_alike").detail["readings"] == 60


def test_nobody_repairs_a_reading_of_another_practice_or_without_the_permission(world):
    world.send([entry(world, device="cuff-new")], now=NOON)
    row = UnmatchedReading.objects.get()
    address = reverse("monitoring:repair_reading", args=[row.public_id])
    assert client_of(world.other).post(address, {"step": "assign"}).status_code == 404
    for role in ("biller", "auditor", "admin"):
        assert client_of(world, role).post(address, {"step": "assign"}).status_code == 403
    assert repair(world, row, step="unknown").status_code == 422


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"reading": [177]}', "177"),
        (b"\xff\xfe\x00<b>", "&lt;b&gt;"),
        (b"x" * 30_000, "The first 20000 of 30000 bytes"),
    ],
)
def test_the_body_of_a_refused_delivery_is_behind_a_click_and_looking_is_recorded(world, body, shown):
    with pytest.raises(BadBody):
        take_in.take_in(source=world.source, body=body, now=NOON)
    row, client = Delivery.objects.get(state="refused"), client_of(world)
    path = reverse("monitoring:delivery", args=[row.public_id])
    assert path in client.get(reverse("monitoring:unmatched")).content.decode()

    answer = client.get(path)

    assert answer.status_code == 200
    assert shown in answer.content.decode()
    assert Event.objects.filter(action="read_delivery", subject=f"delivery:{row.public_id}").count() == 1
    assert client_of(world.other).get(path).status_code == 404
    assert client_of(world, "manager").get(path).status_code == 403
