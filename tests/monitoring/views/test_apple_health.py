"""The page for Apple Health exports: previewed, then stored once, and never a reading day of RPM."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from monitoring.intake import manual_entry
from monitoring.models import Delivery, Reading, ReadingDay
from tests.monitoring.ingest.vendors.test_apple_health import export, record, zipped

pytestmark = pytest.mark.django_db
BACKEND = "rpm_portal.accounts.backends.PortalBackend"


@pytest.fixture
def send_form(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    path = reverse("monitoring:apple_health", args=[world.enrollment.public_id])
    device = manual_entry.assignments_of(world.enrollment)[0]
    form = {"device": str(device.pk), "metric": "blood_pressure", "since": "2026-11-01"}
    return lambda **more: client.post(path, form | more)


def upload(stream, name="export.zip"):
    return SimpleUploadedFile(name, stream.getvalue())


def pressures(*days, at="08:15:00 -0600"):
    return zipped(
        export(
            *(
                record(kind, value, "mmHg", at=f"2026-11-{day:02d} {at}")
                for day in days
                for kind, value in (("BloodPressureSystolic", 128), ("BloodPressureDiastolic", 79))
            )
        )
    )


def test_an_export_is_previewed_and_then_stored_once(send_form):
    shown = send_form(file=upload(pressures(2, 3)))
    assert b"Import 2 readings" in shown.content
    assert not Delivery.objects.exists()

    for new, known in ((2, 0), (0, 2)):
        stored = send_form(excerpt=shown.context["excerpt"], keep="1").content.decode()
        assert f"{new} new, {known} already on file" in stored

    assert [(row.value, row.value_2, row.source_kind) for row in Reading.objects.all()] == [(128, 79, "file")] * 2
    assert not ReadingDay.objects.filter(automatic__gt=0).exists()
    assert [row.typed for row in ReadingDay.objects.all()] == [1, 1]


def test_a_file_chosen_with_the_last_button_is_read_first(send_form):
    shown = send_form(file=upload(pressures(2)), keep="1")

    assert b"Import 1 reading<" in shown.content
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "Choose the file"),
        ({"file": SimpleUploadedFile("a.zip", b"PK\x03\x04")}, "damaged"),
        ({"excerpt": "[1"}, "not JSON"),
        ({"excerpt": "{}"}, "An excerpt is an object"),
        ({"excerpt": "{}", "since": ""}, "required"),
        ({"excerpt": "{}", "metric": "therapy"}, "valid choice"),
        ({"excerpt": "{}", "device": "0"}, "valid choice"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(send_form, more, message):
    answer = send_form(keep="1", **more)

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Delivery.objects.exists()


def test_an_excerpt_cannot_claim_that_the_device_sent_it(send_form, world):
    reading = {
        "device": world.serial, "metric": "weight", "weight_kg": 70, "measured_at": "2026-11-02T08:00:00-06:00",
        "source": "automatic",
    }  # fmt: skip
    answer = send_form(excerpt=json.dumps({"readings": [reading]}), keep="1").content.decode()

    assert "0 new" in answer
    assert not Reading.objects.exists()


def test_a_file_above_the_limit_is_refused_before_it_is_read(send_form, monkeypatch):
    monkeypatch.setattr("monitoring.views.apple_health.MAX_UPLOAD_BYTES", 10)
    monkeypatch.setattr("monitoring.views.apple_health.read_export", lambda *a, **k: pytest.fail("it was read"))

    assert "larger than 200 MB" in send_form(file=upload(io.BytesIO(b"x" * 11))).content.decode()
