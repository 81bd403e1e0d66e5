"""One device of two people of a home: each reading is stored for one of them by its user number, or by an answer."""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrollment import services as enrollment
from enrollment.documents_in_force import documents_in_force
from enrollment.models import DeviceShare
from monitoring.alerts.silence import find_silence
from monitoring.intake import take_in
from monitoring.intake.patient_devices import assignments_of
from monitoring.intake.shared_devices import choose_person, people_of
from monitoring.models import Alert, Delivery, PersonChoice, Reading, ReadingDay, UnmatchedReading
from monitoring.services import open_source, set_threshold
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import a_patient, an_enrollment, at

pytestmark = pytest.mark.django_db
BACKEND = "rpm_portal.accounts.backends.PortalBackend"
SHARED_FROM = at("2026-11-10", "12:00:00")
NOON = at("2026-11-17", "12:00:00")


@pytest.fixture
def partner(world):
    """A second person of the home, who has a device of their own."""
    nurse = world.user("clinical_staff")
    patient = a_patient(world.practice, nurse, mrn="HOME-2", family="Partner")
    return an_enrollment(world, patient, serial="own-2")


@pytest.fixture
def share(world, partner):
    return enrollment.share_device(
        assignment=world.enrollment.assignments.get(), enrollment=partner, at=SHARED_FROM,
        by=world.user("clinical_staff"), user="2", holder_user="1",
    )  # fmt: skip


def entry(world, moment=NOON, **more):
    return {
        "device": world.serial,
        "metric": "blood_pressure",
        "measured_at": moment.isoformat(),
        "systolic": 128,
        "diastolic": 79,
        **more,
    }


def answer(world, row, chosen):
    now = timezone.now()
    choose_person(reading=row, enrollment=chosen.public_id, by=world.members["clinical_staff"], now=now)
    for pk in Delivery.objects.filter(state="waiting").values_list("pk", flat=True):
        take_in.work(pk, now=now)


def holders():
    rows = Reading.objects.filter(voided_at__isnull=True).order_by("measured_at", "pk")
    return [row.enrollment_id for row in rows]


def test_the_user_number_of_the_sender_decides(world, partner, share):
    world.send([entry(world, user="1"), entry(world, NOON + timedelta(hours=1), user="2")], now=timezone.now())

    assert holders() == [world.enrollment.pk, partner.pk]
    assert {row.enrollment_id: row.automatic for row in ReadingDay.objects.all()} == {
        world.enrollment.pk: 1,
        partner.pk: 1,
    }


@pytest.mark.parametrize("user", [{}, {"user": "3"}, {"user": ""}, {"user": " 2 2"}])
def test_without_a_known_user_number_it_waits_and_counts_for_nobody(world, partner, share, user):
    set_threshold(enrollment=world.enrollment, metric="blood_pressure", by=world.user("physician"), critical_high=180)
    taken = world.send([entry(world, systolic=200, **user)], now=timezone.now())

    assert taken.rows() == [
        {"entry": 0, "result": "waiting", "reason": "whose", "message": "a shared device: whose reading is it?"}
    ]
    assert (Reading.objects.count(), ReadingDay.objects.count(), Alert.objects.count()) == (0, 0, 0)


def test_an_answer_stores_the_reading_with_its_day_and_alert_for_the_chosen_person(world, partner, share):
    for one in (world.enrollment, partner):
        set_threshold(enrollment=one, metric="blood_pressure", by=world.user("physician"), critical_high=180)
    world.send([entry(world, systolic=200)], now=timezone.now())
    row = UnmatchedReading.objects.get()
    assert [one.pk for one in people_of(world.practice.pk, [row])[row.pk]] == [world.enrollment.pk, partner.pk]

    answer(world, row, partner)

    assert holders() == [partner.pk]
    assert [(day.enrollment_id, day.automatic) for day in ReadingDay.objects.all()] == [(partner.pk, 1)]
    assert [alert.enrollment_id for alert in Alert.objects.filter(severity="critical")] == [partner.pk]
    row.refresh_from_db()
    assert row.resolution == "placed"
    assert Event.objects.filter(action="choose_person").count() == 1


