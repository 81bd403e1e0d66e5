"""The proxies of docs/deploy (nginx, HAProxy): clients that send half a request stop nobody."""

import contextlib
import select
import shutil
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings

from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for
from tests.drills.failover import proxy_configuration

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/nginx/sbin")
DEPLOY = Path(settings.BASE_DIR) / "docs" / "deploy" / "nginx"
SLOW_CLIENTS = 60  # the portal below has two threads
HALF_HEADERS = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_BODY = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nhalf"
)

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(
    NGINX is None, reason="no nginx on this machine; install it to try the reference proxy"
)
needs_haproxy = pytest.mark.skipif(HAPROXY is None, reason="no HAProxy on this machine; install it to try its file")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_certificate(folder: Path) -> None:
    """A certificate of its own for the configuration test."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + timedelta(days=9)).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    (folder / "key.pem").write_bytes(private)


def configuration(folder: Path, http: str) -> Path:
    """A main configuration file in a folder with the shipped files in `portal/`."""
    shutil.copytree(DEPLOY, folder / "portal")
    main = folder / "nginx.conf"
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
    main.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr warn;\n"
        f"events {{ worker_connections 1024; }}\nhttp {{\n{temporary}\n{http}\n}}\n"
    )
    return main


def nginx(main: Path, *more: str) -> list[str]:
    assert NGINX is not None
    return [NGINX, "-p", str(main.parent), "-e", "stderr", "-c", str(main), *more]


@needs_nginx
@pytest.mark.worker
def test_the_shipped_configuration_is_valid(server_folder):
    main = configuration(server_folder, "access_log off;")
    write_certificate(server_folder / "portal")
    text = (DEPLOY / "portal.conf").read_text().replace("/etc/nginx/portal", f"{server_folder}/portal")
    text = text.replace("/var/log/nginx", str(server_folder)).replace("listen 80", f"listen {free_port()}")
    (server_folder / "portal.conf").write_text(text.replace("listen 443", f"listen {free_port()}"))
    main.write_text(main.read_text().replace("\n}\n", "\ninclude portal.conf;\n}\n"))

    checked = subprocess.run(
        nginx(main, "-t"), capture_output=True, text=True, check=False, timeout=HANG_TIMEOUT_SECONDS
    )

    assert "syntax is ok" in checked.stderr, checked.stderr
    assert checked.returncode == 0, checked.stderr


@contextlib.contextmanager
def running(command: list[str], port: int):
    """A server process that accepts connections."""
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def accepts() -> bool:
        assert process.poll() is None, "the server has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=HANG_TIMEOUT_SECONDS):
            return True
        return False

    try:
        wait_for(accepts)
        yield
    finally:
        process.terminate()
        process.wait(HANG_TIMEOUT_SECONDS)


def status_of(port: int) -> int:
    """The status of a quick request."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=HANG_TIMEOUT_SECONDS) as answer:
        return int(answer.status)


def gunicorn(port: int) -> list[str]:
    """A portal with two threads."""
    return [sys.executable, "-W", "ignore", "-m", "gunicorn", "rpm_portal.wsgi", "--bind", f"127.0.0.1:{port}",
            "--workers", "1", "--threads", "2", "--worker-class", "gthread", "--log-level", "critical"]  # fmt: skip


def quick_requests_among_slow_ones(proxy: int, half: bytes) -> list[int]:
    """The statuses of three requests while many clients have sent half of theirs, and are still connected."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", proxy))) for _ in range(SLOW_CLIENTS)]
        for connection in slow:
            connection.sendall(half)
        statuses = [status_of(proxy) for _ in range(3)]
        ended, _, _ = select.select(slow, [], [], 0)
    assert ended == [], "the slow clients were still connected"
    return statuses


@needs_nginx
@pytest.mark.worker
@pytest.mark.parametrize("half", [HALF_HEADERS, HALF_BODY], ids=["headers", "body"])
def test_clients_that_send_half_a_request_stop_nobody(server_folder, half, monkeypatch):
    web, proxy = free_port(), free_port()
    monkeypatch.setenv("PORTAL_HTTPS", "false")
    # The proxy does not give up on the slow clients during the test: they occupy what they can for all of it.
    patient = f"client_header_timeout {HANG_TIMEOUT_SECONDS}s; client_body_timeout {HANG_TIMEOUT_SECONDS}s;"
    server = f"server {{ listen 127.0.0.1:{proxy}; {patient} location / {{ include portal/proxy.conf; }} }}"
    upstream = f"upstream portal {{ server 127.0.0.1:{web}; }}"
    main = configuration(server_folder, f"include portal/limits.conf; access_log off;\n{upstream}\n{server}")
    with running(gunicorn(web), web), running(nginx(main), proxy):
        assert quick_requests_among_slow_ones(proxy, half) == [200, 200, 200]


@needs_haproxy
@pytest.mark.worker
@pytest.mark.parametrize("half", [HALF_HEADERS, HALF_BODY], ids=["headers", "body"])
def test_haproxy_keeps_half_requests_to_itself_too(server_folder, half, monkeypatch):
    web, proxy = free_port(), free_port()
    monkeypatch.setenv("PORTAL_HTTPS", "false")
    # The portal of this test has no database of its own.
    text = proxy_configuration(proxy, [web, web]).replace("uri /readyz", "uri /healthz")
    for timeout in ("http-request 5s", "client 30s"):
        text = text.replace(f"timeout {timeout}", f"timeout {timeout.split()[0]} {HANG_TIMEOUT_SECONDS}s")
    file = server_folder / "haproxy.cfg"
    file.write_text(text)
    with running(gunicorn(web), web):
        assert status_of(web) == 200  # its first check by HAProxy must not wait for the start
        with running([str(HAPROXY), "-f", str(file)], proxy):
            assert quick_requests_among_slow_ones(proxy, half) == [200, 200, 200]
