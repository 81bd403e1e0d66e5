"""When the practice answers messages: the promise in force, in words, and the moment at which an answer is due."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record
from rpm_portal.core.refusals import Refused
from timetracking.models import ResponsePromise

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS = {
    "en": WEEKDAYS,
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_LONGEST_SEARCH = 30  # days until a promise with one day a week has been fulfilled


def promise_of(practice: Practice, *, now: datetime) -> ResponsePromise:
    """The promise in force: the practice's own, or the default (not stored). One statement."""
    rows = ResponsePromise.objects.for_practice(practice).filter(begins_at__lte=now)
    return rows.order_by("-begins_at", "-pk").first() or ResponsePromise(practice=practice, begins_at=now)


def _hours_of_day(promise: ResponsePromise, local: datetime) -> tuple[datetime, datetime] | None:
    """The first and last moment of the hours on a local day, in UTC; None on a day without them."""
    if str(local.isoweekday()) not in promise.weekdays:
        return None
    midnight = datetime.combine(local.date(), time(), local.tzinfo)
    # Hours are those of the wall clock, also on the days on which the clocks change.
    begins, ends = (_at_hour(midnight, hour) for hour in (promise.opens, promise.closes))
    return begins, ends


def _at_hour(midnight: datetime, hour: int) -> datetime:
    if hour == 24:
        return (midnight + timedelta(days=1)).astimezone(UTC)
    return midnight.replace(hour=hour).astimezone(UTC)


def is_open(promise: ResponsePromise, zone: str, *, now: datetime) -> bool:
    """Whether `now` is within the hours in which messages are read."""
    hours = _hours_of_day(promise, now.astimezone(ZoneInfo(zone)))
    return hours is not None and hours[0] <= now < hours[1]


def answer_due(promise: ResponsePromise, zone: str, *, received_at: datetime) -> datetime:
    """When an answer to a message is due: only the promised hours count. In UTC."""
    left, local = timedelta(minutes=promise.minutes), received_at.astimezone(ZoneInfo(zone))
    for _ in range(_LONGEST_SEARCH * 7):
        hours = _hours_of_day(promise, local)
        if hours is not None and received_at < hours[1]:
            begins = max(hours[0], received_at.astimezone(UTC))
            if begins + left <= hours[1]:
                return begins + left
            left -= hours[1] - begins
        local = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    return local.astimezone(UTC)


def promise_words(promise: ResponsePromise, language: str = "en") -> str:
    """The promise as one sentence for patients: days, hours, and the longest time until an answer."""
    names = _DAYS[language]
    days = ", ".join(names[int(number) - 1] for number in promise.weekdays)
    if promise.weekdays == "12345":
        days = "Monday to Friday" if language == "en" else "lunes a viernes"
    hours = f"{_clock(promise.opens)} - {_clock(promise.closes)}"
    amount, is_hours = (promise.minutes // 60, True) if promise.minutes % 60 == 0 else (promise.minutes, False)
    if language == "es":
        unit = ("hora" if is_hours else "minuto") + ("" if amount == 1 else "s")
        return f"Leemos los mensajes: {days}, {hours}. Respondemos en {amount} {unit} de ese horario o menos."
    unit = ("hour" if is_hours else "minute") + ("" if amount == 1 else "s")
    return f"We read messages {days}, {hours}. We answer within {amount} {unit} of that time."


def _clock(hour: int) -> str:
    """An hour as patients read it: 8 AM, 12 PM."""
    return f"{(hour - 1) % 12 + 1} {'AM' if hour % 24 < 12 else 'PM'}"


@transaction.atomic
def set_promise(
    *,
    weekdays: str,
    opens: int,
    closes: int,
    minutes: int,
    telephone: str,
    by: Membership,
    now: datetime,
) -> ResponsePromise:
    """Record new response times, in force from now on. Raises Refused for impossible hours or no telephone."""
    if not weekdays:
        raise Refused("Choose at least one day.", field="weekdays")
    if not 0 <= opens < closes <= 24:
        raise Refused("The hours must begin before they end.", field="closes")
    if minutes > (closes - opens) * 60 * len(weekdays):
        raise Refused("Answer within the hours of one week: enter fewer minutes.", field="minutes")
    if not telephone.strip():
        raise Refused("Enter the telephone number that patients call.", field="telephone")
    row = ResponsePromise.objects.create(
        practice=by.practice,
        begins_at=now,
        weekdays="".join(sorted(set(weekdays))),
        opens=opens,
        closes=closes,
        minutes=minutes,
        telephone=telephone.strip(),
        recorded_by=by.user,
        recorded_at=now,
    )
    detail = {"weekdays": row.weekdays, "opens": opens, "closes": closes, "minutes": minutes}
    record(
        practice=by.practice,
        by=by.user,
        role=by.role,
        action="set_response_times",
        now=now,
        subject="practice",
        detail=detail,
    )
    return row
