"""The chain: every event in its place, and any change found and named."""

import pytest
from django.db import DatabaseError, connection, transaction

from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link, record
from tests.builders import at

NOW = at("2026-03-10")


def test_events_are_numbered_without_gaps_in_each_practice(world):
    for practice in (world.practice, world.other.practice):
        numbers = list(Event.objects.filter(practice=practice).order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert first_broken_link(practice) is None


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_database_refuses_to_rewrite(world, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_truncate_is_refused_where_the_trigger_stands(world):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_no_truncate")
        try:
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute("TRUNCATE audit_event CASCADE")
        finally:
            cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_no_truncate")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET detail = '{\"count\": 0}' WHERE practice_id = %s AND number = 3",
        "UPDATE audit_event SET actor_id = NULL WHERE practice_id = %s AND number = 3",
        "DELETE FROM audit_event WHERE practice_id = %s AND number = 3",
        "DELETE FROM audit_event WHERE practice_id = %s AND number >= 3",
        "UPDATE audit_event SET at = at + interval '1 second' WHERE practice_id = %s AND number = 3",
    ],
)
def test_a_superusers_tampering_is_found_and_named(world, tampering):
    for count in range(4):
        record(
            practice=world.practice,
            by=world.user("manager"),
            action="list_patients",
            now=NOW,
            detail={"count": count + 1},
        )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(tampering, [world.practice.pk])
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_no_truncate")

    assert first_broken_link(world.practice) == 3
    assert first_broken_link(world.other.practice) is None


def test_an_event_lives_and_dies_with_its_act(world):
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        record(practice=world.practice, by=None, action="x", now=NOW)
        raise RuntimeError
    assert Event.objects.count() == before
    assert first_broken_link(world.practice) is None


def test_no_name_of_a_patient_stands_in_the_chain(world):
    world.call("2026-03-10")
    said = " ".join(f"{e.subject} {e.detail} {e.action}" for e in Event.objects.all())

    assert "Ortega" not in said
    assert "Miguel" not in said
