"""Logs and the error page: they have the request's id, never a patient's name."""

import io
import json
import logging

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import path

from rpm_portal.core.logs import CutRowDetails, JsonLine
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
    assert [line for line in lines if line["request"] == number and "null value in column" in line.get("traceback", "")]
    assert NAME.lower() not in json.dumps(lines).lower()


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
