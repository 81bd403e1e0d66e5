"""The readings API: keys, answers, stored deliveries, and its published description."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as within
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from enrollment import services as enrollment
from monitoring import services
from monitoring.ingest import entries_of
from monitoring.ingest.registry import senders
from monitoring.intake import keep_readings, replay, take_in
from monitoring.models import Delivery, DeviceContact, Reading, ReadingDay, Source, UnmatchedReading
from monitoring.readings.store import insert_new
from monitoring.views.api import api
from rpm_portal.core import throttle
from rpm_portal.core.refusals import Refused
from rpm_portal.wsgi import application
from tests.builders import at, days

PUBLISHED = Path(settings.BASE_DIR) / "docs" / "openapi.json"
NOON = at("2026-03-20", "12:00:00")


def key_of(world, shape, **more):
    return services.open_source(practice=world.practice, name=shape, shape=shape, now=NOON, **more)[1]


def send(path, body, key, **headers):
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    return Client().post(path, raw, content_type="application/json", headers={"x-api-key": key, **headers})


def observation(world, value=70, *, at_="2026-03-20T08:00:00-05:00", name="o1", **more):
    return {
        "resourceType": "Observation", "identifier": [{"value": name}], "status": "final", "effectiveDateTime": at_,
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "device": {"identifier": {"value": world.serial}}, "valueQuantity": {"value": value, "code": "kg"}, **more,
    }  # fmt: skip


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": r} for r in resources]}


def test_the_published_description_is_the_served_one():
    served = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))

    assert served == json.loads(PUBLISHED.read_text()), "write it again: manage.py describe_api > docs/openapi.json"


def test_the_key_is_sent_in_a_header_or_as_a_password(world):
    key = key_of(world, "bodytrace")
    basic = base64.b64encode(f"anybody:{key}".encode()).decode()
    body = json.dumps({"deviceId": 35693803564380, "ts": 1774000000000, "values": {"weight": 69800}})
    request = {"path": "/api/bodytrace/", "data": body, "content_type": "application/json"}

    assert Client().post(**request, headers={"authorization": f"Basic {basic}"}).status_code == 200
    assert Client().post(**request, headers={"x-api-key": key}).status_code == 200
    for wrong in ("Basic", "Basic !!!", f"Bearer {key}", "Basic " + base64.b64encode(b"\xff").decode()):
        answer = Client().post(**request, headers={"authorization": wrong})
        assert answer.status_code == 401, wrong
        assert answer["WWW-Authenticate"].startswith("Basic")


def test_a_key_is_valid_for_its_own_address_only(world):
    assert send("/api/telli/", {}, key_of(world, "tenovi")).status_code == 403
    assert send("/api/fhir/", {}, world.key).status_code == 403
    assert send("/api/readings/", {"deviceId": "x"}, key_of(world, "telli")).status_code == 200
    hand = services.people_source(world.practice.pk, "hand", now=NOON)
    Source.objects.filter(pk=hand.pk).update(key_digest=services.digest_of("known"))
    assert send("/api/readings/", {"readings": []}, "known").status_code == 401


def test_a_renewed_key_ends_the_old_one(world):
    _, key = services.renew_key(source=world.source, by=world.user("manager"), now=NOON)

    assert send("/api/readings/", {"readings": []}, world.key).status_code == 401
    assert send("/api/readings/", {"readings": []}, key).status_code == 200
    with pytest.raises(Refused):
        services.revoke_source(source=world.source, by=world.user("manager"), now=NOON)


def test_the_rate_is_counted_in_windows_and_nobody_is_refused_without_a_broker(settings):
    moment = timezone.now().timestamp() // 60 * 60 + 5
    name = f"test-{moment}-{id(settings)}"
    assert [throttle.is_within_limit(name, limit=2, moment=moment) for _ in range(3)] == [True, True, False]
    assert throttle.is_within_limit(name, limit=2, moment=moment + 60)
    assert throttle.seconds_left(moment) == 55
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert throttle.is_within_limit(name, limit=0, moment=moment)


def test_a_guessed_key_is_slowed_down(world, monkeypatch):
    monkeypatch.setattr("monitoring.views.api_keys.WRONG_KEYS", 0)

    assert send("/api/readings/", {}, "guess").status_code == 429


@pytest.mark.parametrize("path", ["/api/readings/", "/api/fhir/", "/api/telli/"])
@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b'{"a": NaN}', b"\xff", b"[" * 100_000 + b"]" * 100_000])
def test_a_bad_body_is_refused_with_a_sentence_and_stored_as_refused(world, path, body):
    shape = {"/api/readings/": "portal", "/api/fhir/": "fhir", "/api/telli/": "telli"}[path]
    key = key_of(world, shape)
    answers = [send(path, body, key) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {400}
    delivery = Delivery.objects.get(source__shape=shape, state="refused")
    assert (bytes(delivery.body), delivery.times) == (body, 2)
    content = answers[0].json()
    assert content["issue"][0]["diagnostics"] if path == "/api/fhir/" else content["detail"] and content["request_id"]


def test_ten_megabytes_are_refused_before_they_are_read(world):
    answer = send("/api/readings/", b" " * (10 * 1024 * 1024), world.key)

    assert answer.status_code == 413
    assert not Delivery.objects.exists()


def test_ninety_nine_good_entries_are_stored_and_the_bad_one_is_answered(world):
    key = key_of(world, "fhir")
    good = [
        observation(world, 60 + n / 10, name=f"g{n}", at_=f"2026-03-20T{6 + n // 60:02d}:{n % 60:02d}:00-05:00")
        for n in range(99)
    ]
    answer = send("/api/fhir/", bundle(*good[:40], observation(world, -3, name="bad"), *good[40:]), key)

    assert answer.status_code == 200
    statuses = [entry["response"]["status"][:3] for entry in answer.json()["entry"]]
    assert (statuses.count("201"), statuses[40]) == (99, "422")
    assert Reading.objects.filter(metric="weight").count() == 99
    assert UnmatchedReading.objects.get().reason == "impossible"
    again = send("/api/fhir/", bundle(*good), key).json()["entry"]
    assert {entry["response"]["status"] for entry in again} == {"200 OK"}
    assert Reading.objects.filter(metric="weight").count() == 99


def test_a_sender_amends_and_retracts_an_identified_reading(world):
    key = key_of(world, "fhir")
    send("/api/fhir/Observation", observation(world, 70), key)
    send("/api/fhir/Observation", observation(world, 72, status="amended", at_="2026-03-19T23:00:00-05:00"), key)

    old, new = Reading.objects.order_by("pk")
    assert (old.void_reason, new.corrects_id, new.value) == ("Amended by the sender", old.pk, 72)
    assert dict(ReadingDay.objects.values_list("local_day", "automatic")) == {
        old.local_day: 0, new.local_day: 1,
    }  # fmt: skip
    # The old version that is sent again stays voided.
    send("/api/fhir/Observation", observation(world, 70), key)
    assert Reading.objects.filter(voided_at__isnull=True).get().pk == new.pk
    assert world.enrollment.standing.last_value == 72

    answer = send("/api/fhir/Observation", observation(world, 72, status="entered-in-error"), key)
    assert answer.json()["issue"][0]["diagnostics"] == "Voided."
    assert not Reading.objects.filter(voided_at__isnull=True).exists()
    assert set(ReadingDay.objects.values_list("automatic", flat=True)) == {0}


def test_another_practices_device_is_unknown_and_the_answer_reveals_no_more(world):
    answer = send("/api/fhir/Observation", observation(world.other), key_of(world, "fhir"))

    row = UnmatchedReading.objects.get()
    assert answer.json()["issue"][0]["diagnostics"] == (
        "Stored, and waits for the practice. no device with this serial number in the practice. "
        f"Kept as {row.public_id}; do not send it again."
    )
    assert (row.practice, row.reason) == (world.practice, "unknown_device")


def test_heartbeats_prove_the_device_and_make_no_day(world):
    body = {"deviceId": world.serial, "time": "1774000000000", "data": {"battery": 61, "rsrp": 24}}
    answer = send("/api/telli/", body, key_of(world, "telli"))

    assert answer.json()["heard"] == 1
    assert not ReadingDay.objects.exists()
    contact = DeviceContact.objects.get(device__serial=world.serial)
    assert (contact.battery, contact.signal) == (61, 24)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = client.get(f"/devices/{contact.device.public_id}/").content.decode()
    assert "battery 61 %" in page


def entry(world, moment, serial=""):
    return {"device": serial or world.serial, "metric": "blood_pressure", "measured_at": moment.isoformat(),
            "systolic": 128, "diastolic": 79}  # fmt: skip


def test_a_large_body_is_stored_and_processed_later(world, settings):
    settings.INTAKE_AT_ONCE = 3
    body = {"readings": [entry(world, at(day, "07:00:00")) for day in days("2026-03-01", "2026-03-05")]}
    answer = send("/api/readings/", body, world.key)

    assert not Reading.objects.exists()
    delivery = Delivery.objects.get(state="waiting")
    status = f"/api/deliveries/{delivery.public_id}/"
    assert (answer.status_code, answer.json()) == (202, {"stored": True, "status": status})
    assert take_in.work(delivery.pk, now=timezone.now()).new == 5
    assert take_in.work(delivery.pk, now=timezone.now()).new == 0
    delivery.refresh_from_db()
    assert (delivery.state, Reading.objects.count()) == ("done", 5)


def test_a_future_reading_stays_unmatched_and_received_at_is_that_of_the_body(world, settings):
    settings.INTAKE_AT_ONCE = 1
    moments = [NOON, NOON + timedelta(minutes=5), NOON + timedelta(minutes=5, seconds=1)]
    body = json.dumps({"readings": [entry(world, moment) for moment in moments]}).encode()
    assert take_in.take_in(source=world.source, body=body, now=NOON).later
    delivery = Delivery.objects.get()
    for _ in range(2):
        take_in.work(delivery.pk, now=NOON + timedelta(days=2))

    assert set(Reading.objects.values_list("received_at", flat=True)) == {NOON}
    assert Reading.objects.count() == 2
    assert UnmatchedReading.objects.get().reason == "future"


def test_a_failing_delivery_is_tried_five_times_and_then_waits_for_a_person(world, monkeypatch):
    def broken(*args, **more):
        raise ZeroDivisionError

    monkeypatch.setattr(keep_readings, "insert_new", broken)
    answer = send("/api/readings/", {"readings": [entry(world, NOON)]}, world.key)
    assert answer.status_code == 202
    delivery = Delivery.objects.get()
    waits = []
    for _ in range(4):
        waits.append(delivery.due_at)
        take_in.work(delivery.pk, now=NOON)
        delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.due_at) == ("failed", 5, None)
    assert "ZeroDivisionError" in delivery.message

    monkeypatch.setattr(keep_readings, "insert_new", insert_new)
    replay.play_again(delivery=delivery, now=NOON)
    take_in.work(delivery.pk, now=NOON)
    assert Reading.objects.count() == 1


def test_a_defect_in_a_parser_loses_nothing(world, monkeypatch):
    def broken(*args):
        raise RuntimeError

    monkeypatch.setattr(take_in, "entries_of", broken)
    assert send("/api/readings/", {"readings": [entry(world, NOON)]}, world.key).status_code == 202
    monkeypatch.setattr(take_in, "entries_of", entries_of)
    take_in.work(Delivery.objects.get(state="waiting").pk, now=timezone.now())

    assert Reading.objects.count() == 1


def test_an_unavailable_database_is_answered_with_503_and_nothing_is_acknowledged(world, monkeypatch):
    def unavailable(**more):
        raise OperationalError("gone: DETAIL Jane Doe")

    monkeypatch.setattr(take_in, "take_in", unavailable)
    answer = send("/api/readings/", {"readings": []}, world.key)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert b"Jane" not in answer.content


def test_the_same_batch_is_answered_and_not_stored_again(world):
    body = {"readings": [entry(world, at("2026-03-01", f"{n // 60:02d}:{n % 60:02d}:00")) for n in range(100)]}
    first, second = (send("/api/readings/", body, world.key).json() for _ in range(2))

    assert (first["new"], second["new"], second["known"]) == (100, 0, 100)
    assert Delivery.objects.get().times == 2


def test_assigning_a_device_queues_the_readings_that_waited_for_it(world):
    """Only that device's, only of this practice, and not what waits for another reason or has no body any more."""
    for serial in ("cuff-new", "cuff-newer"):
        send("/api/readings/", {"readings": [entry(world, NOON, serial)]}, world.key)
    send("/api/readings/", {"readings": [entry(world.other, NOON, "cuff-new")]}, world.other.key)
    nurse = world.user("clinical_staff")
    device = enrollment.add_device(model=world.cuff, serial="cuff-new", by=nurse)
    assert not Delivery.objects.filter(state="waiting").exists()

    start = at("2026-03-01", "00:00:00")
    enrollment.assign_device(device=device, enrollment=world.enrollment, starts_at=start, by=nurse)

    queued = Delivery.objects.get(state="waiting")
    assert (queued.practice, queued.unmatched.get().serial, queued.tries) == (world.practice, "cuff-new", 0)
    take_in.work(queued.pk, now=timezone.now())
    assert Reading.objects.get().enrollment == world.enrollment
    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 2


