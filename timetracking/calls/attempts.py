"""Attempts to reach a patient: those of a month, failed ones since the last conversation, and the best hour."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from enrollment.models import Patient
from rpm_portal.core.days import Month, hour_words, local_day
from timetracking.models import FAILED, REAL_TIME, Call, Direction

LOOK_BACK = timedelta(days=180)
FAILED_ATTEMPTS_LIMIT = 3  # failed attempts after which a letter or a pause is due


@dataclass(frozen=True, slots=True)
class Attempt:
    """A contact as shown in the month grid: `kind` is live, failed, message or other."""

    on: date
    at: datetime
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Reach:
    """`days` of the month, `in_vain` (failed attempts since the last conversation), and the best hour in words."""

    days: list[tuple[date, list[Attempt]]]
    in_vain: int
    since: date | None
    best: str

    @property
    def too_many(self) -> bool:
        """Whether a letter or a pause is due."""
        return self.in_vain >= FAILED_ATTEMPTS_LIMIT


def reach_of(patient: Patient, *, month: Month, now: datetime) -> Reach:
    """A patient's attempts of the last 180 days in all programs, in the patient's time zone. One statement."""
    rows = Call.objects.standing().filter(enrollment__patient=patient, started_at__gte=now - LOOK_BACK)
    attempts, in_vain, since = [], 0, None
    tried: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    for call in rows.order_by("started_at"):
        on = local_day(call.started_at, patient.zone)
        attempts.append(Attempt(on, call.started_at, _kind(call), call.get_outcome_display()))
        if call.is_live:
            in_vain, since = 0, None
        elif call.outcome in FAILED and call.direction == Direction.OUT:
            in_vain, since = in_vain + 1, since or on
        if call.channel in REAL_TIME and call.direction == Direction.OUT:
            hour = call.started_at.astimezone(ZoneInfo(patient.zone)).hour
            tried[hour] += 1
            answered[hour] += call.is_live
    days = [month.first_day + timedelta(days=step) for step in range(month.last_day.day)]
    return Reach(
        days=[(day, [attempt for attempt in attempts if attempt.on == day]) for day in days],
        in_vain=in_vain,
        since=since,
        best=best_hour(tried, answered),
    )


def _kind(call: Call) -> str:
    if call.is_live:
        return "live"
    if call.outcome in FAILED:
        return "failed"
    return "other" if call.channel in REAL_TIME else "message"


def best_hour(tried: Counter[int], answered: Counter[int]) -> str:
    """The hour in which the patient answers most often, in words; empty below two attempts or without an answer."""
    hours = [hour for hour in tried if tried[hour] >= 2 and answered[hour]]
    if not hours:
        return ""
    best = max(hours, key=lambda hour: (answered[hour] / tried[hour], tried[hour], -hour))
    return f"answered {answered[best]} of {tried[best]} calls between {hour_words(best)} and {hour_words(best + 1)}"
