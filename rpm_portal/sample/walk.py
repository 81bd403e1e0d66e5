"""Four months of the sample practice, day by day, created with the services that the pages use."""

import json
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from enrollment import services as enrollment
from monitoring import services as monitoring
from monitoring.intake import take_in
from monitoring.notes import write_note
from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month
from rpm_portal.sample.enrolled_patients import EnrolledPatients, SamplePatient
from rpm_portal.sample.messages import open_messages
from rpm_portal.sample.people import PROFILES, STAFF, ZONE
from rpm_portal.sample.practice_setup import at
from rpm_portal.sample.readings import a_value
from rpm_portal.sample.therapy import plan_therapy
from timetracking import timers as timetracking
from timetracking.calls import call_log

SEED = 20261121
NOTES = [
    "Readings lower than last week. Keeps the low-salt plan, no dizziness. No change.",
    "Missed evening doses twice. Agreed on a pill box by the toothbrush.",
    "Two high mornings after poor sleep. Doctor asked; dose stays, look again in a week.",
    "Feels well. Showed how to sit before measuring. Next call in two weeks.",
]
# Notes for colleagues, written in the first days of a month.
COLLEAGUE_NOTES = [
    "Measures after the morning pill. Asked to do it before.",
    "Daughter answers before nine and helps with the cuff. Leaves for work at half past.",
]


