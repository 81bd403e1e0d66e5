"""I1 to I6: readings in, one, a hundred, a thousand and ten thousand at a time, against a bare page and against COPY."""

import json
import random
import statistics
import threading
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.harness import compare
from benchmarks.practice import build
from benchmarks.web_server import ask, line, serving
from enrollment.models import Device
from monitoring.intake import take_in
from monitoring.models import Reading, Source
from monitoring.services import open_source
from rpm_portal.core.db import copy_rows
from rpm_portal.core.db.copy_rows import reserve_keys

START = datetime(2026, 1, 6, tzinfo=UTC)
CLIENTS = 4
REQUESTS = 800
_used = 0


def moments(count: int) -> list[datetime]:
    """Moments that were never used before, a minute apart."""
    global _used
    first, _used = _used, _used + count
    return [START + timedelta(minutes=(first + n) % 200_000, seconds=(first + n) // 200_000) for n in range(count)]


def batch(serials: list[str], count: int) -> list[dict[str, object]]:
    """Readings of many devices, none seen before."""
    return [
        {"device": serials[n % len(serials)], "metric": "blood_pressure", "measured_at": at.isoformat(), "systolic": 128,
         "diastolic": 79, "pulse": 66}
        for n, at in enumerate(moments(count))
    ]  # fmt: skip


def bundle(serials: list[str], count: int, *, named: bool = True) -> bytes:
    """The same as a FHIR Bundle; `named`: each with an identifier, as senders' systems write them."""

    def quantity(value: int) -> dict[str, object]:
        return {"value": value, "code": "mm[Hg]"}

    def name() -> dict[str, object]:
        return (
            {"identifier": [{"system": "urn:gateway.example", "value": f"{random.getrandbits(64):x}"}]} if named else {}
        )

    return json.dumps(
        {
            "resourceType": "Bundle",
            "entry": [
                {"resource": {
                    "resourceType": "Observation", "id": f"{random.getrandbits(64):x}", "status": "final",
                    "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
                    "effectiveDateTime": row["measured_at"], "device": {"identifier": {"value": row["device"]}},
                    "component": [
                        {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": quantity(128)},
                        {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": quantity(79)},
                    ],
                    **name(),
                }}
                for row in batch(serials, count)
            ],
        }
    ).encode()  # fmt: skip


def copy_in(source: Source, holders: list[tuple[int, int]], count: int, *, named: bool) -> None:
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


def main(size: int = 510) -> None:
    """Every measurement, on a practice of `size` patients with a device each."""
    practice, _ = build(size)
    held = list(Device.objects.filter(practice=practice).values_list("serial", "pk", "assignments__enrollment"))
    serials, holders = [row[0] for row in held], [(row[2], row[1]) for row in held]
    portal, key = open_source(practice=practice, name="Bench", shape="portal", now=timezone.now())
    fhir, _ = open_source(practice=practice, name="Bench FHIR", shape="fhir", now=timezone.now())
    Source.objects.update(per_minute=10**9)
    single(serials, key)
    # Bodies are made before the clock starts: a vendor makes them.
    for name, count, named in (
        ("I2 bundle of 100", 100, True), ("I2 bundle of 100, no identifier", 100, False),
        ("I3 bundle of 1,000", 1_000, True), ("I3 bundle of 1,000, no identifier", 1_000, False),
    ):  # fmt: skip
        bundles = iter([bundle(serials, count, named=named) for _ in range(6)])
        compare(
            name, lambda n=count, named=named: copy_in(fhir, holders, n, named=named),
            lambda made=bundles: take_in.take_in(source=fhir, body=next(made), now=timezone.now()), units=count,
        )  # fmt: skip
    settings.INTAKE_AT_ONCE = 100_000
    bodies = [json.dumps({"readings": batch(serials, 10_000)}).encode() for _ in range(6)]
    unsent = iter(bodies)

    def backfill() -> None:
        take_in.take_in(source=portal, body=next(unsent), now=timezone.now())

    compare("I4 backfill of 10,000", lambda: copy_in(portal, holders, 10_000, named=False), backfill, units=10_000)
    kept = Reading.objects.count()

    def replay() -> None:
        """The very same bodies once more, and the same readings in other words (a list in another order)."""
        take_in.take_in(source=portal, body=bodies[0], now=timezone.now())

    compare("I5 replay, word for word", lambda: copy_in(portal, holders, 10_000, named=False), replay, units=10_000)
    said = json.loads(bodies[1])["readings"]

    again = []
    for _ in range(6):
        random.shuffle(said)
        again.append(json.dumps({"readings": said}).encode())
    shuffled = iter(again)

    def reworded() -> None:
        take_in.take_in(source=portal, body=next(shuffled), now=timezone.now())

    before = Reading.objects.count()
    compare("I5 replay, shuffled", lambda: copy_in(portal, holders, 10_000, named=False), reworded, units=10_000)
    print(f"    new readings by replays: {Reading.objects.count() - before - 6 * 10_000} of none; {kept} kept before")
    grown(fhir, serials, holders)


def single(serials: list[str], key: str) -> None:
    """I1: one reading a request over a real server, against a page that says hello on the same server."""
    with serving():
        pairs = []
        for _ in range(5):
            limit = _rate("GET", "/healthz", lambda: None, {})
            headers = {"x-api-key": key, "Content-Type": "application/json"}
            ours = _rate("POST", "/api/readings/", lambda: json.dumps({"readings": batch(serials, 1)}), headers)
            pairs.append((limit, ours))
        limit, ours = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        print(
            f"I1 one a request: {ours:,.0f}/s, hello {limit:,.0f}/s, ratio {ours / limit:.3f} (5 rounds of {REQUESTS}, c=4)"
        )


def _rate(verb: str, path: str, body: object, headers: dict[str, str]) -> float:
    bodies_by_client = [[body() for _ in range(REQUESTS // CLIENTS)] for _ in range(CLIENTS)]  # type: ignore[operator]

    def client(bodies: list[str | None]) -> None:
        mine = line()
        for one in bodies:
            assert ask(mine, verb, path, one, headers) == 200

    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(bodies,)) for bodies in bodies_by_client]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return REQUESTS / (time.perf_counter() - started)


def grown(fhir: Source, serials: list[str], holders: list[tuple[int, int]], rows: int = 1_000_000) -> None:
    """I6: bundles of a thousand on the stored readings, and again with a million more readings, each with a random id."""

    def thousand() -> float:
        body = bundle(serials, 1_000)
        started = time.perf_counter()
        take_in.take_in(source=fhir, body=body, now=timezone.now())
        return time.perf_counter() - started

    small = statistics.median(thousand() for _ in range(7))
    stored = Reading.objects.count()
    for _ in range(rows // 50_000):
        copy_in(fhir, holders, 50_000, named=True)
    with connection.cursor() as cursor:
        # What autovacuum does meanwhile where a table grows over years.
        cursor.execute("VACUUM (ANALYZE) monitoring_reading")
    big = statistics.median(thousand() for _ in range(7))
    print(f"I6 bundle of 1,000 with {stored:,} readings and with {Reading.objects.count():,}: ratio {small / big:.2f}")
