"""The practice, the senders and the readings of the intake benchmark, and the limit: COPY of the same rows."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from benchmarks.practice import build
from enrollment.models import Device
from monitoring.models import Source
from monitoring.services import open_source, set_source
from rpm_portal.core.db import copy_rows
from rpm_portal.core.db.copy_rows import reserve_keys

START = datetime(2026, 1, 6, tzinfo=UTC)
SECRET, HEADER = "bench-secret", "X-Signature"
_used = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """One practice with a device for each patient, and its senders."""

    portal: Source
    fhir: Source
    keys: dict[str, str]
    serials: list[str]
    holders: list[tuple[int, int]]

    @classmethod
    def of(cls, size: int) -> "Bench":
        """A practice of `size` patients, without limits and rules."""
        practice, _ = build(size)
        held = list(Device.objects.filter(practice=practice).values_list("serial", "pk", "assignments__enrollment"))
        portal, key = open_source(practice=practice, name="Bench", shape="portal", now=timezone.now())
        fhir, fhir_key = open_source(practice=practice, name="Bench FHIR", shape="fhir", now=timezone.now())
        Source.objects.update(per_minute=10**9)
        set_source(source=fhir, secret=SECRET, signature_algorithm="sha256", signature_header=HEADER)
        return cls(portal, fhir, {"portal": key, "fhir": fhir_key}, [r[0] for r in held], [(r[2], r[1]) for r in held])


def moments(count: int) -> list[datetime]:
    """Moments that were never used before, a minute apart."""
    global _used
    first, _used = _used, _used + count
    return [START + timedelta(minutes=(first + n) % 200_000, seconds=(first + n) // 200_000) for n in range(count)]


def batch(serials: Sequence[str], count: int) -> list[dict[str, object]]:
    """Readings of many devices, none seen before."""
    return [
        {"device": serials[n % len(serials)], "metric": "blood_pressure", "measured_at": at.isoformat(), "systolic": 128,
         "diastolic": 79, "pulse": 66}
        for n, at in enumerate(moments(count))
    ]  # fmt: skip


def observation(row: dict[str, object], *, named: bool = True) -> dict[str, object]:
    """A reading as FHIR; `named`: with an identifier, as senders' systems write them."""

    def quantity(value: int) -> dict[str, object]:
        return {"value": value, "code": "mm[Hg]"}

    name = {"identifier": [{"system": "urn:gateway.example", "value": f"{random.getrandbits(64):x}"}]} if named else {}
    return {
        "resourceType": "Observation", "id": f"{random.getrandbits(64):x}", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "effectiveDateTime": row["measured_at"], "device": {"identifier": {"value": row["device"]}},
        "component": [
            {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": quantity(128)},
            {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": quantity(79)},
        ],
        **name,
    }  # fmt: skip


def bundle(serials: Sequence[str], count: int, *, named: bool = True) -> bytes:
    """Readings as a FHIR Bundle."""
    entries = [{"resource": observation(row, named=named)} for row in batch(serials, count)]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def copy_in(source: Source, holders: Sequence[tuple[int, int]], count: int, *, named: bool) -> None:
    """The limit: COPY of the same rows into the same tables with the same indexes, nothing asked.

    `named`: with a sender's random identifier each, as a FHIR Bundle's rows have and our own batch's have not.
    """
    now = timezone.now()
    with transaction.atomic():
        keys, at = reserve_keys("monitoring_reading", count), moments(count)
        owners = [holders[n % len(holders)] for n in range(count)]
        copy_rows.copy_in(
            "monitoring_reading",
            ("id", "practice_id", "enrollment_id", "device_id", "metric", "measured_at", "received_at", "local_day",
             "zone", "time_source", "value", "value_2", "value_3", "source_kind"),
            (
                (key, source.practice_id, *owner, "blood_pressure", moment, now, moment.date(), "America/Chicago",
                 "device", 128, 79, 66, "automatic")
                for key, moment, owner in zip(keys, at, owners, strict=True)
            ),
        )  # fmt: skip
        if named:
            copy_rows.copy_in(
                "monitoring_vendorreading",
                ("practice_id", "sender_id", "vendor_system", "vendor_id", "reading_id", "reading_measured_at"),
                (
                    (source.practice_id, source.sender_id, "urn:gateway.example", f"{random.getrandbits(64):x}", key, moment)
                    for key, moment in zip(keys, at, strict=True)
                ),
            )  # fmt: skip