def test_an_unmatched_reading_is_matched_once_its_device_is_known(world):
    send("/api/readings/", {"readings": [entry(world, NOON, "cuff-new")]}, world.key)
    row, nurse = UnmatchedReading.objects.get(), world.user("clinical_staff")
    replay.play_again(delivery=row.delivery, now=timezone.now())
    take_in.work(row.delivery_id, now=timezone.now())
    row.refresh_from_db()
    assert row.resolved_at is None

    device = enrollment.add_device(model=world.cuff, serial="cuff-new", by=nurse)
    # The device is registered, but was assigned to nobody at that time.
    assert replay.play_all_again(world.practice.pk, now=timezone.now()) == 1
    take_in.work(row.delivery_id, now=timezone.now())
    assert UnmatchedReading.objects.get(resolved_at__isnull=True).reason == "not_assigned"
    enrollment.assign_device(
        device=device, enrollment=world.enrollment, starts_at=at("2026-03-01", "00:00:00"), by=nurse
    )
    replay.play_all_again(world.practice.pk, now=timezone.now())
    take_in.work(row.delivery_id, now=timezone.now())

    assert Reading.objects.count() == 1
    assert set(UnmatchedReading.objects.values_list("resolution", flat=True)) == {"placed"}


def test_a_person_sets_a_reading_aside_once_with_a_note(world):
    send("/api/readings/", {"readings": [entry(world, NOON, "cuff-new")]}, world.key)
    row, nurse = UnmatchedReading.objects.get(), world.user("clinical_staff")
    with pytest.raises(Refused):
        replay.set_aside(reading=row, note=" ", by=nurse, now=NOON)
    replay.set_aside(reading=row, note="A test in the office", by=nurse, now=NOON)
    with pytest.raises(Refused):
        replay.set_aside(reading=row, note="Again", by=nurse, now=NOON)


