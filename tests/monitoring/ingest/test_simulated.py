"""Bodies that the simulator writes are read back by the parsers."""

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from monitoring.ingest import Measurement, entries_of
from monitoring.ingest.registry import senders
from monitoring.ingest.simulated import MetricNotSent, body_of, simulated_vendors
from monitoring.models import Reading
from monitoring.services import open_source

AT = datetime(2026, 3, 20, 13, 14, tzinfo=UTC)
VALUES = {
    "blood_pressure": (128, 79, 66), "weight": (70, 0, 0), "glucose": (110, 0, 0), "spo2": (97, 0, 0),
    "heart_rate": (66, 0, 0), "temperature": (37, 0, 0), "peak_flow": (410, 0, 0), "therapy": (7, 0, 0),
}  # fmt: skip


SENT = [(v.shape, metric) for v in simulated_vendors().values() if v.shape != "withings" for metric in v.metrics]


def test_every_sender_has_a_simulator():
    assert [vendor.shape for vendor in senders() if vendor.simulate is None] == []


@pytest.mark.parametrize(("vendor", "metric"), SENT)
def test_each_vendors_body_is_read_back(vendor, metric):
    _, body = body_of(vendor, serial="356938035643809", metric=metric, values=VALUES[metric], at=AT)
    entry = next(
        e
        for e in entries_of(vendor, (body if isinstance(body, str) else json.dumps(body)).encode())
        if isinstance(e, Measurement)
    )

    assert (entry.serial, entry.metric, entry.measured_at) == ("356938035643809", metric, AT)
    assert entry.values[0] == VALUES[metric][0]


def test_a_vendor_lists_the_measures_that_it_sends():
    with pytest.raises(MetricNotSent, match="BodyTrace sends these measures: weight"):
        body_of("bodytrace", serial="356938035643809", metric="glucose", values=(110, 0, 0), at=AT)


@pytest.mark.slow
def test_the_command_sends_over_http_and_reports_what_is_wrong(live_world, live_server):
    _, key = open_source(practice=live_world.practice, name="T", shape="telli", now=AT)
    out = io.StringIO()
    options = {
        "vendor": "telli",
        "device": live_world.serial,
        "values": [152, 91, 70],
        "at": "2026-03-20T08:14:00-05:00",
    }
    call_command("send_reading", **options, url=live_server.url, key=key, stdout=out)
    assert out.getvalue().startswith("200")
    assert Reading.objects.get().value == 152
    for wrong, message in (
        ({"key": "wrong"}, "401"), ({"key": None}, "--key"), ({"url": "ftp://x"}, "http"), ({"metric": "mood"}, "measure"),
        ({"at": "2026-03-20T08:14:00"}, "offset"), ({"url": "http://127.0.0.1:9"}, "reached"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=message):
            call_command("send_reading", **{**options, "url": live_server.url, "key": key, **wrong})
    call_command("send_reading", **options, show=True, stdout=out)
    assert '"BloodPressure"' in out.getvalue()
    _, key = open_source(practice=live_world.practice, name="W", shape="withings", now=AT)
    call_command(
        "send_reading", vendor="withings", device="12345", values=[0], url=live_server.url, key=key, stdout=out
    )
    assert '202 {"stored": true, "status": "/api/deliveries/' in out.getvalue()
