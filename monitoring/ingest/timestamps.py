"""Conversion of vendors' timestamps to datetimes. What is not a timestamp is refused; no time zone is guessed."""

import re
from datetime import UTC, datetime

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}")


def from_epoch(raw: object, *, per_second: int) -> datetime:
    """The second for a count since 1970, given as a number or as text. Raises ValueError for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError("not a moment")
    # int() also takes digits of other scripts and underscores.
    if isinstance(raw, str) and not _WHOLE_NUMBER.fullmatch(raw):
        raise ValueError("not a moment")
    try:
        return datetime.fromtimestamp(int(raw) // per_second, UTC)
    except (OverflowError, OSError):
        raise ValueError("not a moment") from None


def from_iso(raw: object) -> datetime:
    """The moment for an ISO timestamp. Raises ValueError if its offset is missing or the year is not 1900 to 2100."""
    if not isinstance(raw, str):
        raise ValueError("not a moment")
    moment = datetime.fromisoformat(f"{raw[:-1]}Z" if raw.endswith("z") else raw)
    if moment.tzinfo is None or not 1900 <= moment.year <= 2100:
        raise ValueError("the offset from UTC is missing")
    return moment


def measured_second(raw: object) -> datetime:
    """The second of a measurement from an ISO timestamp; the same reading is sent with and without milliseconds.

    Raises ValueError as `from_iso` does.
    """
    return from_iso(raw).replace(microsecond=0)
