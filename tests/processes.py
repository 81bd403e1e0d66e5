"""Processes that tests start: a port for them, and which tests must be marked so that `make test-fast` leaves them out."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Collection, Iterator
from typing import Any

# Fixtures that start what the marker says.
BROWSERS = {"page", "context", "new_context", "browser", "launch_browser"}
WORKERS = {"worker"}
# The portal's own processes, as words of a command line.
PROCESSES = {"celery", "gunicorn", "tests.celery_on_test_day", "rpm_portal.demo"}


def port_of_its_own() -> int:
    """A free port below those that the system hands out by itself: no connection takes it before the process listens."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port from 20000 to 32000 is free")


def unmarked(fixtures: Collection[str], markers: Collection[str]) -> Iterator[str]:
    """The markers that a test lacks, going by the fixtures it asks for."""
    if BROWSERS & set(fixtures) and "browser" not in markers:
        yield "browser"
    if WORKERS & set(fixtures) and "worker" not in markers:
        yield "worker"


def starts_without(marker: str, start: Callable[..., None]) -> Callable[..., None]:
    """`subprocess.Popen.__init__` for a test that lacks a marker: it refuses to start a process of the portal."""

    def guarded(self: "subprocess.Popen[Any]", args: Any, *more: Any, **named: Any) -> None:
        words = args.split() if isinstance(args, str) else [str(word) for word in args]
        if PROCESSES & set(words):
            raise AssertionError(f"this test starts {' '.join(words)}: add @pytest.mark.{marker}")
        start(self, args, *more, **named)

    return guarded
