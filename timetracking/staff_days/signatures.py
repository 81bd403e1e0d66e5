"""Which work is signed: a day's signature covers what was on file at its moment; later work needs another."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import Max

from rpm_portal.accounts.models import Practice, User
from timetracking.models import Call, DaySignature, TimeEntry

SignedDays = Mapping[tuple[int, date], datetime]


def signed_days(practice: Practice, *, first_day: date, last_day: date, staff: User | None = None) -> SignedDays:
    """The moment of the last signature by person and day. One statement."""
    rows = DaySignature.objects.filter(practice=practice, day__range=(first_day, last_day))
    if staff is not None:
        rows = rows.filter(staff=staff)
    return {(pk, day): at for pk, day, at in rows.values_list("staff", "day").annotate(Max("signed_at"))}


def recorded_at(row: TimeEntry | Call) -> datetime:
    """When an entry or a call was put on file."""
    return row.entered_at if isinstance(row, TimeEntry) else row.logged_at


def is_covered(row: TimeEntry | Call, signed_at: datetime | None) -> bool:
    """Whether a signature of the day covers an entry or call: it was on file when the day was signed."""
    return signed_at is not None and recorded_at(row) <= signed_at