def pulled(source, notice):
    group = {
        "grpid": 1,
        "attrib": 0,
        "date": int(notice.start.timestamp()),
        "deviceid": notice.account,
        "measures": [{"type": 1, "value": 70, "unit": 0}],
    }
    yield json.dumps({"status": 0, "body": {"measuregrps": [group]}}).encode()


def test_a_withings_announcement_is_fetched_if_a_pull_is_set(world):
    key = key_of(world, "withings")
    enrollment.assign_device(
        device=enrollment.add_device(model=world.cuff, serial="W1", by=world.user("clinical_staff")),
        enrollment=world.enrollment, starts_at=at("2026-03-01", "00:00:00"), by=world.user("clinical_staff"),
    )  # fmt: skip
    epoch = int(NOON.timestamp())
    form = {"userid": "W1", "appli": "1", "startdate": epoch, "enddate": epoch + 60}
    assert (
        Client().post(f"/api/withings/{key}/", form, content_type="application/x-www-form-urlencoded").status_code
        == 400
    )
    answer = Client().post(
        f"/api/withings/{key}/", "&".join(f"{k}={v}" for k, v in form.items()),
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert answer.status_code == 202
    assert Client().post("/api/withings/wrong/", "a=1", content_type="text/plain").status_code == 401
    delivery = Delivery.objects.get(state="waiting")
    announcement = replay.announced(delivery.pk)

    replay.fetch(delivery.pk, announcement, pull=None, now=NOON)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.message) == ("waiting", replay.NO_PULL)
    replay.fetch(delivery.pk, announcement, pull=lambda *a: iter([b'{"status": 401}']), now=NOON)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("waiting", 1)
    replay.fetch(delivery.pk, announcement, pull=pulled, now=NOON)
    replay.fetch(delivery.pk, announcement, pull=pulled, now=NOON)
    delivery.refresh_from_db()
    assert delivery.state == "done"
    assert Reading.objects.filter(metric="weight").count() == 1


CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip
schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.fixture
def keyed(world, monkeypatch):
    """A key for each address: this test is about bodies, not keys."""
    monkeypatch.setattr("monitoring.views.api_keys.WRONG_KEYS", 10**9)
    # The requests stay inside this test's transaction, as the test client's do.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {shape: key_of(world, shape) for shape in (vendor.shape for vendor in senders())}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@schema.parametrize()
@within(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
def test_nothing_generated_from_the_description_meets_an_undocumented_answer(case, keyed):
    shape = case.path.strip("/").split("/")[1] if case.path.startswith("/api") else case.path.strip("/").split("/")[0]
    shape = {"readings": "portal", "deliveries": "portal", "signed": "portal"}.get(shape, shape)
    Source.objects.update(per_minute=10**6)
    key = keyed[shape]
    if shape == "withings":
        case.path_parameters["key"] = key
    # A body that violates the description is stored and answered, not refused: that check does not apply here.
    case.call_and_validate(headers={"x-api-key": key}, checks=CHECKS)
