"""The schema objects that models declare in addition to Django's migrations, and their comparison with the database.

These are each model's `database_objects`, and the keys that tie rows to their practice: each table of a practice has a
unique key (practice_id, id), and each reference to such a table is a composite foreign key, so that a row can only
refer to rows of its own practice.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models, transaction
from simple_history.models import HistoricalChanges

from rpm_portal.core.db.triggers import DatabaseObject, table_constraint

_DEFINITIONS = """
SELECT 'function', p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'settings', c.relname, coalesce(array_to_string(c.reloptions, ', '), '') || ' ' || (
            SELECT string_agg(attname || ' ' || attstorage::text, ', ' ORDER BY attname) FROM pg_attribute
            WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
"""


def _has_practice(model: type[models.Model]) -> bool:
    """Whether the model has a practice and a table with foreign keys: not a view or a history model."""
    if not model._meta.managed or issubclass(model, HistoricalChanges):
        return False
    return any(field.name == "practice" for field in model._meta.concrete_fields)


def key_columns(model: type[models.Model]) -> tuple[str, ...]:
    """The key columns of a row besides its practice: the primary key and the model's `key_also`."""
    return (str(model._meta.pk.column), *getattr(model, "key_also", ()))


def _pair_name(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}_practice_pair"[:63]


def practice_pair(model: type[models.Model]) -> DatabaseObject | None:
    """The unique key (practice_id, id) of a table; None if the practice is the primary key."""
    columns = key_columns(model)
    if "practice_id" in columns or not _has_practice(model):
        return None
    return table_constraint(model._meta.db_table, _pair_name(model), f"UNIQUE (practice_id, {', '.join(columns)})")


def same_practice_keys(model: type[models.Model]) -> Iterator[DatabaseObject]:
    """The composite foreign keys (practice_id, ...) of a table, one for each reference to a table of a practice."""
    if not _has_practice(model):
        return
    for field in model._meta.concrete_fields:
        parent = field.related_model
        if not field.is_relation or not isinstance(parent, type) or practice_pair(parent) is None:
            continue
        table = model._meta.db_table
        columns = (str(field.column), *(f"{field.name}_{column}" for column in key_columns(parent)[1:]))
        definition = (
            f"FOREIGN KEY (practice_id, {', '.join(columns)}) "
            f"REFERENCES {parent._meta.db_table}(practice_id, {', '.join(key_columns(parent))}) "
            "DEFERRABLE INITIALLY DEFERRED"
        )
        yield table_constraint(table, f"{table}_{field.column}_same_practice"[:63], definition)


def declared_objects() -> list[tuple[str, DatabaseObject]]:
    """Every declared schema object with the label of its app, in the order of creation."""
    own = [model for model in apps.get_models() if not model._meta.proxy]
    pairs = [(model._meta.app_label, pair) for model in own if (pair := practice_pair(model))]
    keys = [(model._meta.app_label, key) for model in own for key in same_practice_keys(model)]
    # A subclass does not repeat what its parent declares.
    others = [(model._meta.app_label, item) for model in own for item in model.__dict__.get("database_objects", ())]
    return [*pairs, *keys, *others]


def _definitions() -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(_DEFINITIONS)
        return {(kind, name): definition for kind, name, definition in cursor.fetchall()}


def differences() -> list[tuple[str, DatabaseObject]]:
    """The declared objects that are missing in the database or differ from it, with their app's label. Changes nothing.

    Each declared object is created again in a transaction that is rolled back, and PostgreSQL's definitions before and
    after are compared. Takes exclusive locks: only for a developer's database.
    """
    declared = declared_objects()
    before = _definitions()
    with transaction.atomic(), connection.cursor() as cursor:
        drops = [item.drop for _, item in reversed(declared) if item.drop]
        for statement in [*drops, *(item.create for _, item in declared)]:
            cursor.execute(statement)
        after = _definitions()
        transaction.set_rollback(True)
    return [
        (label, item) for label, item in declared if before.get((item.kind, item.name)) != after[(item.kind, item.name)]
    ]


def undeclared() -> list[str]:
    """Functions, triggers and views in the database that no model declares, by kind and name. One statement."""
    declared = {(item.kind, item.name) for _, item in declared_objects()}
    kinds = {"function", "trigger", "view"}
    return sorted(f"{kind} {name}" for kind, name in _definitions() if kind in kinds and (kind, name) not in declared)
