"""I1 to I6: readings in, one, a hundred, a thousand and ten thousand at a time, against a bare page and against COPY.

`python -m benchmarks intake` runs all of them with a million more rows in I6; `python -m benchmarks intake I2 I6 10000000`
runs two of them, the last with ten million. Each line has the ratio and the gate, and the stored rows are counted: a wrong
count ends the benchmark.
"""

import hashlib
import hmac
import json
import random
import resource
import statistics
import threading
import time
from collections.abc import Callable, Collection, Sequence

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.harness import compare, seconds
from benchmarks.sent_readings import HEADER, SECRET, Bench, batch, bundle, copy_in, observation
from benchmarks.web_server import ask, line, serving
from monitoring.intake import take_in
from monitoring.models import AlertRule, Reading, ReadingDay, Standing, Threshold, VendorReading
from rpm_portal.accounts.models import User

CLIENTS = 4
REQUESTS = 800
GATES = ("I1", "I2", "I3", "I4", "I5", "I6")


def stored() -> tuple[object, ...]:
    """Everything that intake counts: readings, names, days and their sums, and the last reading of each patient."""
    days = ReadingDay.objects.aggregate(Sum("automatic"), Sum("reported"), Sum("typed"))
    last = Standing.objects.order_by("pk").values_list("enrollment", "last_reading_at", "last_value")
    return Reading.objects.count(), VendorReading.objects.count(), tuple(days.values()), hash(tuple(last))


def expect(name: str, *, added: int, before: int) -> None:
    """End the benchmark if another number of readings was stored than was sent."""
    found = Reading.objects.count() - before
    if found != added:
        raise SystemExit(f"{name}: {found} readings were stored, not {added}")


def single(bench: Bench) -> None:
    """I1: one reading a request over a real server, against a page that says hello on the same server."""
    with serving():
        rate_of("I1 batch of one", bench, "/api/readings/", batch_of_one)
        watch(bench)
        rate_of("I1 FHIR Observation, signed, with limits and rules", bench, "/api/fhir/", signed_observation)
    Threshold.objects.all().delete()
    AlertRule.objects.all().delete()


def watch(bench: Bench) -> None:
    """Set a limit and a rule over several values for each patient. No reading here breaks them."""
    doctor = User.objects.filter(memberships__practice=bench.fhir.practice_id, memberships__role="physician").get()
    rows = [
        {"practice_id": bench.fhir.practice_id, "enrollment_id": enrollment, "set_by": doctor}
        for enrollment, _ in bench.holders
    ]
    Threshold.objects.bulk_create([Threshold(metric="blood_pressure", high=150, **row) for row in rows])
    spec = {"kind": "average", "metric": "blood_pressure", "part": 1, "days": 7, "above": 140}
    AlertRule.objects.bulk_create([AlertRule(spec=spec, **row) for row in rows])


def signed_observation(bench: Bench) -> tuple[str, dict[str, str]]:
    """The body of one Observation, and its headers."""
    body = json.dumps(observation(batch(bench.serials, 1)[0]))
    signature = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    return body, {"x-api-key": bench.keys["fhir"], "Content-Type": "application/fhir+json", HEADER: signature}


def batch_of_one(bench: Bench) -> tuple[str, dict[str, str]]:
    """The body of one reading in the portal's own format, and its headers."""
    body = json.dumps({"readings": batch(bench.serials, 1)})
    return body, {"x-api-key": bench.keys["portal"], "Content-Type": "application/json"}


Made = Callable[[Bench], tuple[str, dict[str, str]]]


def rate_of(name: str, bench: Bench, path: str, made: Made, *, rounds: int = 5) -> None:
    """Print the median requests a second of a sender, with the ratio to a bare page in turn."""
    before, pairs = Reading.objects.count(), []
    for _ in range(rounds):
        limit = _rate("GET", "/healthz", [("", {}) for _ in range(REQUESTS)])
        pairs.append((limit, _rate("POST", path, [made(bench) for _ in range(REQUESTS)])))
    limit, ours = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    expect(name, added=rounds * REQUESTS, before=before)
    words = f"gate 0.12, {rounds} rounds of {REQUESTS}, c={CLIENTS}"
    print(f"{name}: {ours:,.0f}/s, hello {limit:,.0f}/s, ratio {ours / limit:.3f} ({words})")


def _rate(verb: str, path: str, requests: Sequence[tuple[str, dict[str, str]]]) -> float:
    def client(part: Sequence[tuple[str, dict[str, str]]]) -> None:
        mine = line()
        for body, headers in part:
            status = ask(mine, verb, path, body or None, headers)
            assert status in {200, 201}, status

    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(requests[n::CLIENTS],)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(requests) / (time.perf_counter() - started)


