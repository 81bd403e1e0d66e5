"""The portal on a real web server (gunicorn), for load tests."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

PORT = 8941


@contextmanager
def serving() -> Iterator[None]:
    """Run two workers with two threads each on `PORT` until the block ends."""
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "gunicorn", "rpm_portal.wsgi", "--bind", f"127.0.0.1:{PORT}", "--workers",
         "2", "--threads", "2", "--worker-class", "gthread", "--log-level", "critical", "--keep-alive", "30"],
        env={**os.environ, "PORTAL_HOSTS": "localhost,127.0.0.1"}, start_new_session=True,
    )  # fmt: skip
    try:
        while True:
            try:
                ask(line(), "GET", "/healthz")
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(10)


def line() -> http.client.HTTPConnection:
    """A connection to the server, reusable for several requests."""
    return http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)


def ask(
    on: http.client.HTTPConnection, verb: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> int:
    """Send one request, read the whole response, and return its status."""
    on.request(verb, path, body, headers or {})
    response = on.getresponse()
    response.read()
    return response.status
