"""The files of docs/deploy: each is accepted by the program that reads it, where that program is installed."""

import configparser
import re
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from django.conf import settings

from tests.ops.test_slow_clients import write_certificate

ROOT = Path(settings.BASE_DIR)
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAMS_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"


def program(name):
    """The path of a program; skips the test where it is not installed."""
    path = shutil.which(name, path=PROGRAMS_PATH)
    if path is None:
        pytest.skip(f"{name} is not installed on this machine")
    return path


def run(*words):
    """Exit status and output of a program."""
    finished = subprocess.run(words, capture_output=True, text=True, check=False)
    return finished.returncode, finished.stdout + finished.stderr


def unit(path):
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str
    parser.read_string(path.read_text())
    return parser


def test_systemd_accepts_each_unit(tmp_path):
    analyze = program("systemd-analyze")
    for path in (DEPLOY / "systemd").iterdir():
        # The programs of the installation do not exist here.
        (tmp_path / path.name).write_text(
            re.sub(r"(/opt/portal/venv/bin|/usr/lib/postgresql/18/bin)/\w+", "/bin/true", path.read_text())
        )

    assert run(analyze, "verify", *map(str, tmp_path.iterdir())) == (0, "")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_each_service_is_confined_and_leaves_no_core_file(path):
    service = unit(path)["Service"]

    assert service["User"] == "portal"
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "LockPersonality"):
        assert service[name] == "true", name
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"]) == ("strict", "")
    assert (service["UMask"], service["LimitCORE"]) == ("0077", "0")
    assert "PORTAL_" not in str(dict(service)).replace("PORTAL_TRUSTED_PROXIES", ""), "settings are in the files"


def test_a_worker_may_finish_its_task_before_it_is_ended():
    for name in ("portal-worker", "portal-batches"):
        assert (
            int(unit(DEPLOY / "systemd" / f"{name}.service")["Service"]["TimeoutStopSec"])
            > settings.CELERY_TASK_TIME_LIMIT
        )


def test_haproxy_accepts_its_configuration(tmp_path):
    haproxy = program("haproxy")
    write_certificate(tmp_path)
    pem = tmp_path / "portal.pem"
    pem.write_bytes((tmp_path / "certificate.pem").read_bytes() + (tmp_path / "key.pem").read_bytes())
    text = (DEPLOY / "haproxy.cfg").read_text().replace("/etc/haproxy/portal.pem", str(pem))
    (tmp_path / "haproxy.cfg").write_text(text)

    status, output = run(haproxy, "-c", "-f", str(tmp_path / "haproxy.cfg"))
    assert (status, "warning" in output.lower()) == (0, False), output


def test_caddy_accepts_its_configuration():
    status, output = run(program("caddy"), "adapt", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile"))
    assert status == 0, output


def test_the_example_names_only_settings_that_the_guide_explains():
    names = re.findall(r"^(\w+)=", (DEPLOY / "portal.env.example").read_text(), re.M)
    guide = (ROOT / "docs" / "operations.md").read_text()

    assert {"DATABASE_URL", "REDIS_URL", "PORTAL_HOSTS"} <= set(names)
    assert [name for name in names if f"`{name}`" not in guide] == []


def test_no_file_contains_a_secret():
    for path in filter(Path.is_file, DEPLOY.rglob("*")):
        assert not re.search(r"(?i)(pass(word)?|secret|key)\s*=\s*[\"']?[A-Za-z0-9+/]{16,}", path.read_text()), path


def test_the_pooler_keeps_connections_whole_and_names_what_it_drops():
    text = (DEPLOY / "postgresql" / "pgbouncer.ini").read_text()
    sent = re.findall(r"-c (\w+)=", (ROOT / "rpm_portal" / "ops" / "environment.py").read_text())

    assert "pool_mode = session" in text
    assert len(sent) == 4
    assert [name for name in sent if f"SET {name} = " not in text] == []


@pytest.fixture
def portal_script(tmp_path, monkeypatch):
    """docs/deploy/portal as a module, with the settings in a temporary folder."""
    loader = SourceFileLoader("portal_script", str(DEPLOY / "portal"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = module_from_spec(spec_from_loader("portal_script", loader))
    loader.exec_module(module)
    monkeypatch.setattr(module, "ETC", str(tmp_path))
    (tmp_path / "portal.env").write_text(
        "# DATABASE_URL=no\nDATABASE_URL=postgresql://app@/portal?a=1&b=2\nPORTAL_HOSTS='x'\n"
    )
    (tmp_path / "secrets.env").write_text("PORTAL_COLUMN_KEYS=AAAA=,BBBB=\n")
    (tmp_path / "owner.env").write_text('DATABASE_URL="postgresql://owner@/portal"\n')
    return module


def test_the_command_reads_the_settings_as_systemd_does_and_a_later_file_wins(portal_script):
    names = ["portal.env", "secrets.env"]
    assert portal_script.settings(names) == {
        "DATABASE_URL": "postgresql://app@/portal?a=1&b=2", "PORTAL_HOSTS": "x", "PORTAL_COLUMN_KEYS": "AAAA=,BBBB=",
    }  # fmt: skip
    assert portal_script.settings([*names, "owner.env"])["DATABASE_URL"] == "postgresql://owner@/portal"


@pytest.mark.parametrize(
    ("words", "url", "command"),
    [
        (["verify_audit", "--heads", "x"], "postgresql://app@/portal?a=1&b=2", ["manage.py", "verify_audit", "--heads", "x"]),
        (["--with", "owner", "migrate"], "postgresql://owner@/portal", ["manage.py", "migrate"]),
        (["--module", "a.b", "keep"], "postgresql://app@/portal?a=1&b=2", ["-m", "a.b", "keep"]),
    ],
)  # fmt: skip
def test_the_command_runs_with_the_settings_of_the_installation(portal_script, monkeypatch, words, url, command):
    called = []
    monkeypatch.setattr(
        portal_script.os, "execve", lambda program, arguments, environment: called.append((arguments, environment))
    )
    monkeypatch.setattr(portal_script.os, "chdir", lambda path: None)
    monkeypatch.setattr(portal_script.os, "umask", lambda mask: None)
    monkeypatch.setattr(portal_script.os, "geteuid", lambda: 1)
    monkeypatch.setattr(portal_script.pwd, "getpwnam", lambda name: None)
    portal_script.main(words)
    ((arguments, environment),) = called

    assert arguments[1:] == command
    assert environment["DATABASE_URL"] == url


@pytest.mark.parametrize("words", [[], ["--with", "owner"]])
def test_the_command_without_a_command_prints_its_usage(portal_script, words):
    with pytest.raises(SystemExit, match="portal COMMAND"):
        portal_script.main(words)
