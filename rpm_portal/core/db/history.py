"""Changes that leave a trace. The only place where rows with a history are written in bulk.

simple_history sees `save()` alone; here the history rows are copied from the rows themselves by the database, one
statement for any number, so that they cannot say anything else than what is stored.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from rpm_portal.core.db.any_of import written
from rpm_portal.core.db.copy_rows import copy_in, drawn_keys

FEW = 50  # below it an INSERT is quicker than a COPY


def save_with_reason(row: models.Model, *, reason: str, by: Any, fields: Sequence[str] | None = None) -> None:
    """Save a row (only `fields` where named) and write who and why into its history.

    Lock the row first (`select_for_update`): a stale copy would write its old values into the history.
    """
    row._change_reason = reason[:100]  # type: ignore[attr-defined]
    row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=fields)


@transaction.atomic
def create_in_bulk(model: type[models.Model], rows: Iterable[Any], *, reason: str, by: Any) -> list[Any]:
    """Insert rows and their first history rows; returns the rows with their keys."""
    made = list(rows)
    if len(made) < FEW:
        made = list(model._default_manager.bulk_create(made))
    else:
        _copy_in(model, made)
    _copy_to_history(model, [row.pk for row in made], kind="+", reason=reason, by=by)
    return made


def _copy_in(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert many rows by COPY: their keys are drawn first, and every value is prepared as Django would.

    A column that the database fills by itself is left to it.
    """
    fields = [field for field in model._meta.concrete_fields if not field.generated and not field.has_db_default()]
    for row, key in zip(rows, drawn_keys(model._meta.db_table, len(rows)), strict=True):
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
    model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, reason: str, by: Any
) -> list[int]:
    """Insert rows of plain values (see `copying.copy_in`) and their first history rows; returns their keys."""
    if not rows:
        return []
    keys = drawn_keys(model._meta.db_table, len(rows))
    copy_in(model._meta.db_table, ["id", *columns], ((key, *row) for key, row in zip(keys, rows, strict=True)))
    _copy_to_history(model, keys, kind="+", reason=reason, by=by)
    return keys


@transaction.atomic
def set_with_history(
    model: type[models.Model], keys: Sequence[int], *, field: str, value: Any, reason: str, by: Any
) -> None:
    """Give one field of many rows the same value, with a history row each. Two statements, or none for no rows."""
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
        # Rows that take the same value take it in one statement; most bulk changes are of this kind.
        by_value: dict[Any, list[Any]] = {}
        for row in rows:
            by_value.setdefault(getattr(row, field), []).append(row.pk)
        for value, keys in by_value.items():
            model._default_manager.filter(pk__in=keys).update(**{field: value})
    _copy_to_history(model, [row.pk for row in rows], kind="~", reason=reason, by=by)
    return len(rows)


def _copy_to_history(
    model: type[models.Model], keys: Sequence[int], *, kind: str, reason: str, by: Any, now: datetime | None = None
) -> None:
    """One history row for each row, as it stands in its table now."""
    if not keys:
        return
    past = model.history.model  # type: ignore[attr-defined]
    kept = {field.column for field in past._meta.concrete_fields}
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields if field.column in kept)
    key = model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            # Names of our own tables and columns; every value is a parameter.
            f"""
            INSERT INTO "{past._meta.db_table}" ({columns}, history_date, history_change_reason, history_type,
                                                 history_user_id)
            SELECT {columns}, %s, %s, %s, %s FROM "{model._meta.db_table}" WHERE "{key}" = ANY(%s::bigint[])
            """,  # noqa: S608
            [now or timezone.now(), reason[:100], kind, by.pk if by is not None else None, written(keys)],
        )
