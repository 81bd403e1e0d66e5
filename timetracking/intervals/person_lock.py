"""SQL expressions for timer requests: the lock of a person's timer, and the recorded seconds of the month."""

from datetime import datetime
from typing import Any

from django.db.models import DateField, F, Func, OuterRef, Subquery, TextField, Value

from rpm_portal.accounts.models import User
from timetracking.models import MonthTotal


class _LocalMonth(Func):
    """The first day of the local month of a time in a zone."""

    template = "date_trunc('month', timezone(%(expressions)s))::date"
    output_field = DateField()


def on_file(enrollment: str, zone: str, *, now: datetime) -> Subquery:
    """The recorded seconds of the month of `now`, for rows whose enrollment and zone are at these lookup paths."""
    sums = MonthTotal.objects.filter(enrollment=OuterRef(enrollment), month=_LocalMonth(OuterRef(zone), Value(now)))
    return Subquery(sums.values_list(F("provider_seconds") + F("staff_seconds")))


_PERSON = 0x7469  # the first key of the advisory locks ("ti"); the second is the user's id


class PersonLock(Func):
    """Advisory lock on one person's timer until the end of the transaction.

    Two concurrent inserts under the exclusion constraint can deadlock; with this lock the second one waits. As an
    expression it is part of a statement that is executed anyway.
    """

    function = "pg_advisory_xact_lock"
    output_field = TextField()

    def __init__(self, user_id: int) -> None:
        super().__init__(Value(_PERSON), Value(user_id))

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """The lock function, cast to text so that the driver can read its result."""
        sql, params = super().as_sql(*args, **kwargs)
        return f"({sql})::text", params


def lock_person(user: User) -> None:
    """Lock a person's timer. Call it in a transaction, before reading the running timer. One statement."""
    User.objects.filter(pk=user.pk).values_list(PersonLock(user.pk)).get()
