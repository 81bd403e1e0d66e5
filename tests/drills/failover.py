"""`make drill`: kill the primary database server while readings arrive and a month is computed, and fail over twice.

Two private servers of the embedded wheel (a primary and a synchronous standby), two web servers behind HAProxy if it is
installed, a worker and beat. Prints the figures; fails if an acknowledged reading is missing or doubled, if an answer
has another status than 200, 202, 502, 503 or 504, or if the month ends with another digest than undisturbed.
"""

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from rpm_portal import embedded
from tests.drills.restore import ROOT, wait_until
from tests.drills.standby import Server, address_of
from tests.processes import port_of_its_own

SENDERS = 4
START = datetime(2026, 3, 1, tzinfo=UTC)
ALLOWED = {200, 202, 502, 503, 504}
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
ADD_SENDER = """
import json
from tests.builders import a_world
world = a_world(with_other=False)
world.source.per_minute = 10**6
world.source.save()
print(json.dumps({"key": world.key, "serial": world.serial}))
"""
COMPUTE = """
import json
from django.utils import timezone
from billing.close import moves
from billing.models import CloseState, MonthClose
from billing.tasks import ring
from rpm_portal.core.days import Month
close = MonthClose.objects.exclude(state__in=[CloseState.SEALED, CloseState.SENT]).order_by("month").first()
close = moves.start_computing(
    practice=close.practice, month=Month.of(close.month), by=None, now=timezone.now(), recompute_all=True
)
ring(close.pk)
print(json.dumps({"close": close.pk, "practice": close.practice.public_id, "month": f"{close.month:%Y-%m}"}))
"""


class Installation:
    """Two database servers, web servers, worker and beat in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.first, self.second = folder, Server(folder / "s1"), Server(folder / "s2")
        self.first.create()
        self.environment = {
            **os.environ,
            "DATABASE_URL": address_of(self.first, self.second),
            "REDIS_URL": embedded.start_valkey(folder / "valkey"),
            "PORTAL_HTTPS": "false",
            "PORTAL_LOG_LEVEL": "CRITICAL",
            "PORTAL_CLOSE_CHUNK": "2",
            "DJANGO_SETTINGS_MODULE": "rpm_portal.settings",
        }
        self.ports: list[int] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.worker: subprocess.Popen[bytes] | None = None

    def manage(self, *words: str, text: str = "") -> str:
        """The output of a management command."""
        command = [sys.executable, "-W", "ignore", "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, input=text, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def shell(self, script: str) -> dict[str, object]:
        """The JSON object that a script prints last."""
        found: dict[str, object] = json.loads(self.manage("shell", "--no-imports", "-c", script).splitlines()[-1])
        return found

    def start(self) -> None:
        """Start two web servers, the worker, beat and HAProxy; returns when the portal is ready."""
        web = ["-m", "gunicorn", "rpm_portal.wsgi", "--workers", "1", "--threads", "4", "--worker-class", "gthread"]
        for _ in range(2):
            self.ports.append(port_of_its_own())
            self._start(sys.executable, "-W", "ignore", *web, "--bind", f"127.0.0.1:{self.ports[-1]}")
            self._wait_for_port(self.ports[-1])
        celery = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "rpm_portal", "--quiet"]
        self._start(*celery, "worker", "--concurrency", "1", "-Q", "portal,portal-batches", "--loglevel", "critical")
        self.worker = self.processes[-1]
        self._start(*celery, "beat", "--schedule", str(self.folder / "beat"), "--pidfile=", "--loglevel", "critical")
        if HAPROXY:
            proxy = port_of_its_own()
            (self.folder / "haproxy.cfg").write_text(proxy_configuration(proxy, self.ports))
            self._start(HAPROXY, "-f", str(self.folder / "haproxy.cfg"))
            self._wait_for_port(proxy)
            self.ports = [proxy]
        wait_until(lambda: all(status_of(port, "/readyz") == 200 for port in self.ports))

    def signal_worker(self, number: signal.Signals) -> None:
        """Stop or continue the worker with its children."""
        assert self.worker is not None
        os.killpg(self.worker.pid, number)

    def _start(self, *words: str) -> None:
        log = (self.folder / "processes.log").open("ab")
        self.processes.append(
            subprocess.Popen(words, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        )

    def _wait_for_port(self, port: int) -> None:
        wait_until(lambda: status_of(port, "/healthz") is not None)

    def stop(self) -> None:
        """Kill the processes, last started first, then the database servers."""
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for server in (self.first, self.second):
            server.stop()

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """The rows of a statement on the primary."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as line:
            return line.execute(statement).fetchall()  # type: ignore[arg-type]


