"""Moments as vendors write them. Refuse what is not one; guess no zone."""

from datetime import UTC, datetime
from typing import Any


def from_epoch(raw: Any, *, per_second: int) -> datetime:
    """A count since 1970, as a number or as text. Raises ValueError for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError("not a moment")
    try:
        return datetime.fromtimestamp(int(raw) / per_second, UTC)
    except (OverflowError, OSError):
        raise ValueError("not a moment") from None


def from_iso(raw: Any) -> datetime:
    """An ISO moment with its offset. Raises ValueError where the offset is missing or the year is not of our time."""
    if not isinstance(raw, str):
        raise ValueError("not a moment")
    moment = datetime.fromisoformat(raw)
    if moment.tzinfo is None or not 1900 <= moment.year <= 2100:
        raise ValueError("the offset from UTC is missing")
    return moment
