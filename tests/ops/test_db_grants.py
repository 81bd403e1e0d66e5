"""The portal under its own database role: everything works, and the role can neither rewrite history nor drop a trigger."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from rpm_portal.audit.models import Event
from rpm_portal.audit.services import record
from rpm_portal.ops.db_grants import grant
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import at, days, seal
from tests.test_access import signed_in

ROLE = "portal_app_test"


@pytest.fixture
def portal_role_world(world):
    """A world whose connection uses the portal's role; the role is rolled back with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
    world.append_only_tables = grant(ROLE)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    yield world
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'other'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "ALTER TABLE audit_event DISABLE TRIGGER USER",
        "DROP TRIGGER audit_event_append_only ON audit_event",
        "SET LOCAL session_replication_role = replica",
        "DELETE FROM monitoring_reading",
        "DELETE FROM billing_export",
        "CREATE TABLE mine (id int)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
    ],
)
def test_history_cannot_be_rewritten_by_the_role_the_portal_runs_under(portal_role_world, statement):
    record(practice=portal_role_world.practice, by=None, action="one", now=at("2026-03-10"))
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
    assert Event.objects.filter(action="one").exists()


def test_a_month_is_worked_closed_and_sealed_under_the_role(portal_role_world):
    portal_role_world.read(days("2026-02-10", "2026-03-31"))
    portal_role_world.work("2026-03-10", 1300)
    portal_role_world.call("2026-03-10")
    close = compute(portal_role_world)
    approve_all(close, portal_role_world)
    assert seal(close, portal_role_world, now=AFTER).state == "sealed"
    client = signed_in(portal_role_world.user("physician"))
    for address in (
        "/",
        f"/patients/{portal_role_world.patient.public_id}/",
        "/months/2026-03/",
        "/months/2026-03/claims/",
    ):
        assert client.get(address).status_code == 200


def test_an_owner_superuser_or_unknown_role_is_refused(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
    for role, message in ((owner, "owner or a superuser"), ("nobody_here", "There is no role")):
        with pytest.raises(CommandError, match=message):
            call_command("grant_rights", role)


def test_every_append_only_table_refuses_deletes(portal_role_world):
    assert {"audit_event", "billing_export", "billing_answer", "billing_denialstep"} <= set(
        portal_role_world.append_only_tables
    )
