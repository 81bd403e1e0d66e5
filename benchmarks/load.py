"""P5: load of fifty people, each with a worklist, chart or timer request every 2.5 seconds, alone and while readings arrive.

Both are open loops: requests have fixed start times, and a delayed request counts the delay as waiting time.
"""

import json
import random
import statistics
import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.test import Client
from django.utils import timezone

from benchmarks.practice import build
from benchmarks.sent_readings import batch
from benchmarks.web_server import ask, line, serving
from enrollment.models import Device, Enrollment
from monitoring.models import Source
from monitoring.services import open_source
from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.sent_forms import FIELD, new_key
from rpm_portal.pages.worklist.refresh import refresh_practice

USERS, INTERVAL_SECONDS, SPAN_SECONDS, ROUNDS = 50, 2.5, 20.0, 3
TOKEN = "0123456789abcdefghijklmnopqrstuv"


@dataclass
class Person:
    """A signed-in person: request headers, chart and timer URLs, and the waiting times in seconds."""

    headers: dict[str, str]
    charts: list[str]
    timers: list[str]
    waits: list[float] = field(default_factory=list)
    failed: int = 0

    def run(self, began: float, due: list[float], chance: random.Random) -> None:
        """Send a request at each due time: half lists, a third charts, the rest timers."""
        client, is_running = line(), False
        for moment in due:
            time.sleep(max(0.0, began + moment - time.perf_counter()))
            roll, verb, body = chance.random(), "GET", None
            if roll < 0.5:
                path = "/"
            elif roll < 0.83:
                path = chance.choice(self.charts)
            else:
                verb, is_running = "POST", not is_running
                path = chance.choice(self.timers) if is_running else "/timer/stop/"
                body = f"{FIELD}={new_key()}" + ("&activity=review&stop_other=1" if is_running else "")
            status = ask(client, verb, path, body, self.headers)
            self.failed += status not in {200, 204}
            self.waits.append(time.perf_counter() - began - moment)


def main(size: int = 2_200) -> None:
    """Print the p95 of the mix alone, and with readings at a fifth of the highest rate that the API accepts."""
    practice, _ = build(size)
    refresh_practice(practice, now=timezone.now(), most=10**9)
    people = _people(practice)
    serials = list(Device.objects.filter(practice=practice).values_list("serial", flat=True))
    _, key = open_source(practice=practice, name="Bench load", shape="portal", now=timezone.now())
    Source.objects.update(per_minute=10**9)
    with serving():
        rate = _max_reading_rate(serials, key)
        _mix(people, span=5.0)  # warm up
        pairs = []
        for _ in range(ROUNDS):
            alone, loaded = _mix(people), _mix(people, serials=serials, key=key, rate=rate / 5)
            pairs.append((alone, loaded))
    alone, loaded = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    failed = sum(person.failed for person in people)
    print(
        f"P5 {USERS} people, {USERS / INTERVAL_SECONDS:.0f} requests a second: p95 {alone * 1000:.0f} ms alone, "
        f"{loaded * 1000:.0f} ms with {rate / 5:.0f} readings a second (highest rate {rate:.0f}/s, one a request), "
        f"{loaded / alone:.2f} times; {failed} failed"
    )


def _people(practice) -> list[Person]:  # type: ignore[no-untyped-def]
    members = Membership.objects.filter(practice=practice).select_related("user").order_by("pk")[1 : USERS + 1]
    rows = list(Enrollment.objects.filter(practice=practice).select_related("patient").order_by("pk")[: USERS * 10])
    people = []
    for number, member in enumerate(members):
        client = Client()
        client.force_login(member.user, backend="rpm_portal.accounts.backends.PortalBackend")
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        own = rows[number * 10 : number * 10 + 10]
        people.append(
            Person(
                {"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"},
                [f"/patients/{row.patient.public_id}/?days=90" for row in own],
                [f"/timer/start/{row.public_id}/" for row in own],
            )
        )  # fmt: skip
    assert len(people) == USERS
    return people


def _max_reading_rate(serials: list[str], key: str) -> float:
    """Readings per second with one reading a request from four threads, as I1 measures it."""
    headers = {"x-api-key": key, "Content-Type": "application/json"}
    batches = [[json.dumps({"readings": batch(serials, 1)}) for _ in range(100)] for _ in range(4)]

    def send(bodies: list[str]) -> None:
        client = line()
        for body in bodies:
            ask(client, "POST", "/api/readings/", body, headers)

    began = time.perf_counter()
    _run_all([threading.Thread(target=send, args=(bodies,)) for bodies in batches])
    return 400 / (time.perf_counter() - began)


def _mix(
    people: list[Person],
    *,
    span: float = SPAN_SECONDS,
    serials: list[str] | None = None,
    key: str = "",
    rate: float = 0,
) -> float:
    """p95 in seconds of the requests within `span` seconds, while `rate` readings per second arrive."""
    chance = random.Random(7)
    began = time.perf_counter() + 0.2
    threads = []
    for number, person in enumerate(people):
        person.waits.clear()
        due, moment = [], chance.random() * INTERVAL_SECONDS
        while moment < span:
            due.append(moment)
            moment += INTERVAL_SECONDS * (0.5 + chance.random())
        threads.append(threading.Thread(target=person.run, args=(began, due, random.Random(number))))
    if serials:
        threads += [
            threading.Thread(target=_send_readings, args=(began, span, rate / 2, serials, key)) for _ in range(2)
        ]
    _run_all(threads)
    waits = sorted(wait for person in people for wait in person.waits)
    return waits[int(len(waits) * 0.95)]


def _send_readings(began: float, span: float, rate: float, serials: list[str], key: str) -> None:
    """Send readings at a constant rate, one a request."""
    client, headers = line(), {"x-api-key": key, "Content-Type": "application/json"}
    bodies = [json.dumps({"readings": batch(serials, 1)}) for _ in range(int(span * rate))]
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        assert ask(client, "POST", "/api/readings/", body, headers) == 200


def _run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