def test_the_same_reading_sent_again_is_known_after_the_answer(world, partner, share):
    world.send([entry(world)], now=timezone.now())
    answer(world, UnmatchedReading.objects.get(), partner)
    taken = world.send([entry(world)], now=timezone.now())

    assert taken.counts() | {"heard": 0} == {"new": 0, "known": 1, "unmatched": 0, "heard": 0, "taken_back": 0}
    assert holders() == [partner.pk]


def test_each_reading_needs_its_own_answer(world, partner, share):
    world.send([entry(world), entry(world, NOON + timedelta(minutes=5))], now=timezone.now())
    answer(world, UnmatchedReading.objects.order_by("pk").first(), partner)

    assert holders() == [partner.pk]
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 1


@pytest.mark.parametrize(("seconds", "waits"), [(-1, 0), (0, 1)])
def test_readings_before_the_sharing_stay_with_the_first_person(world, partner, share, seconds, waits):
    world.send([entry(world, SHARED_FROM + timedelta(seconds=seconds))], now=timezone.now())

    assert holders() == [world.enrollment.pk] * (1 - waits)
    assert UnmatchedReading.objects.filter(reason="whose").count() == waits


def test_after_the_end_of_the_sharing_readings_belong_to_the_first_person(world, partner, share):
    enrollment.end_share(share=share, at=NOON, by=world.user("clinical_staff"))
    world.send([entry(world, NOON - timedelta(seconds=1)), entry(world, NOON)], now=timezone.now())

    assert holders() == [world.enrollment.pk]
    assert UnmatchedReading.objects.get().reason == "whose"


def test_a_swap_takes_the_sharing_to_the_new_device(world, partner, share):
    nurse = world.user("clinical_staff")
    device = enrollment.add_device(model=world.cuff, serial="new-cuff", by=nurse)
    old = world.enrollment.assignments.get()
    enrollment.swap_device(assignment=old, device=device, at=NOON - timedelta(hours=1), reason="broken", by=nurse)
    world.send([entry(world, device="new-cuff", user="2")], now=timezone.now())

    assert holders() == [partner.pk]
    assert DeviceShare.objects.filter(ends_at__isnull=True).count() == 1


def test_a_device_that_was_taken_back_is_with_nobody(world, partner, share):
    enrollment.take_back_device(assignment=world.enrollment.assignments.get(), ends_at=NOON - timedelta(hours=1))
    world.send([entry(world, user="2")], now=timezone.now())

    assert UnmatchedReading.objects.get().reason == "not_assigned"


def test_a_person_outside_the_home_cannot_be_chosen(world, partner, share):
    world.send([entry(world)], now=timezone.now())
    nurse = world.user("clinical_staff")
    stranger = an_enrollment(world, a_patient(world.practice, nurse, mrn="X", family="Stranger"), serial="own-3")

    for chosen in (stranger.public_id, world.other.enrollment.public_id, ""):
        with pytest.raises(Refused, match="one of the people"):
            choose_person(
                reading=UnmatchedReading.objects.get(), enrollment=chosen, by=world.members["clinical_staff"], now=NOON
            )
    assert PersonChoice.objects.count() == 0


def test_a_retraction_without_a_name_finds_the_reading_of_either_person(world, partner, share):
    world.send([entry(world, user="2")], now=timezone.now())
    taken = world.send([entry(world, status="entered-in-error")], now=timezone.now())

    assert taken.taken_back == 1
    assert holders() == []


def test_the_subject_of_an_observation_and_the_patient_of_tenovi_are_user_numbers(world, partner, share):
    now = timezone.now()
    observation = {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": NOON.isoformat(),
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}, "subject": {"reference": "Patient/2"},
        "device": {"identifier": {"value": world.serial}}, "valueQuantity": {"value": 71, "code": "kg"},
    }  # fmt: skip
    tenovi = {
        "metric": "spO2", "hwi_device_id": world.serial, "timestamp": NOON.isoformat(), "value_1": "97",
        "patient_id": "2",
    }  # fmt: skip
    for shape, body in (("fhir", observation), ("tenovi", tenovi)):
        source, _ = open_source(practice=world.practice, name=shape, shape=shape, now=now)
        take_in.take_in(source=source, body=json.dumps(body).encode(), now=now)

    assert holders() == [partner.pk, partner.pk]


