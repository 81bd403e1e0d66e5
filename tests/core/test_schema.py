"""The migrated database has the declared schema objects, and the migrations import no code of the product."""

import ast
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from rpm_portal.core.db import schema

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = sorted(
    path
    for path in ROOT.glob("**/migrations/[0-9]*.py")
    if not path.relative_to(ROOT).parts[0].startswith(".") and "var" not in path.relative_to(ROOT).parts
)

# What is changed by hand, and the declared parts that must be reported for it.
CHANGES = {
    "DROP TRIGGER billing_claimline_ended ON billing_claimline": "trigger billing_claimline_ended",
    "DROP TRIGGER monitoring_note_append_only ON monitoring_note; CREATE TRIGGER monitoring_note_append_only "
    "BEFORE DELETE ON monitoring_note FOR EACH ROW EXECUTE FUNCTION monitoring_note_append_only()": (
        "trigger monitoring_note_append_only"
    ),
    "CREATE OR REPLACE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NEW; END $$": "function audit_event_append_only",
    "DROP VIEW billing_codeverdict; CREATE VIEW billing_codeverdict AS SELECT id FROM billing_keptdecision": (
        "view billing_codeverdict"
    ),
    "ALTER TABLE billing_claimline DROP CONSTRAINT billing_claimline_claim_id_same_practice": (
        "constraint billing_claimline_claim_id_same_practice"
    ),
    "ALTER TABLE monitoring_note DROP CONSTRAINT monitoring_note_practice_pair CASCADE": (
        "constraint monitoring_note_practice_pair"
    ),
    "ALTER TABLE billing_keptdecision RESET (toast_tuple_target)": "settings billing_keptdecision",
}


@pytest.mark.django_db
def test_the_database_has_what_the_models_declare():
    assert [f"{label}: {item.kind} {item.name}" for label, item in schema.differences()] == []
    assert len(schema.declared_objects()) > 300


@pytest.mark.django_db
def test_each_change_of_the_database_is_found_and_printed_as_sql(capsys):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for change in CHANGES:
            cursor.execute(change)
        differences = schema.differences()
        call_command("schema_sql")
        printed = capsys.readouterr().out
        transaction.set_rollback(True)

    assert {f"{item.kind} {item.name}" for _, item in differences} == set(CHANGES.values())
    for _, item in differences:
        assert item.create in printed


@pytest.mark.django_db
def test_the_database_has_no_function_trigger_or_view_that_no_model_declares():
    assert schema.undeclared() == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE VIEW stray AS SELECT 1 AS one")
        assert schema.undeclared() == ["view stray"]
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_every_table_of_a_practice_has_its_key_and_no_null_practice():
    """No table has a NULL practice, histories included; a table that others refer to has the key (practice, id)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'practice_id'"
        )
        columns = dict(cursor.fetchall())
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint "
            "WHERE contype = 'u' AND pg_get_constraintdef(oid) LIKE 'UNIQUE (practice_id, %'"
        )
        keyed = {table for (table,) in cursor.fetchall()}
    own = [model for model in apps.get_models() if schema.practice_pair(model) is not None]

    assert len(columns) > 100
    assert {table for table, nullable in columns.items() if nullable == "YES"} == {"billing_codeverdict"}  # a view
    assert len(own) > 75
    assert {model._meta.db_table for model in own} - keyed == set()


def _imports(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    return modules


# An operation of migrations, without models and rules: it changes nothing that a migration does.
CREATE_MODELS = "rpm_portal.core.db.create_models"


def test_no_migration_imports_code_of_the_product():
    packages = ("rpm_portal", "enrollment", "monitoring", "timetracking", "billing")
    imports = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in MIGRATIONS
        for name in _imports(path)
        if name.split(".")[0] in packages and name != CREATE_MODELS
    }

    assert imports == set()
    by_package = Counter(path.parent for path in MIGRATIONS)
    assert len(by_package) == 12
    assert sum(by_package.values()) <= 22
