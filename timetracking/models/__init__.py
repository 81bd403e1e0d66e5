"""Intervals, contacts with the patient, and the days and months they add up to."""

from timetracking.models.contacts import (
    FAILED,
    MESSAGES,
    REAL_TIME,
    SPOKEN,
    Call,
    CallAddendum,
    CallTemplate,
    Channel,
    Direction,
    Outcome,
    Visit,
)
from timetracking.models.days import DaySignature, MonthLock, MonthTotal, StartPolicy, StartRule
from timetracking.models.time import CALLING, NON_BILLABLE, Activity, ActivityName, Proof, TimeEntry, TimeEntryQuerySet

__all__ = [
    "CALLING",
    "FAILED",
    "MESSAGES",
    "NON_BILLABLE",
    "REAL_TIME",
    "SPOKEN",
    "Activity",
    "ActivityName",
    "Call",
    "CallAddendum",
    "CallTemplate",
    "Channel",
    "DaySignature",
    "Direction",
    "MonthLock",
    "MonthTotal",
    "Outcome",
    "Proof",
    "StartPolicy",
    "StartRule",
    "TimeEntry",
    "TimeEntryQuerySet",
    "Visit",
]
