"""Changes that leave a trace. The only place where rows with a history are written in bulk."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from simple_history.utils import bulk_create_with_history, bulk_update_with_history


def save_with_reason(row: models.Model, *, reason: str, by: Any, fields: Sequence[str] | None = None) -> None:
    """Save a row (only `fields` where named) and write who and why into its history.

    Lock the row first (`select_for_update`): a stale copy would write its old values into the history.
    """
    row._change_reason = reason[:100]  # type: ignore[attr-defined]
    row._history_user = by  # type: ignore[attr-defined]
    row.save(update_fields=fields)


def create_in_bulk(model: type[models.Model], rows: Iterable[models.Model], *, reason: str, by: Any) -> list[Any]:
    """Insert rows and their first history rows, 500 at a time."""
    rows = list(rows)
    if not rows:
        return []
    return list(
        bulk_create_with_history(rows, model, batch_size=500, default_user=by, default_change_reason=reason[:100])
    )


def update_in_bulk(
    model: type[models.Model], rows: Iterable[models.Model], *, fields: Sequence[str], reason: str, by: Any
) -> int:
    """Write `fields` of rows and one history row each, 500 at a time; returns how many."""
    rows = list(rows)
    if not rows:
        return 0
    return int(
        bulk_update_with_history(
            rows, model, fields, batch_size=500, default_user=by, default_change_reason=reason[:100]
        )
    )
