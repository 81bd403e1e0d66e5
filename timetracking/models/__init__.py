"""Models of time tracking: time entries, calls, visits, and their days and months."""

from timetracking.models.contacts import (
    FAILED,
    MESSAGES,
    REAL_TIME,
    SPOKEN,
    Call,
    CallAddendum,
    CallOutcome,
    CallTemplate,
    Channel,
    Direction,
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
    "CallOutcome",
    "CallTemplate",
    "Channel",
    "DaySignature",
    "Direction",
    "MonthLock",
    "MonthTotal",
    "Proof",
    "StartPolicy",
    "StartRule",
    "TimeEntry",
    "TimeEntryQuerySet",
    "Visit",
]
