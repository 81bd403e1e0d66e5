"""Copies of real senders' bodies, sent to the real API addresses and the real file page."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import services as enrollment
from monitoring.intake import manual_entry
from monitoring.models import Alert, Reading, ReadingDay, UnmatchedReading
from monitoring.services import open_source, set_threshold
from tests.builders import at
from tests.conftest import SHARED

CASES = SHARED / "cases" / "readings"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CASES.exists(), reason="the shared folder is absent"),
]
BACKEND = "rpm_portal.accounts.backends.PortalBackend"
# Expected values (with their bounds, a second value or a pulse after a slash), and the number of days.
EXPECTED = {
    "F09": (["70", "71", "72"], 3),
    "F10": (["60", "61", "62", "65", "66", "67"], 3),
    "F11": (["61", "62"], 2),
    "F12": (["61", "62"], 2),
    "F13": (["64"], 1),
    "F14": ([], 0),
    "F15": ([], 0),
    "F26": ([">600"], 1),
    "F27": ([">600"], 1),
    "F34": (["72"], 1),
    "F45": (["64"], 1),
    "F51": (["125/81/70"], 1),
    "P01": (None, 1),
    "P15": (["128/79/66", "131/79/66"], 2),
    "W08": (None, 1),
}


@pytest.fixture
def devices(world, monkeypatch):
    """The devices of the cases, assigned to the patient before the cases begin."""
    nurse = world.user("clinical_staff")
    for serial in ("SN-77", "chi-bp", "W-DEV-1"):
        device = enrollment.add_device(model=world.cuff, serial=serial, by=nurse)
        enrollment.assign_device(
            device=device, enrollment=world.enrollment, starts_at=at("2026-04-01", "00:00:00"), by=nurse
        )
    set_threshold(enrollment=world.enrollment, metric="glucose", by=world.user("physician"), critical_high=400)
    now = at("2026-09-01")
    monkeypatch.setattr("monitoring.views.api.timezone.now", lambda: now)
    monkeypatch.setattr("monitoring.views.readings.timezone.now", lambda: now)
    return now


def text(row):
    bounds = [*row.bounds.split(","), "", ""]
    values = [row.value, row.value_2, row.value_3] if row.metric == "blood_pressure" else [row.value]
    return "/".join(f"{bound}{value.normalize():f}" for bound, value in zip(bounds, values, strict=False))


@pytest.mark.parametrize("name", ["F09", "F10", "F11", "F12", "F13", "F14", "F15", "F26", "F27", "F45", "F51", "P15"])
def test_a_case_has_the_expected_readings(world, devices, name):
    case = json.loads((CASES / f"{name}.json").read_text())
    _, key = open_source(practice=world.practice, name=name, shape=case["door"], now=devices - timedelta(days=200))
    path = "/api/readings/" if case["door"] == "portal" else "/api/fhir/"
    for step in case.get("steps") or [case]:
        single = step["body"].get("resourceType") == "Observation"
        answer = Client().post(
            path + ("Observation" if single else ""), json.dumps(step["body"]), content_type="application/json",
            headers={"x-api-key": key},
        )  # fmt: skip
        assert answer.status_code == 200

    values, days = EXPECTED[name]
    rows = Reading.objects.filter(voided_at__isnull=True)
    assert sorted(text(row) for row in rows) == values
    assert ReadingDay.objects.filter(automatic__gt=0).count() == days
    assert Alert.objects.filter(severity="critical").count() == (name in {"F26", "F27"})
    assert {row.reason for row in UnmatchedReading.objects.all()} == ({"same_name"} if name == "P15" else set())


def test_the_libreview_case_is_imported_on_the_file_page(world, devices):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    path = reverse("monitoring:bring_file", args=[world.enrollment.public_id])
    device = manual_entry.assignments_of(world.enrollment)[0]
    form = {"text": (CASES / "X05_libreview_us.csv").read_text(), "device": str(device.pk)}
    assert "&gt;400" in client.post(path, form).content.decode()
    client.post(path, form | {"keep": "1"})

    assert [text(row) for row in Reading.objects.order_by("measured_at")] == ["112", "121", ">400"]
