"""Many changes of columns in one step of a migration, forwards and back."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from rpm_portal.core.db.batch_operation import AtOnce

pytestmark = pytest.mark.django_db

TABLES = AtOnce(
    migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel(
        "Box",
        [("id", models.BigAutoField(primary_key=True)), ("shelf", models.ForeignKey("billing.Shelf", models.PROTECT))],
    ),
)
COLUMNS = AtOnce(
    migrations.AddField("Box", "label", models.CharField(max_length=9, default="none")),
    migrations.AddField("Box", "above", models.ForeignKey("billing.Box", models.PROTECT, null=True)),
    migrations.AddConstraint("Box", models.UniqueConstraint(fields=["shelf", "label"], name="one_label_a_shelf")),
)


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def _constraints(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))


def test_it_makes_and_unmakes_what_its_operations_would():
    bare = ProjectState()
    tables, columns = bare.clone(), bare.clone()
    TABLES.state_forwards("billing", tables)
    TABLES.state_forwards("billing", columns)
    COLUMNS.state_forwards("billing", columns)

    with connection.schema_editor() as editor:
        TABLES.database_forwards("billing", editor, bare, tables)
        COLUMNS.database_forwards("billing", editor, tables, columns)
    assert _columns("billing_box") == {"id", "shelf_id", "label", "above_id"}
    assert "one_label_a_shelf" in _constraints("billing_box")
    box = columns.apps.get_model("billing", "Box")
    shelf = columns.apps.get_model("billing", "Shelf").objects.create()
    assert box.objects.create(shelf=shelf, above=box.objects.create(shelf=shelf, label="low")).label == "none"
    box.objects.filter(above__isnull=False).delete()
    box.objects.all().delete()

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor() as editor:
        COLUMNS.database_backwards("billing", editor, columns, tables)
    assert _columns("billing_box") == {"id", "shelf_id"}
    with connection.schema_editor() as editor:
        TABLES.database_backwards("billing", editor, tables, bare)
    assert "billing_box" not in connection.introspection.table_names()


def test_a_state_that_was_drawn_before_shows_the_columns_after():
    state = ProjectState()
    TABLES.state_forwards("billing", state)
    assert "label" not in {field.name for field in state.apps.get_model("billing", "Box")._meta.get_fields()}
    COLUMNS.state_forwards("billing", state)
    assert "label" in {field.name for field in state.apps.get_model("billing", "Box")._meta.get_fields()}
