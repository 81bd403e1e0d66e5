"""`make demo`: start the servers, the sample practice, web, worker and scheduler in one terminal; Ctrl-C stops them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from rpm_portal import embedded
from rpm_portal.sample.people import PASSWORD, STAFF

PORT = os.environ.get("PORT", "8000")
QUEUE = os.environ.get("PORTAL_QUEUE", "portal")
ROOT = Path(__file__).resolve().parent.parent


def print_line(text: str) -> None:
    """Print one line to the console, unbuffered."""
    print(text, flush=True)


def port_is_free(port: int) -> bool:
    """Whether no process listens on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def run(*arguments: str) -> None:
    """Run one management command; exits the demo with a message if it fails."""
    finished = subprocess.run([sys.executable, "-W", "ignore", "manage.py", *arguments], cwd=ROOT, check=False)
    if finished.returncode:
        sys.exit(f"`manage.py {arguments[0]}` failed; see its output above. `make reset` starts afresh.")


def start(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start a long-running process in its own process group, so that `stop_all` controls the order of the stops."""
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", *arguments], cwd=ROOT, start_new_session=True)


def stop_all(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Terminate all processes, the last started first; kill those that do not stop within ten seconds."""
    for process in reversed(processes):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    for process in reversed(processes):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        # The group may contain children of a process that has ended already.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def answers(port: int) -> bool:
    """Whether the portal reports that it is ready."""
    with contextlib.suppress(urllib.error.URLError, OSError):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as reply:
            return bool(reply.status == 200)
    return False


def main() -> None:
    """Start everything, print how to sign in, and wait for Ctrl-C."""
    if not PORT.isdigit() or not 1 <= int(PORT) <= 65535:
        sys.exit(f"PORT must be a number from 1 to 65535, not {PORT!r}.")
    if not port_is_free(int(PORT)):
        sys.exit(f"Port {PORT} is in use. Stop what listens there, or choose another: make demo PORT=8001")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # A shell that starts a background process makes it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print_line("Starting PostgreSQL and the broker")
    embedded.attach(os.environ)
    os.environ.setdefault("PORTAL_HTTPS", "false")
    os.environ.setdefault("PORTAL_LOCAL_CHANNELS", "true")
    os.environ.setdefault("PORTAL_PUBLIC_URL", f"http://localhost:{PORT}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")
    print_line("Bringing the tables up to date")
    run("migrate", "--verbosity", "0")
    print_line("Loading the sample practice, if there is none (about half a minute, the first time only)")
    run("load_sample")
    run("load_icd10", "--if-empty")
    processes: list[subprocess.Popen[bytes]] = []
    try:
        print_line("Starting the web server, the worker and the scheduler")
        web = ["gunicorn", "rpm_portal.wsgi", "--bind", f"127.0.0.1:{PORT}", "--workers", "2", "--threads", "4"]
        processes.append(start(*web, "--worker-class", "gthread", "--log-level", "warning"))
        worker = ["celery", "--app", "rpm_portal", "--quiet", "worker", "--concurrency", "2", "--loglevel", "warning"]
        processes.append(start(*worker, "--queues", f"{QUEUE},{QUEUE}-batches"))
        schedule = str(embedded.DATA / "beat")
        processes.append(start("celery", "--app", "rpm_portal", "--quiet", "beat", "--schedule", schedule))
        wait_until_ready(processes)
        print_sign_in()
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        sys.exit("One of the processes ended by itself; see its output above.")
    except KeyboardInterrupt:
        print_line("\nStopping")
    finally:
        # A second Ctrl-C must not leave processes running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop_all(processes)
        print_line("Stopped. The data stays in var/; `make reset` clears it.")


def wait_until_ready(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Wait until the portal is ready; exits the demo if a process ends before, or after STARTS_WITHIN seconds."""
    deadline = time.monotonic() + embedded.STARTS_WITHIN
    while not answers(int(PORT)):
        if any(process.poll() is not None for process in processes) or time.monotonic() > deadline:
            sys.exit("The portal did not start; see its output above.")
        time.sleep(0.2)


def print_sign_in() -> None:
    """Print the address and the users of the sample practice."""
    print_line(f"\n  The portal is ready: http://localhost:{PORT}/\n")
    for key in ("physician", "nurse", "manager", "admin"):
        print_line(f"    {key:<10} {STAFF[key][0]:<26} {PASSWORD}")
    print_line("\n  Ctrl-C stops everything.\n")


if __name__ == "__main__":
    main()