def bundles(bench: Bench, name: str, count: int, gate: float) -> None:
    """I2 and I3: Bundles against COPY, with and without identifiers, and the statements of one."""
    # Bodies are made before the clock starts: a vendor makes them.
    for label, named in ((name, True), (f"{name}, no identifier", False)):
        before, made = Reading.objects.count(), iter([bundle(bench.serials, count, named=named) for _ in range(6)])
        compare(
            f"{label} (gate {gate})", lambda named=named: copy_in(bench.fhir, bench.holders, count, named=named),
            lambda made=made: take_in.take_in(source=bench.fhir, body=next(made), now=timezone.now()), units=count,
        )  # fmt: skip
        expect(label, added=2 * 6 * count, before=before)
    with CaptureQueriesContext(connection) as captured:
        take_in.take_in(source=bench.fhir, body=bundle(bench.serials, count), now=timezone.now())
    statements = [row for row in captured if not row["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    print(f"    {len(statements)} statements besides COPY for {count} entries (gate 8)")


def backfill(bench: Bench) -> None:
    """I4: batches of ten thousand against COPY, one of forty thousand for the growth, and the memory of it."""
    settings.INTAKE_AT_ONCE = 100_000
    before, made = Reading.objects.count(), iter(_batches(bench, 6))
    compare(
        "I4 backfill of 10,000 (gate 0.45)", lambda: copy_in(bench.portal, bench.holders, 10_000, named=False),
        lambda: take_in.take_in(source=bench.portal, body=next(made), now=timezone.now()), units=10_000,
    )  # fmt: skip
    expect("I4", added=2 * 6 * 10_000, before=before)
    taken, memory = [], []
    for body in _batches(bench, 12):
        taken.append(seconds(lambda body=body: take_in.take_in(source=bench.portal, body=body, now=timezone.now())))
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    first, last = statistics.median(taken[:4]), statistics.median(taken[-4:])
    print(f"    12 more: time of the last / first {last / first:.2f}; peak memory {memory[0]}, then {memory[-1]} MiB")


def _batches(bench: Bench, number: int) -> list[bytes]:
    return [json.dumps({"readings": batch(bench.serials, 10_000)}).encode() for _ in range(number)]


def replay(bench: Bench) -> None:
    """I5: the very same bodies once more, and the same readings in another order. Nothing may change."""
    settings.INTAKE_AT_ONCE = 100_000
    bodies = _batches(bench, 2)
    for body in bodies:
        take_in.take_in(source=bench.portal, body=body, now=timezone.now())
    readings = json.loads(bodies[1])["readings"]
    shuffled = [json.dumps({"readings": random.sample(readings, len(readings))}).encode() for _ in range(6)]
    for name, again in (("word for word", iter([bodies[0]] * 6)), ("shuffled", iter(shuffled))):
        copied = [seconds(lambda: copy_in(bench.portal, bench.holders, 10_000, named=False)) for _ in range(5)]
        kept = stored()
        taken = [
            seconds(lambda again=again: take_in.take_in(source=bench.portal, body=next(again), now=timezone.now()))
            for _ in range(5)
        ]
        if stored() != kept:
            raise SystemExit(f"I5 {name}: a replay changed what is stored")
        ratio = statistics.median(copied) / statistics.median(taken)
        print(f"I5 replay, {name} (gate 0.8): ratio {ratio:.2f} (5 rounds of 10,000), no row and no counter changed")


def grown(bench: Bench, small: float, rows: int) -> None:
    """I6: bundles of a thousand on few readings, and again with `rows` more, each with a random identifier."""
    few = Reading.objects.count()
    for first in range(0, rows, 50_000):
        copy_in(bench.fhir, bench.holders, min(50_000, rows - first), named=True)
    with connection.cursor() as cursor:
        # What autovacuum does meanwhile where a table grows over years.
        cursor.execute("VACUUM (ANALYZE) monitoring_reading")
        cursor.execute("VACUUM (ANALYZE) monitoring_vendorreading")
    big = thousand(bench)
    print(f"I6 bundle of 1,000 with {few + rows:,} readings (gate 0.6): ratio {small / big:.2f} to an empty table")
    with serving():
        rate_of("I1 with the big table", bench, "/api/fhir/", signed_observation, rounds=3)


def thousand(bench: Bench) -> float:
    """The median seconds of seven Bundles of a thousand."""
    made = [bundle(bench.serials, 1_000) for _ in range(7)]
    return statistics.median(
        seconds(lambda body=body: take_in.take_in(source=bench.fhir, body=body, now=timezone.now())) for body in made
    )


def main(only: Collection[str] = (), *, size: int = 510, rows: int = 1_000_000) -> None:
    """Every measurement, or those named (I1 to I6), on a practice of `size` patients with a device each."""
    bench = Bench.of(size)
    small = thousand(bench) if not only or "I6" in only else 0.0
    parts: dict[str, Callable[[], None]] = {
        "I1": lambda: single(bench),
        "I2": lambda: bundles(bench, "I2 bundle of 100", 100, 0.10),
        "I3": lambda: bundles(bench, "I3 bundle of 1,000", 1_000, 0.20),
        "I4": lambda: backfill(bench),
        "I5": lambda: replay(bench),
        "I6": lambda: grown(bench, small, rows),
    }
    for name, part in parts.items():
        if not only or name in only:
            part()
