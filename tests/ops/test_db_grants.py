"""The portal under its own database role: everything works, and the role can neither rewrite history nor drop a trigger."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from rpm_portal.audit.models import Event
from rpm_portal.audit.services import record
from rpm_portal.ops.db_grants import grant
from rpm_portal.ops.table_rights import (
    DELETED_TABLES,
    INSERT_ONLY_TABLES,
    READ_ONLY_TABLES,
    UPDATED_COLUMNS,
    UPDATED_TABLES,
)
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import at, days, seal
from tests.roles import PORTAL_ROLE, columns_of, portal_role
from tests.test_access import signed_in


@pytest.fixture
def portal_role_world(world):
    """A world whose connection uses the portal's role; the role is rolled back with the transaction."""
    with portal_role():
        yield world


def rights_of(table, *, column=""):
    """The rights of the portal's role on a table, or to update one of its columns."""
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    with connection.cursor() as cursor:
        if column:
            cursor.execute("SELECT has_column_privilege(%s, %s, %s, 'UPDATE')", [PORTAL_ROLE, table, column])
            return cursor.fetchone()[0]
        cursor.execute(
            "SELECT kind FROM unnest(%s::text[]) AS kind WHERE has_table_privilege(%s, %s, kind)",
            [list(kinds), PORTAL_ROLE, table],
        )
        return {kind for (kind,) in cursor.fetchall()}


def all_tables():
    """Every table and view, history tables apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relname LIKE '%\\_historical%' FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p')"
        )
        rows = cursor.fetchall()
    return {name for name, history in rows if not history}, {name for name, history in rows if history}


def test_each_table_has_one_decision_about_the_portals_rights(db):
    """A new table fails here until somebody decides whether its rows are updated or deleted."""
    tables, histories = all_tables()
    listed = [READ_ONLY_TABLES, INSERT_ONLY_TABLES, UPDATED_COLUMNS.keys(), UPDATED_TABLES, DELETED_TABLES]
    assert sorted(name for names in listed for name in names) == sorted(tables)
    assert len(histories) > 25


def test_the_role_has_exactly_the_rights_of_the_lists(portal_role_world):
    tables, histories = all_tables()
    assert {name: rights_of(name) for name in histories} == {key: {"SELECT", "INSERT"} for key in histories}
    expected = {
        **{key: {"SELECT"} for key in READ_ONLY_TABLES},
        **{key: {"SELECT", "INSERT"} for key in [*INSERT_ONLY_TABLES, *UPDATED_COLUMNS]},
        **{key: {"SELECT", "INSERT", "UPDATE"} for key in UPDATED_TABLES},
        **{key: {"SELECT", "INSERT", "UPDATE", "DELETE"} for key in DELETED_TABLES},
    }
    assert {name: rights_of(name) for name in tables} == expected
    for table, allowed in UPDATED_COLUMNS.items():
        assert {name for name in columns_of(table) if rights_of(table, column=name)} == set(allowed)


def test_a_right_that_was_given_by_hand_is_taken_back(world):
    with portal_role():
        pass
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON billing_claim, accounts_historicalpractice TO {PORTAL_ROLE}")
        cursor.execute(f"GRANT UPDATE (units) ON billing_claimline TO {PORTAL_ROLE}")
    grant(PORTAL_ROLE)
    assert rights_of("billing_claim") == rights_of("accounts_historicalpractice") == {"SELECT", "INSERT"}
    assert not rights_of("billing_claimline", column="units")


def test_every_append_only_trigger_is_on_a_table_whose_rows_the_role_cannot_delete(portal_role_world):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only'")
        tables = {name for (name,) in cursor.fetchall()}
    assert len(tables) > 40
    assert not {name for name in tables if "DELETE" in rights_of(name)}


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
        "DELETE FROM billing_submission",
        "UPDATE enrollment_historicalpatient SET family_name = 'Other'",
        "DELETE FROM enrollment_historicalpatient",
        "UPDATE billing_historicalclaimline SET units = 8",
        "DELETE FROM billing_historicalclaimline",
        "UPDATE billing_claimline SET units = 8",
        "DELETE FROM billing_claimline",
        "UPDATE billing_claim SET payer_id = NULL",
        "DELETE FROM billing_closechunk",
        "DELETE FROM billing_monthclose",
        "DELETE FROM audit_chainhead",
        "DELETE FROM django_admin_log",
        "TRUNCATE billing_claimline CASCADE",
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


def test_columns_are_encrypted_again_only_by_the_owner(portal_role_world):
    """The portal's role cannot change history, and old values of a member ID are history."""
    with pytest.raises(CommandError, match="Run this command as the owner of the tables"), transaction.atomic():
        call_command("reseal_columns", stdout=io.StringIO())
