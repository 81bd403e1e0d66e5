"""Processes that tests start: free ports, and the check for the markers by which `make test-fast` excludes tests."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Collection, Iterator
from typing import Any

# Fixtures that start a browser or a worker.
BROWSER_FIXTURES = {"page", "context", "new_context", "browser", "launch_browser"}
WORKER_FIXTURES = {"worker"}
# Words of a command line that start a process of the portal.
PORTAL_COMMANDS = {"celery", "gunicorn", "tests.celery_on_test_day", "rpm_portal.demo"}


def port_of_its_own() -> int:
    """A free port below the ephemeral ports, so that no connection takes it before the process listens."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port from 20000 to 32000 is free")


def missing_markers(fixtures: Collection[str], markers: Collection[str]) -> Iterator[str]:
    """The markers that a test with these fixtures lacks."""
    if BROWSER_FIXTURES & set(fixtures) and "browser" not in markers:
        yield "browser"
    if WORKER_FIXTURES & set(fixtures) and "worker" not in markers:
        yield "worker"


def guard_popen(marker: str, start: Callable[..., None]) -> Callable[..., None]:
    """A `subprocess.Popen.__init__` for a test without a marker: it raises if a process of the portal is started."""

    def guarded(self: "subprocess.Popen[Any]", args: Any, *more: Any, **named: Any) -> None:
        words = args.split() if isinstance(args, str) else [str(word) for word in args]
        if PORTAL_COMMANDS & set(words):
            raise AssertionError(f"this test starts {' '.join(words)}: add @pytest.mark.{marker}")
        start(self, args, *more, **named)

    return guarded
