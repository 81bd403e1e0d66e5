"""Models of time tracking: time entries, calls, visits, their days and months, and policies."""

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
from timetracking.models.days import DaySignature, MonthLock, MonthTotal
from timetracking.models.policies import LeavingRule, StartPolicy, StartRule, TimeApproval, TimePolicy
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
    "LeavingRule",
    "MonthLock",
    "MonthTotal",
    "Proof",
    "StartPolicy",
    "StartRule",
    "TimeApproval",
    "TimeEntry",
    "TimeEntryQuerySet",
    "TimePolicy",
    "Visit",
]
