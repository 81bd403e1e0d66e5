"""Logs and the error page: they have the request's id, never a patient's name."""

import io
import json
import logging

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.urls import path

from rpm_portal.core.logs import CutRowDetails, JsonLine, traceback_without_values
from rpm_portal.core.refusals import Refused
from rpm_portal.ops import health
from rpm_portal.urls import urlpatterns as ours
from tests.test_access import signed_in

NAME = "Zacatecas-Quill"


def breaks(request):
    """A view whose statement fails with the row in the error, and whose local variables contain a name."""
    patient_name = NAME
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_patient SET sex = NULL WHERE family_name = %s", [patient_name])


urlpatterns = [*ours, path("breaks/", breaks)]
handler500 = health.server_error


@pytest.fixture
def log_lines():
    """The lines that the product's log handler would write, as dictionaries."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(CutRowDetails())
    handler.setFormatter(JsonLine())
    loggers = [logging.getLogger(), logging.getLogger("django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    for logger in loggers:
        logger.removeHandler(handler)


@override_settings(ROOT_URLCONF="tests.core.test_logs")
def test_a_page_that_breaks_shows_and_logs_a_number_and_no_name(world, log_lines):
    world.patient.family_name = NAME
    world.patient.save()
    client = signed_in(world.user("manager"))
    client.raise_request_exception = False
    response = client.get("/breaks/")

    assert response.status_code == 500
    number = response["X-Request-ID"]
    assert number in response.content.decode()
    assert NAME not in response.content.decode()
    lines = log_lines()
    assert [
        line
        for line in lines
        if line["request"] == number and "SQLSTATE 23502 enrollment_patient sex" in line.get("traceback", "")
    ]
    assert NAME.lower() not in json.dumps(lines).lower()


def _raised(error):
    try:
        try:
            raise error
        except Exception as first:
            raise RuntimeError(NAME) from first
    except RuntimeError as second:
        return second


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError(f"{NAME} is not a date"), "ValueError: (message cut)"),
        (KeyError(NAME), "KeyError: (message cut)"),
        (LookupError(), "LookupError"),
        (AttributeError("'Call' object has no attribute 'x'"), "AttributeError: 'Call' object has no attribute 'x'"),
        (Refused(f"{NAME} is enrolled already"), "rpm_portal.core.refusals.Refused: (message cut)"),
    ],
)
def test_a_traceback_has_frames_and_types_and_no_value(error, line):
    text = traceback_without_values(_raised(error))

    assert line in text.splitlines()
    assert text.splitlines()[-1] == "RuntimeError: (message cut)"
    assert "in _raised" in text
    assert NAME not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "state"),
    [("SELECT %s::date", "22007"), ("SELECT %s::int", "22P02"), ("SELECT * FROM nowhere WHERE x = %s", "42P01")],
)
def test_a_database_error_is_named_by_its_state(statement, state):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [NAME])
    except DatabaseError as error:
        text = traceback_without_values(error)

    assert f"SQLSTATE {state}" in text
    assert NAME not in text


def test_each_request_gets_its_own_id_whatever_it_sent(world):
    first, second = (Client().get("/healthz", headers={"X-Request-ID": "mine"})["X-Request-ID"] for _ in range(2))
    assert first != second
    assert "mine" not in {first, second}


def test_a_line_stays_one_line():
    record = logging.makeLogRecord({"msg": "two\nlines\x1b[31m", "name": "x", "levelname": "INFO"})
    CutRowDetails().filter(record)
    line = JsonLine().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    assert json.loads(line)["request"] == "-"


@pytest.mark.parametrize(("path", "status"), [("/patients/zzzzzzzzzzzz/", 404), ("/people/", 403)])
def test_a_refused_page_is_logged_with_the_number_of_its_request(world, log_lines, path, status):
    """Django logs these after the middleware has ended."""
    response = signed_in(world.user("clinical_staff")).get(path)
    assert response.status_code == status
    lines = [line for line in log_lines() if line["logger"] == "django.request"]
    assert [line["request"] for line in lines] == [response["X-Request-ID"]]
