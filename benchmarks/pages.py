"""P3 and P6: a chart with 10,000 values against a bare signed-in page, and the delay from reading to worklist."""

import json
import time
from datetime import timedelta
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from benchmarks.harness import compare
from benchmarks.practice import build
from enrollment.models import Device, DeviceAssignment, Enrollment
from monitoring.intake import take_in
from monitoring.models import Reading, Source, Standing
from monitoring.services import open_source
from rpm_portal.accounts.models import Practice
from rpm_portal.urls import urlpatterns as portal

ROUNDS = 20


# Ten plain cells a row, like a list of patients, without queries.
_CELLS = ("why", "who", "last", "trend", "days", "minutes", "call", "next", "timer", "with")
_ROWS = [{name: f"{name} {number}" for name in _CELLS} for number in range(50)]
_BARE = (
    '{% extends "base.html" %}{% block content %}<h1>Bare</h1><table><tbody>{% for row in rows %}<tr>'
    + "".join(f"<td>{{{{ row.{name} }}}}</td>" for name in _CELLS)
    + "</tr>{% endfor %}</tbody></table>{% endblock content %}"
)


@cache
def _bare_template() -> Any:
    return engines["django"].from_string(_BARE)


def bare(request: HttpRequest) -> HttpResponse:
    """The limit: the frame with session, user, practice and running timer, and fifty constant rows."""
    return HttpResponse(_bare_template().render({"rows": _ROWS}, request))


urlpatterns = [path("bare/", bare), *portal]


def history(practice: Practice, client: Client, source: Source) -> None:
    """P3's growth: thirty days of a patient with two years of daily readings, against one with two months."""
    now = timezone.now()
    loads = []
    for row, days in zip(Enrollment.objects.filter(practice=practice).order_by("-pk")[:2], (60, 730), strict=True):
        assignment = DeviceAssignment.objects.get(enrollment=row)
        DeviceAssignment.objects.filter(pk=assignment.pk).update(starts_at=now - timedelta(days=800))
        readings = [
            {"device": assignment.device.serial, "metric": "blood_pressure", "systolic": 120 + n % 20, "diastolic": 78,
             "pulse": 66, "measured_at": (now - timedelta(days=n, minutes=5)).isoformat()}
            for n in range(days)
        ]  # fmt: skip
        take_in.take_in(source=source, body=json.dumps({"readings": readings}).encode(), now=now)
        assert Reading.objects.filter(enrollment=row).count() == days
        address = f"/patients/{row.patient.public_id}/?days=30"

        def load(address: str = address) -> None:
            for _ in range(ROUNDS):
                assert client.get(address).status_code == 200

        loads.append(load)
    compare("P3 chart, two years of history against two months", *loads, units=ROUNDS)


def main(size: int = 520) -> None:
    """Measure a chart with few values, with 10,000 values, and the delay from a stored reading to the worklist."""
    practice, doctor = build(size)
    row = Enrollment.objects.filter(practice=practice).order_by("pk").first()
    assert row is not None
    serial = Device.objects.filter(practice=practice, assignments__enrollment=row).values_list("serial", flat=True)[0]
    source, _ = open_source(practice=practice, name="Bench", shape="portal", now=timezone.now())
    client = Client()
    client.force_login(doctor, backend="rpm_portal.accounts.backends.PortalBackend")
    address = f"/patients/{row.patient.public_id}/?days=90"

    def load_chart() -> None:
        for _ in range(ROUNDS):
            assert client.get(address).status_code == 200

    def load_bare() -> None:
        for _ in range(ROUNDS):
            assert client.get("/bare/").status_code == 200

    with override_settings(ROOT_URLCONF="benchmarks.pages", INTAKE_AT_ONCE=100_000):
        history(practice, client, source)
        compare("P3 chart, few values", load_bare, load_chart, units=ROUNDS)
        now = timezone.now()
        readings = [
            {"device": serial, "metric": "glucose", "glucose_mg_dl": 90 + n % 120,
             "measured_at": (now - timedelta(minutes=12 * n)).isoformat()}
            for n in range(10_000)
        ]  # fmt: skip
        take_in.take_in(source=source, body=json.dumps({"readings": readings}).encode(), now=now)
        compare("P3 chart, 10,000 values", load_bare, load_chart, units=ROUNDS)
    waits = []
    for n in range(50):
        at = timezone.now().replace(microsecond=0) + timedelta(seconds=n)  # a moment of a reading is a whole second
        reading = {"device": serial, "metric": "weight", "weight_kg": 70 + n / 10, "measured_at": at.isoformat()}
        take_in.take_in(source=source, body=json.dumps({"readings": [reading]}).encode(), now=at)
        answered = time.perf_counter()
        assert Standing.objects.get(enrollment=row).last_reading_at == at
        waits.append(time.perf_counter() - answered)
    print(
        f"P6 from the response to the stored sums of the worklist: at most {max(waits) * 1000:.1f} ms, same transaction"
    )
