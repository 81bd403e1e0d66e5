"""Conversion of vendors' timestamps to datetimes. What is not a timestamp is refused; no time zone is guessed."""

from datetime import UTC, datetime


def from_epoch(raw: object, *, per_second: int) -> datetime:
    """The moment for a count since 1970, given as a number or as text. Raises ValueError for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError("not a moment")
    try:
        return datetime.fromtimestamp(int(raw) / per_second, UTC)
    except (OverflowError, OSError):
        raise ValueError("not a moment") from None


def from_iso(raw: object) -> datetime:
    """The moment for an ISO timestamp. Raises ValueError if its offset is missing or the year is not 1900 to 2100."""
    if not isinstance(raw, str):
        raise ValueError("not a moment")
    moment = datetime.fromisoformat(raw)
    if moment.tzinfo is None or not 1900 <= moment.year <= 2100:
        raise ValueError("the offset from UTC is missing")
    return moment
