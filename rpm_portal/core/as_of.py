"""Rows as they were at an earlier time: by their history, or by when they were written and voided."""

from datetime import datetime
from typing import Any

from django.db.models import Q


def versions(model: Any, moment: datetime, **rows: Any) -> list[Any]:
    """The rows of a model with a history as they were at a moment, ordered by key, without deleted ones.

    `rows` filters by field values at that time. One statement, and one per row for fields without a history.
    """
    past = model.history.filter(history_date__lte=moment).order_by("id", "-history_date", "-history_id").distinct("id")
    # Filtered after the latest version of each row was chosen: a row that was moved to another patient is excluded.
    keys = model.history.filter(**rows).values("id")
    latest = [row for row in past.filter(id__in=keys) if row.history_type != "-"]
    return [row.instance for row in latest if all(_matches(row, name, value) for name, value in rows.items())]


def _matches(row: object, name: str, value: object) -> bool:
    allowed = value if isinstance(value, list | set | tuple) else [value]
    return getattr(row, name.removesuffix("__in")) in allowed


def valid_at(moment: datetime, *, written: str) -> Q:
    """Filter for append-only rows that had been written by a moment and were not voided by then."""
    return Q(**{f"{written}__lte": moment}) & (Q(voided_at__isnull=True) | Q(voided_at__gt=moment))
