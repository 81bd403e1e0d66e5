"""P5: a worklist, a chart or a timer every two and a half seconds from each of fifty people, alone and while readings arrive.

Both are open loops: a request is due when it is due, and what waits for the server waits on its time.
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

from benchmarks.intake import batch
from benchmarks.practice import build
from benchmarks.web_server import ask, line, serving
from enrollment.models import Device, Enrollment
from monitoring.models import Source
from monitoring.services import open_source
from rpm_portal.accounts.models import Membership
from rpm_portal.pages.worklist.refresh import refresh_practice

USERS, EVERY, SPAN, ROUNDS = 50, 2.5, 20.0, 3
TOKEN = "0123456789abcdefghijklmnopqrstuv"


@dataclass
class Person:
    """Somebody signed in, the charts they open, and what they do when."""

    headers: dict[str, str]
    charts: list[str]
    timers: list[str]
    waits: list[float] = field(default_factory=list)
    failed: int = 0

    def works(self, began: float, due: list[float], chance: random.Random) -> None:
        """Ask at each moment that is due, by the mix: half lists, a third charts, the rest timers."""
        mine, pressed = line(), False
        for moment in due:
            time.sleep(max(0.0, began + moment - time.perf_counter()))
            what, verb, body = chance.random(), "GET", None
            if what < 0.5:
                path = "/"
            elif what < 0.83:
                path = chance.choice(self.charts)
            else:
                verb, pressed = "POST", not pressed
                path, body = (
                    (chance.choice(self.timers), "activity=review&stop_other=1") if pressed else ("/timer/stop/", "")
                )
            status = ask(mine, verb, path, body, self.headers)
            self.failed += status not in {200, 204}
            self.waits.append(time.perf_counter() - began - moment)


def main(size: int = 2_200) -> None:
    """p95 of the mix alone and with readings at a fifth of what one door takes, in turn."""
    practice, _ = build(size)
    refresh_practice(practice, now=timezone.now(), most=10**9)
    people = _people(practice)
    serials = list(Device.objects.filter(practice=practice).values_list("serial", flat=True))
    _, key = open_source(practice=practice, name="Bench load", shape="portal", now=timezone.now())
    Source.objects.update(per_minute=10**9)
    with serving():
        rate = _most(serials, key)
        _mix(people, span=5.0)  # what is first everywhere
        pairs = []
        for _ in range(ROUNDS):
            alone, loaded = _mix(people), _mix(people, serials=serials, key=key, rate=rate / 5)
            pairs.append((alone, loaded))
    alone, loaded = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    failed = sum(person.failed for person in people)
    print(
        f"P5 {USERS} people, {USERS / EVERY:.0f} requests a second: p95 {alone * 1000:.0f} ms alone, "
        f"{loaded * 1000:.0f} ms with {rate / 5:.0f} readings a second ({rate:.0f}/s one a request is the most), "
        f"{loaded / alone:.2f} times; {failed} failed"
    )


def _people(practice) -> list[Person]:  # type: ignore[no-untyped-def]
    members = Membership.objects.filter(practice=practice).select_related("user").order_by("pk")[1 : USERS + 1]
    rows = list(Enrollment.objects.filter(practice=practice).select_related("patient").order_by("pk")[: USERS * 10])
    found = []
    for number, member in enumerate(members):
        client = Client()
        client.force_login(member.user, backend="rpm_portal.accounts.backends.PortalBackend")
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        own = rows[number * 10 : number * 10 + 10]
        found.append(
            Person(
                {"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"},
                [f"/patients/{row.patient.public_id}/?days=90" for row in own],
                [f"/timer/start/{row.public_id}/" for row in own],
            )
        )  # fmt: skip
    assert len(found) == USERS
    return found


def _most(serials: list[str], key: str) -> float:
    """Readings a second, one a request, four at a time: what I1 measures."""
    headers = {"x-api-key": key, "Content-Type": "application/json"}
    told = [[json.dumps({"readings": batch(serials, 1)}) for _ in range(100)] for _ in range(4)]

    def send(bodies: list[str]) -> None:
        mine = line()
        for body in bodies:
            ask(mine, "POST", "/api/readings/", body, headers)

    began = time.perf_counter()
    _together([threading.Thread(target=send, args=(bodies,)) for bodies in told])
    return 400 / (time.perf_counter() - began)


def _mix(
    people: list[Person], *, span: float = SPAN, serials: list[str] | None = None, key: str = "", rate: float = 0
) -> float:
    """p95 in seconds of what people ask within `span` seconds, while `rate` readings a second arrive."""
    chance = random.Random(7)
    began = time.perf_counter() + 0.2
    threads = []
    for number, person in enumerate(people):
        person.waits.clear()
        due, moment = [], chance.random() * EVERY
        while moment < span:
            due.append(moment)
            moment += EVERY * (0.5 + chance.random())
        threads.append(threading.Thread(target=person.works, args=(began, due, random.Random(number))))
    if serials:
        threads += [threading.Thread(target=_arrive, args=(began, span, rate / 2, serials, key)) for _ in range(2)]
    _together(threads)
    waits = sorted(wait for person in people for wait in person.waits)
    return waits[int(len(waits) * 0.95)]


def _arrive(began: float, span: float, rate: float, serials: list[str], key: str) -> None:
    """Readings, one a request, evenly."""
    mine, headers = line(), {"x-api-key": key, "Content-Type": "application/json"}
    bodies = [json.dumps({"readings": batch(serials, 1)}) for _ in range(int(span * rate))]
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        assert ask(mine, "POST", "/api/readings/", body, headers) == 200


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
