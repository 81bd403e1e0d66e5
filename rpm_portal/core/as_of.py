"""What was known at a moment: rows by their history, ledgers by when they were written and struck through."""

from datetime import datetime
from typing import Any

from django.db.models import Q


def versions(model: Any, moment: datetime, **rows: Any) -> list[Any]:
    """The rows of a model with a history as they were at a moment, by key; those that were gone are left out.

    `rows` narrows by fields as they were then. One statement, and one a row for fields without a history.
    """
    past = model.history.filter(history_date__lte=moment).order_by("id", "-history_date", "-history_id").distinct("id")
    # Narrowed after the latest version of each row was taken: a row that left for another patient is not found.
    keys = model.history.filter(**rows).values("id")
    found = [row for row in past.filter(id__in=keys) if row.history_type != "-"]
    return [row.instance for row in found if all(_same(row, name, value) for name, value in rows.items())]


def _same(row: Any, name: str, value: Any) -> bool:
    wanted = value if isinstance(value, list | set | tuple) else [value]
    return getattr(row, name.removesuffix("__in")) in wanted


def stood(moment: datetime, *, written: str) -> Q:
    """Rows of a ledger that had been written by a moment and were not struck through by then."""
    return Q(**{f"{written}__lte": moment}) & (Q(voided_at__isnull=True) | Q(voided_at__gt=moment))