def proxy_configuration(port: int, servers: list[int]) -> str:
    """The shipped haproxy.cfg without TLS, on a port of this machine."""
    text = (ROOT / "docs" / "deploy" / "haproxy.cfg").read_text()
    text = re.sub(r"    bind :443 .*\n|    http-request redirect .*\n|    ssl-default.*\n", "", text)
    text = text.replace("bind :80", f"bind 127.0.0.1:{port}").replace("portal.clinic.example", "localhost")
    for number, server in enumerate(servers, 1):
        text = text.replace(f"10.0.0.1{number}:8000", f"127.0.0.1:{server}")
    return text


def status_of(port: int, path: str) -> int | None:
    """The status of a quick request; None if nothing answers."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        client.request("GET", path, headers={"Host": "localhost"})
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


class Senders:
    """Threads that send one reading a request, as a gateway does: without a 2xx answer it is sent again."""

    def __init__(self, ports: list[int], key: str, serial: str) -> None:
        self.ports, self.key, self.serial = ports, key, serial
        self.acknowledged: set[datetime] = set()
        self.statuses: Counter[int] = Counter()
        self.longest_gap, self._last = 0.0, time.monotonic()
        self._ended, self._lock, self._next = threading.Event(), threading.Lock(), iter(range(10**6))
        self._threads = [threading.Thread(target=self._send_all, args=(n,), daemon=True) for n in range(SENDERS)]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Send while the block runs; each reading that was begun is then sent until it is acknowledged."""
        for thread in self._threads:
            thread.start()
        yield
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more readings are acknowledged."""
        goal = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= goal, pause=0.01)

    def _send_all(self, number: int) -> None:
        while not self._ended.is_set():
            with self._lock:
                moment = START + timedelta(minutes=next(self._next))
            while self._status_of(number, moment) not in {200, 202}:
                time.sleep(0.05)
            with self._lock:
                self.acknowledged.add(moment)
                self.longest_gap = max(self.longest_gap, time.monotonic() - self._last)
                self._last = time.monotonic()

    def _status_of(self, number: int, moment: datetime) -> int | None:
        reading = {"device": self.serial, "metric": "weight", "weight_kg": 70, "measured_at": moment.isoformat()}
        client = http.client.HTTPConnection("127.0.0.1", self.ports[number % len(self.ports)], timeout=30)
        headers = {"x-api-key": self.key, "Content-Type": "application/json"}
        try:
            client.request("POST", "/api/readings/", json.dumps({"readings": [reading]}), headers)
            status = client.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            client.close()
        with self._lock:
            self.statuses[status] += 1
        return status


def digests_of(drill: Installation, close: object) -> list[tuple[object, ...]]:
    """The digests of a month's last run, part by part; empty while it is computed."""
    return drill.ask(
        f"SELECT c.number, c.facts_digest, c.output_digest, m.facts_digest, m.output_digest FROM billing_closechunk c "
        f"JOIN billing_monthclose m ON m.id = c.close_id AND m.run = c.run AND m.state = 'in_review' "
        f"WHERE m.id = {int(str(close))} ORDER BY c.number"
    )


def compute_month(drill: Installation) -> dict[str, object]:
    """Compute the sample's open month again, all of it, with the worker."""
    return drill.shell(COMPUTE)


def kill_and_promote(primary: Server, standby: Server) -> float:
    """SIGKILL of a primary and promotion of its standby; returns the seconds until the new one accepts writes."""
    primary.kill()
    began = time.monotonic()
    standby.promote()
    return time.monotonic() - began


def check_readings(drill: Installation, senders: Senders) -> None:
    """Every acknowledged reading is stored once."""
    wait_until(lambda: not drill.ask("SELECT 1 FROM monitoring_delivery WHERE state = 'waiting' LIMIT 1"), pause=1)
    rows = drill.ask(
        "SELECT r.measured_at FROM monitoring_reading r JOIN enrollment_device d ON d.id = r.device_id "
        f"WHERE d.serial = '{senders.serial}'"
    )
    stored = Counter(row[0] for row in rows)
    assert senders.acknowledged - set(stored) == set(), "acknowledged readings are missing"
    assert max(stored.values()) == 1, "readings are stored twice"
    assert set(senders.statuses) <= ALLOWED, senders.statuses


