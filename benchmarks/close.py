"""A month's close and the worklist at growing sizes: seconds, statements, and the exponent of growth."""

import math
import time
from datetime import UTC, datetime

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.practice import build
from billing.compute import compute_chunk, decide_all
from billing.facts import case_files
from billing.queries import waiting_chunks
from billing.services import finish_computing, start_computing
from enrollment.queries import served_in
from rpm_portal.days import Month

MARCH = Month(2026, 3)
NOW = datetime(2026, 4, 3, 15, tzinfo=UTC)


def close(practice) -> float:
    started = time.perf_counter()
    made = start_computing(practice=practice, month=MARCH, by=None, now=NOW)
    for chunk in waiting_chunks(made.pk):
        compute_chunk(chunk, now=NOW)
    assert finish_computing(close_pk=made.pk, now=NOW)
    return time.perf_counter() - started


def page(client: Client, path: str) -> tuple[float, int]:
    client.get(path)
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    times = []
    for _ in range(7):
        started = time.perf_counter()
        assert client.get(path).status_code == 200
        times.append(time.perf_counter() - started)
    return sorted(times)[3], len(asked)


def main(sizes: tuple[int, ...] = (250, 1000, 4000)) -> None:
    """Measure, with the database's own statement over the same facts as the limit of the close."""
    before: tuple[int, float] | None = None
    for size in sizes:
        practice, doctor = build(size)
        ids = served_in(practice.pk, MARCH.first_day, MARCH.last_day)
        started = time.perf_counter()
        files = case_files(practice.pk, ids, month=MARCH, zone=practice.zone, today=NOW.date())
        gather = time.perf_counter() - started
        started = time.perf_counter()
        decide_all(files)
        rules = time.perf_counter() - started
        first = close(practice)
        again = close(practice)
        growth = f", exponent {math.log(first / before[1]) / math.log(size / before[0]):.2f}" if before else ""
        before = (size, first)
        print(
            f"close of {size}: {first:.2f} s ({size / first:,.0f}/s){growth}; facts {gather:.2f} s, rules {rules:.2f} s; again {again / first:.2f} of it"
        )
        client = Client()
        client.force_login(doctor, backend="rpm_portal.accounts.backends.PortalBackend")
        bare, _ = page(client, "/timer/")
        for path in ("/", "/?band=3", "/patients/", f"/months/{MARCH}/"):
            took, statements = page(client, path)
            print(f"  {path}: {took * 1000:.0f} ms, {statements} statements, {took / bare:.1f} times the bare page")


if __name__ == "__main__":
    main()
