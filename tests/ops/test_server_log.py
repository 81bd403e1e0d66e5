"""The database server's own log contains no patients, whatever fails."""

import contextlib
import os
import re
import signal
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from rpm_portal import embedded
from rpm_portal.ops.server_log import REQUIRED_SETTINGS, check_server_log, wrong_settings
from tests.conftest import wait_for

CONFIGURATION = Path(settings.BASE_DIR) / "docs" / "deploy" / "postgresql" / "portal.conf"
NAME = "Zzyzxpatient"
FAILING_STATEMENTS = [
    f"INSERT INTO person VALUES (1, '{NAME}')",  # the DETAIL of a unique violation has the values
    f"SELECT '{NAME}'::date",  # the message has the value
    f"SELECT '{NAME}' FROM nowhere",
    f"INSERT INTO person VALUES (2, '{NAME * 20}')",
    f"DO $$ BEGIN RAISE EXCEPTION 'refused {NAME}'; END $$",
    f"SET statement_timeout = 50; SELECT pg_sleep(5), '{NAME}'",
]


def test_the_shipped_configuration_has_the_required_settings():
    lines = dict(re.findall(r"^(\w+) = (\S+)$", CONFIGURATION.read_text(), re.M))

    assert {name: lines[name] for name in REQUIRED_SETTINGS} == REQUIRED_SETTINGS
    assert dict(re.findall(r"^(\w+)=(\S+)$", embedded.LOG_SETTINGS, re.M)) == REQUIRED_SETTINGS


def test_the_shipped_configuration_does_not_keep_its_log_for_an_archive_that_nobody_writes():
    """With archive_mode and no archive_command PostgreSQL keeps each segment, until the disk is full."""
    lines = dict(re.findall(r"^(\w+) = (\S+)$", CONFIGURATION.read_text(), re.M))

    assert lines["archive_mode"] == "off" or "archive_command" in lines
    assert "max_slot_wal_keep_size" in lines, "a receiver that is away must not fill the disk"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "is_wrong"),
    [
        ("log_statement", "none", False), ("log_statement", "ddl", True),
        ("log_min_messages", "fatal", False), ("log_min_messages", "panic", False), ("log_min_messages", "log", True),
        ("log_min_error_statement", "error", True), ("log_error_verbosity", "default", True),
        ("log_min_duration_statement", "0", True), ("log_parameter_max_length", "-1", True),
        ("log_parameter_max_length_on_error", "-1", True),
    ],
)  # fmt: skip
def test_a_setting_that_logs_patients_is_named(client, name, value, is_wrong):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {name} = '{value}'")

    assert wrong_settings() == ({name: value} if is_wrong else {})
    assert [f"{name} of the database server is {value}" in error.msg for error in check_server_log()] == [
        True
    ] * is_wrong
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == ((503, ["server_log"]) if is_wrong else (200, []))


@pytest.mark.django_db
def test_check_deploy_refuses_such_a_server():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL log_statement = 'all'")

    with pytest.raises(SystemCheckError, match="log_statement of the database server is all"):
        call_command("check", deploy=True, tags=["security"])


def _killed_backend(url: str) -> None:
    """A backend is killed while it runs a statement with the name; returns when the server accepts connections again."""
    line = psycopg.connect(url)
    line.pgconn.send_query(f"SELECT pg_sleep(600), '{NAME}'".encode())
    os.kill(line.info.backend_pid, signal.SIGKILL)
    line.close()

    def can_connect() -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            return True
        return False

    wait_for(can_connect)


@pytest.mark.slow
def test_no_failing_statement_and_no_killed_backend_puts_a_name_into_the_log(server_folder):
    url = embedded.start_postgres(server_folder / "data", throw_away=True)
    with psycopg.connect(url, autocommit=True) as line:
        line.execute("CREATE TABLE person (id int PRIMARY KEY, name varchar(20))")
        line.execute("INSERT INTO person VALUES (1, 'x')")
        for statement in FAILING_STATEMENTS:
            with pytest.raises(psycopg.Error):
                line.execute(statement)
    _killed_backend(url)

    log = (server_folder / "data" / "log").read_text()
    assert "terminated by signal 9" not in log  # a LOG line; at this level only FATAL and PANIC are written
    assert NAME not in log
    assert all(path.read_bytes().count(NAME.encode()) == 0 for path in (server_folder / "data").glob("log*"))
