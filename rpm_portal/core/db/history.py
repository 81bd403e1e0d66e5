"""Writes of rows with a history. Bulk writes of such rows happen only here.

simple_history records only `save()`. Here the database copies the history rows from the rows themselves, one statement
for any number, so that the history always matches the stored rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from rpm_portal.core.db.any_of import array_literal
from rpm_portal.core.db.copy_rows import copy_in, reserve_keys

FEW = 50  # rows; for fewer an INSERT is faster than a COPY


def save_with_reason(row: models.Model, *, reason: str, by: object, fields: Sequence[str] | None = None) -> None:
    """Save a row (only `fields` if given) and record who changed it and why in its history.

    Lock the row first (`select_for_update`): a stale copy would write its old values into the history.
    """
    row._change_reason = reason[:100]  # type: ignore[attr-defined]
    row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=fields)


@transaction.atomic
def create_in_bulk(model: type[models.Model], rows: Iterable[Any], *, reason: str, by: Any) -> list[Any]:
    """Insert rows and their first history rows; returns the rows with their keys."""
    created = list(rows)
    if len(created) < FEW:
        created = list(model._default_manager.bulk_create(created))
    else:
        _copy_in(model, created)
    _copy_to_history(model, [row.pk for row in created], kind="+", reason=reason, by=by)
    return created


def _copy_in(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert many rows by COPY: the keys are reserved first, and every value is prepared as Django would.

    Columns that the database fills are omitted.
    """
    fields = [field for field in model._meta.concrete_fields if not field.generated and not field.has_db_default()]
    for row, key in zip(rows, reserve_keys(model._meta.db_table, len(rows)), strict=True):
        row.pk = key
    copy_in(
        model._meta.db_table,
        [str(field.column) for field in fields],
        ([field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields] for row in rows),
    )
    for row in rows:
        row._state.adding = False


@transaction.atomic
def copy_with_history(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[object, ...]], *, reason: str, by: object
) -> list[int]:
    """Insert rows of plain values (see `copy_rows.copy_in`) and their first history rows; returns their keys."""
    if not rows:
        return []
    keys = reserve_keys(model._meta.db_table, len(rows))
    copy_in(model._meta.db_table, ["id", *columns], ((key, *row) for key, row in zip(keys, rows, strict=True)))
    _copy_to_history(model, keys, kind="+", reason=reason, by=by)
    return keys


@transaction.atomic
def set_with_history(
    model: type[models.Model], keys: Sequence[int], *, field: str, value: object, reason: str, by: object
) -> None:
    """Set one field of many rows to the same value, with a history row each. Two statements, or none for no rows."""
    if keys:
        model._default_manager.filter(pk__in=keys).update(**{field: value})
        _copy_to_history(model, keys, kind="~", reason=reason, by=by)


@transaction.atomic
def update_in_bulk(
    model: type[models.Model], rows: Iterable[Any], *, fields: Sequence[str], reason: str, by: Any
) -> int:
    """Write `fields` of rows and one history row each; returns how many."""
    rows = list(rows)
    for field in fields:
        # One statement per distinct value; most bulk changes have only one.
        by_value: dict[object, list[object]] = {}
        for row in rows:
            by_value.setdefault(getattr(row, field), []).append(row.pk)
        for value, keys in by_value.items():
            model._default_manager.filter(pk__in=keys).update(**{field: value})
    _copy_to_history(model, [row.pk for row in rows], kind="~", reason=reason, by=by)
    return len(rows)


def _copy_to_history(
    model: type[models.Model], keys: Sequence[int], *, kind: str, reason: str, by: Any, now: datetime | None = None
) -> None:
    """Insert one history row for each row, copied from its table. Raw: the ORM has no INSERT ... SELECT."""
    if not keys:
        return
    history = model.history.model  # type: ignore[attr-defined]
    history_columns = {field.column for field in history._meta.concrete_fields}
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if field.column in history_columns)
    key = model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            # Only names of our own tables and columns are formatted in; every value is a parameter.
            f"""
            INSERT INTO "{history._meta.db_table}" ({columns}, history_date, history_change_reason, history_type,
                                                 history_user_id)
            SELECT {columns}, %s, %s, %s, %s FROM "{model._meta.db_table}" WHERE "{key}" = ANY(%s::bigint[])
            """,  # noqa: S608
            [now or timezone.now(), reason[:100], kind, by.pk if by is not None else None, array_literal(keys)],
        )