@pytest.mark.parametrize("which", ["holder", "partner"])
def test_what_people_enter_for_a_patient_is_stored_for_that_patient(world, partner, share, which):
    row = world.enrollment if which == "holder" else partner
    device = next(one for one in assignments_of(row) if one.device.serial == world.serial)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    form = {
        "device": device.pk, "kind": "staff", "metric": "blood_pressure", "on": "2026-11-17", "at": "09:00",
        "first": "128", "second": "79",
    }  # fmt: skip
    answer = client.post(reverse("monitoring:enter_reading", args=[row.public_id]), form)

    assert answer.status_code == 302, answer.content.decode()
    assert holders() == [row.pk]


def test_the_page_asks_whose_reading_it_is_and_one_click_answers(world, partner, share):
    world.send([entry(world)], now=timezone.now())
    row = UnmatchedReading.objects.get()
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    for page in (reverse("monitoring:unmatched"), reverse("monitoring:unmatched_reading", args=[row.public_id])):
        shown = client.get(page).content.decode()
        assert "Whose reading is it?" in shown
        assert str(partner.patient) in shown
    path = reverse("monitoring:choose_person", args=[row.public_id])
    assert client.post(path, {"enrollment": partner.public_id}).status_code == 302
    take_in.work(row.delivery_id, now=timezone.now())

    assert holders() == [partner.pk]


def test_the_page_of_the_device_shares_it_and_ends_that(world, partner):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    device = world.enrollment.assignments.get().device
    path = reverse("enrollment:share_device", args=[device.public_id])

    assert client.post(path, {"who": "nobody at all"}).status_code == 422
    assert client.post(path, {"who": "HOME-2", "user": "1", "holder_user": "1"}).status_code == 422
    assert client.post(path, {"who": "HOME-2", "user": "2", "holder_user": "1"}).status_code == 302
    share = DeviceShare.objects.get()
    assert (share.enrollment_id, share.user, share.holder_user) == (partner.pk, "2", "1")
    assert str(partner.patient) in client.get(reverse("enrollment:device", args=[device.public_id])).content.decode()
    assert client.post(path, {"who": "HOME-2"}).status_code == 422
    assert client.post(path, {"end": str(share.pk)}).status_code == 302
    share.refresh_from_db()
    assert share.ends_at is not None


def test_sharing_with_oneself_or_with_a_device_taken_back_is_refused(world, partner):
    nurse, assignment = world.user("clinical_staff"), world.enrollment.assignments.get()
    with pytest.raises(ValidationError, match="the patient who has the device"):
        enrollment.share_device(assignment=assignment, enrollment=world.enrollment, at=NOON, by=nurse)
    enrollment.take_back_device(assignment=assignment, ends_at=NOON)
    with pytest.raises(ValidationError, match="taken back"):
        enrollment.share_device(assignment=assignment, enrollment=partner, at=NOON, by=nurse)


def test_the_second_person_has_no_custody_and_so_no_device_supply(world, partner, share):
    month = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30)}
    holders = documents_in_force([partner.pk, world.enrollment.pk], **month)
    enrollment.take_back_device(assignment=partner.assignments.get(), ends_at=at("2026-10-30"))

    assert [len(row.devices) for row in holders.values()] == [1, 1]
    (custody,) = documents_in_force([partner.pk], **month)[partner.pk].devices
    assert custody.ends_at < at("2026-11-01", "00:00:00")


@pytest.mark.parametrize(("days", "alerts"), [(3, 0), (4, 1)])
def test_a_person_who_only_shares_a_device_is_missed_when_no_data_arrives(world, partner, share, days, alerts):
    enrollment.take_back_device(assignment=partner.assignments.get(), ends_at=SHARED_FROM - timedelta(days=1))
    find_silence(world.practice.pk, now=SHARED_FROM + timedelta(days=days) - timedelta(seconds=1))

    assert Alert.objects.filter(enrollment=partner, cause="absence").count() == alerts
