"""The table of a patient's readings: all of them, a page at a time, with marks."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.intake import manual_entry
from monitoring.models import Reading
from rpm_portal.audit.models import Event
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db


def address(world):
    return f"/enrollments/{world.enrollment.public_id}/readings/"


def send(world, count):
    """Send one reading an hour, with increasing values into the past: the latest is 80."""
    now = timezone.now()
    entries = [
        {"device": world.serial, "metric": "glucose", "glucose_mg_dl": 80 + n,
         "measured_at": (now - timedelta(hours=n, minutes=1)).isoformat()}
        for n in range(count)
    ]  # fmt: skip
    world.send(entries, now=now)


def values(page):
    return [int(text) for text in re.findall(r"<td><b>(\d+)</b>", page.content.decode())]


def test_every_reading_is_reached_sixty_a_page_and_none_twice(world):
    send(world, 130)
    client, seen, path = signed_in(world.user("clinical_staff")), [], address(world)
    while path:
        page = client.get(path)
        seen += values(page)
        link = re.search(r'href="([^"]*\?before=\d+)"', page.content.decode())
        path = link and link[1]
    assert seen == list(range(80, 210))


def test_readings_of_one_moment_are_neither_skipped_nor_repeated_at_a_pages_edge(world):
    moment = timezone.now() - timedelta(minutes=5)
    entries = [
        {"device": world.serial, "metric": "glucose", "glucose_mg_dl": 80 + n, "measured_at": moment.isoformat()}
        for n in range(70)
    ]
    world.send(entries, now=timezone.now())
    client = signed_in(world.user("clinical_staff"))
    first = client.get(address(world))
    second = client.get(re.search(r'href="([^"]*\?before=\d+)"', first.content.decode())[1])
    assert sorted(values(first) + values(second)) == list(range(80, 150))


def test_voided_readings_are_marked_and_only_clinicians_may_correct(world):
    send(world, 3)
    nurse = world.user("clinical_staff")
    manual_entry.void_reading(reading=Reading.objects.first(), reason="Of her <husband>", by=nurse, now=timezone.now())
    page = signed_in(nurse).get(address(world)).content.decode()
    assert "voided" in page
    assert "Of her &lt;husband&gt;" in page
    assert page.count(">Correct</a>") == 2
    assert ">Correct</a>" not in signed_in(world.user("auditor")).get(address(world)).content.decode()


def test_inside_the_chart_only_the_table_is_returned_and_the_view_is_audited(world):
    send(world, 2)
    client = signed_in(world.user("clinical_staff"))
    page = client.get(address(world), HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in page
    assert page.count("<tr") == 3
    event = Event.objects.filter(practice=world.practice, action="read_readings").get()
    assert event.subject == f"patient:{world.patient.public_id}"
    assert event.detail["count"] == 2


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "0", "٣"])
def test_an_invalid_position_begins_with_the_latest(world, before):
    send(world, 2)
    page = signed_in(world.user("clinical_staff")).get(address(world), {"before": before})
    assert values(page) == [80, 81]


def test_another_patients_reading_is_no_position(world):
    send(world, 2)
    send(world.other, 1)
    theirs = Reading.objects.get(practice=world.other.practice)
    page = signed_in(world.user("clinical_staff")).get(address(world), {"before": theirs.pk})
    assert values(page) == [80, 81]


def test_a_page_runs_the_same_statements_for_any_number_of_readings(world):
    client, counts = signed_in(world.user("clinical_staff")), []
    client.get(address(world))
    for number in (5, 200):
        send(world, number)
        with CaptureQueriesContext(connection) as queries:
            client.get(address(world))
        counts.append(len(queries))
    assert counts[0] == counts[1]