class Failover:
    """The drill itself: fail over to the standby, let the old primary return, and fail over back.

    Without `is_synchronous` the primary sends nothing before it is killed, which must be found.
    """

    def __init__(self, drill: Installation, *, seed: int, is_synchronous: bool = True) -> None:
        self.drill, self.seed, self.chance = drill, seed, random.Random(seed)
        self.is_synchronous = is_synchronous
        self.figures: dict[str, float] = {}

    def run(self) -> str:
        """Run it and return its figures. Raises AssertionError with what went wrong."""
        drill = self.drill
        source = drill.shell(ADD_SENDER)
        drill.second.follow(drill.first)
        drill.start()
        month = compute_month(drill)
        wait_until(lambda: bool(digests_of(drill, month["close"])), pause=0.5)
        undisturbed = digests_of(drill, month["close"])
        senders = Senders(drill.ports, str(source["key"]), str(source["serial"]))
        with senders.running():
            self._kill_in_mid_close(senders)
            self._return_and_kill_again(senders)
        wait_until(lambda: bool(digests_of(drill, month["close"])), pause=1)
        assert digests_of(drill, month["close"]) == undisturbed, "the month ended with other digests"
        check_readings(drill, senders)
        drill.manage("verify_audit")
        drill.manage("verify_close", str(month["practice"]), str(month["month"]))
        return self._report(senders)

    def _kill_in_mid_close(self, senders: Senders) -> None:
        senders.wait_for_more(50)
        self.drill.signal_worker(signal.SIGSTOP)
        compute_month(self.drill)
        self.drill.signal_worker(signal.SIGCONT)
        some = self.chance.randint(1, 5)
        wait_until(lambda: parts_of_running_month(self.drill, "done") >= some, pause=0.01)
        self.figures["pending"] = parts_of_running_month(self.drill, "pending")
        if not self.is_synchronous:
            self.drill.first.stop_sending()
            senders.wait_for_more(20)
        self.figures["promotion"] = kill_and_promote(self.drill.first, self.drill.second)
        assert parts_of_running_month(self.drill, "pending") > 0, "the month was finished before the kill"
        senders.wait_for_more(50)

    def _return_and_kill_again(self, senders: Senders) -> None:
        began = time.monotonic()
        self.drill.first.rejoin(self.drill.second)
        self.figures["rejoin"] = time.monotonic() - began
        senders.wait_for_more(self.chance.randint(50, 100))
        self.figures["promotion_back"] = kill_and_promote(self.drill.second, self.drill.first)
        senders.wait_for_more(50)

    def _report(self, senders: Senders) -> str:
        figures = self.figures
        return (
            f"{datetime.now(UTC):%Y-%m-%d}: {len(senders.acknowledged)} readings acknowledged, 0 missing, 0 doubled. "
            f"{figures['pending']:.0f} parts of a month were pending at the first kill, same digests. Promotion "
            f"{figures['promotion']:.1f} s and back {figures['promotion_back']:.1f} s, rejoin with pg_rewind "
            f"{figures['rejoin']:.1f} s. Longest time without an acknowledgement {senders.longest_gap:.1f} s. Answers "
            f"{dict(sorted(senders.statuses.items()))}. "
            f"{'Two web servers behind HAProxy' if HAPROXY else 'Two web servers, no HAProxy here'}. Seed {self.seed}.\n"
        )


def parts_of_running_month(drill: Installation, state: str) -> int:
    """The number of parts in a state of the month that is being computed."""
    ((count,),) = drill.ask(
        "SELECT count(*) FROM billing_closechunk c JOIN billing_monthclose m ON m.id = c.close_id AND m.run = c.run "
        f"WHERE m.state = 'computing' AND c.state = '{state}'"
    )
    return int(str(count))


def run_drill(folder: Path, *, seed: int, is_synchronous: bool = True) -> str:
    """Run the drill in a folder and return its figures. Raises AssertionError with what went wrong.

    Without a synchronous standby it must fail: the last readings before the kill do not reach the other server.
    """
    drill = Installation(folder)
    try:
        drill.manage("migrate", "--verbosity", "0")
        drill.manage("load_sample")
        return Failover(drill, seed=seed, is_synchronous=is_synchronous).run()
    finally:
        drill.stop()


def main() -> None:
    """Run the drill and print its figures."""
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randint(1, 10**6)
    sys.stdout.write(f"Seed {seed}.\n")
    with tempfile.TemporaryDirectory(prefix="portal-drill-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        sys.stdout.write(run_drill(Path(name), seed=seed))


if __name__ == "__main__":
    main()
