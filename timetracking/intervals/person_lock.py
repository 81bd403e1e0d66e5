"""What a press of the timer holds on to: the person's clock, and the month's seconds without a question of its own."""

from datetime import datetime
from typing import Any

from django.db.models import DateField, F, Func, OuterRef, Subquery, TextField, Value

from rpm_portal.accounts.models import User
from timetracking.models import MonthTotal


class _LocalMonth(Func):
    """The first day of the month it is at a moment in a zone."""

    template = "date_trunc('month', timezone(%(expressions)s))::date"
    output_field = DateField()


def on_file(enrollment: str, zone: str, *, now: datetime) -> Subquery:
    """The seconds a month has so far, for rows that name their enrollment and zone by these paths."""
    sums = MonthTotal.objects.filter(enrollment=OuterRef(enrollment), month=_LocalMonth(OuterRef(zone), Value(now)))
    return Subquery(sums.values_list(F("provider_seconds") + F("staff_seconds")))


_PERSON = 0x7469  # the class of our advisory locks: "ti", one lock a person


class PersonLock(Func):
    """Lets what one person does to their clock come one after another, until the transaction ends.

    Two inserts under an exclusion constraint wait for each other and one would die of it; a lock taken first does not.
    As an expression it rides on a statement that is asked anyway.
    """

    function = "pg_advisory_xact_lock"
    output_field = TextField()

    def __init__(self, user_id: int) -> None:
        super().__init__(Value(_PERSON), Value(user_id))

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """The lock, called as text so that a driver can read its answer."""
        sql, params = super().as_sql(*args, **kwargs)
        return f"({sql})::text", params


def hold_person(user: User) -> None:
    """Take the lock of a person's clock. In a transaction, before the first look at what runs. One statement."""
    User.objects.filter(pk=user.pk).values_list(PersonLock(user.pk)).get()