class Walk(EnrolledPatients):
    """Simulates the practice from four months ago to now. Deterministic for a given day."""

    def __init__(self, *, now: datetime, report: Callable[[str], None]) -> None:
        self.now, self.report = now, report
        self.today = now.astimezone(ZoneInfo(ZONE)).date()
        self.month = Month.of(self.today)
        self.first_day = self.month.plus(-4).first_day
        self.free_at: dict[str, datetime] = {}
        self.cases: list[SamplePatient] = []

    def go(self) -> Practice:
        """Load everything; returns the practice."""
        self.open()
        self._plan_patients()
        day = self.first_day
        while day <= self.today:
            if day.day == 1:
                self.report(f"walking through {Month.of(day).words}")
            self._simulate_day(day)
            day += timedelta(days=1)
        self._start_enrollment()
        open_messages(self.practice, self.members, now=self.now)
        return self.practice

    def _plan_patients(self) -> None:
        for number, profile in enumerate(PROFILES):
            chance = random.Random(SEED + number)  # noqa: S311 - a fixed seed, not a secret
            starts_on = self.first_day + timedelta(days=chance.randrange(0, 24))
            if profile.show == "two device periods in a month":
                starts_on = self._two_period_start()
            if profile.show == "new this month":
                starts_on = max(self.month.first_day, self.today - timedelta(days=9))
            self.cases.append(SamplePatient(number, profile, starts_on, chance))

    def _two_period_start(self) -> date:
        """A start day with which two device periods end in a month of 31 days, on its first and on its last day."""
        long_month = next(m for m in (self.month.plus(-step) for step in range(1, 4)) if m.last_day.day == 31)
        start = long_month.first_day - timedelta(days=29)
        while start - timedelta(days=30) >= self.first_day:
            start -= timedelta(days=30)
        return start

    def _simulate_day(self, day: date) -> None:
        """Simulate one day: close, enroll, receive readings, work, sign."""
        self.free_at = {key: at(day, 9) for key in STAFF}
        if day.day == self.practice.close_day + 1 and day > self.first_day.replace(day=28):
            self._close(Month.of(day).plus(-1), at(day, 8), seal=Month.of(day) < self.month)
        for case in self.cases:
            if case.starts_on == day:
                self._enroll(case, day)
            plan_therapy(case.enrollment, day, started_on=case.starts_on, by=self.members["therapist"].user)
        self._receive(day)
        for case in self.cases:
            if case.enrollment is not None:
                self._work(case, day)
        self._sign(day)

    def _receive(self, day: date) -> None:
        """Deliver the day's readings of all patients in one batch, as a gateway does."""
        batch = []
        for case in self.cases:
            if case.enrollment is not None and case.enrollment.state == "active":
                batch += self._readings(case, day)
        sent = [entry for entry in batch if datetime.fromisoformat(entry["measured_at"]) <= self.now]
        if day == self.today:
            sent.append(
                {
                    **a_value("weight", self.cases[0].chance, 0),
                    "device": "359021049999999",
                    "metric": "weight",
                    "measured_at": (self.now - timedelta(hours=2)).isoformat(),
                }
            )
        self._deliver(sent, min(at(day, 22), self.now))
        late = next(case for case in self.cases if case.profile.show == "late reading after the lock")
        if day == self.month.plus(-1).first_day + timedelta(days=4) and late.enrollment is not None:
            # A cuff stored readings for most of a month and sends them only now that the month is sealed.
            month = self.month.plus(-3)
            stored = [month.first_day + timedelta(days=step) for step in range(month.last_day.day)]
            entries = [self._entry(late, old, 9, 0) for old in stored if old > late.starts_on]
            self._deliver(entries, min(at(day, 12), self.now))

    def _deliver(self, entries: list[dict[str, object]], now: datetime) -> None:
        if entries:
            take_in.take_in(source=self.source, body=json.dumps({"readings": entries}).encode(), now=now)

    def _readings(self, case: SamplePatient, day: date) -> list[dict[str, Any]]:
        show, roll = case.profile.show, case.chance.random()
        age = (self.today - day).days
        if show == "silent" and age < 6:
            return []
        if show == "late reading after the lock" and Month.of(day) == self.month.plus(-3) and day.day % 4:
            return []
        lift = 0
        if show == "critical today" and age == 0:
            lift = 64
        if show == "high for days" and age < 3:
            lift = 26
        if roll > case.profile.chance and not lift:
            return []
        hours = (7, 12, 18) if case.profile.metric == "glucose" else (7,)
        return [self._entry(case, day, hour, lift) for hour in hours]

    def _entry(self, case: SamplePatient, day: date, hour: int, lift: int) -> dict[str, object]:
        moment = at(day, hour, case.chance.randrange(0, 50), case.chance.randrange(0, 59))
        if day == self.today and moment > self.now:
            moment = self.now - timedelta(minutes=20 + case.number)
        source = "patient" if case.profile.metric == "therapy" and case.chance.random() < 0.4 else "automatic"
        return {
            "device": case.serial,
            "metric": case.profile.metric,
            "measured_at": moment.isoformat(),
            "source": source,
            **a_value(case.profile.metric, case.chance, lift),
        }

    def _work(self, case: SamplePatient, day: date) -> None:
        """The staff's work for the patient on a day, by a plan that is made once a month."""
        row, month = case.enrollment, Month.of(day)
        assert row is not None  # noqa: S101 - the caller checks
        if case.profile.show == "discharged" and day == self.month.plus(-1).first_day + timedelta(days=11):
            case.enrollment = enrollment.discharge(
                enrollment=row, on=day, reason="Goals met", by=self.members["physician"].user, now=at(day, 17)
            )
            return
        if row.state != "active":
            return
        if not any(planned.month == day.month and planned.year == day.year for planned in case.plan):
            case.plan = self._plan(case, month, max(day, month.first_day))
        for kind, length in case.plan.get(day, []):
            self._work_session(case, kind, length)

    def _plan(self, case: SamplePatient, month: Month, from_day: date) -> dict[date, list[tuple[str, int]]]:
        """The month's sessions by day: (kind, seconds) of reviews on several days, and of a call on one of them."""
        days = [from_day + timedelta(days=step) for step in range((month.last_day - from_day).days + 1)]
        days = [day for day in days if day.weekday() < 5] or days[:1]
        sessions = max(1, min(4, len(days) // 2))
        total = case.profile.minutes * 60 + case.chance.randrange(0, 50)
        if month == self.month:
            # In the current month only a part of the work is done.
            total = total * min(100, 30 + self.today.day * 3) // 100
        plan: dict[date, list[tuple[str, int]]] = {days[0]: []}
        chosen = sorted(case.chance.sample(days, sessions))
        for index, day in enumerate(chosen):
            kind = "call" if index == min(1, sessions - 1) and case.profile.call != "none" else "review"
            plan.setdefault(day, []).append((kind, total // sessions))
        return plan

    def _work_session(self, case: SamplePatient, kind: str, length: int) -> None:
        profile, row = case.profile, case.enrollment
        staff = case.nurse if profile.by == "nurse" else profile.by
        member, start = self.members[staff], self.free_at[staff]
        end = start + timedelta(seconds=length)
        if end > self.now or row is None:
            return
        self.free_at[staff] = end + timedelta(seconds=30)
        entry = timetracking.start_timer(
            enrollment=row, activity="call" if kind == "call" else "review", by=member, now=start
        )
        if kind == "call":
            talked = profile.call == "live"
            call_log.log_call(
                enrollment=row,
                channel="phone",
                outcome="patient" if talked else "voicemail",
                started_at=start + timedelta(seconds=20),
                ended_at=start + timedelta(seconds=min(length, 300)),
                by=member,
                now=end,
                showed="",
                decided=case.chance.choice(NOTES) if talked else "",
            )
        else:
            monitoring.mark_reviewed(enrollment=row, by=member.user, now=end)
            if case.number % 4 == 1 and member.role == Role.CLINICAL_STAFF and start.day <= 4:
                write_note(enrollment=row, text=COLLEAGUE_NOTES[start.month % len(COLLEAGUE_NOTES)], by=member, now=end)
        timetracking.stop_timer(entry=entry, by=member.user, now=end)
