"""Models of monitoring: deliveries, readings, reading days, limits, alerts, reviews and notes."""

from monitoring.models.alerts import (
    Alert,
    AlertKind,
    AlertObserver,
    AlertState,
    AlertStep,
    Breach,
    Conclusion,
    LimitProposal,
    Outreach,
    Review,
    StepKind,
)
from monitoring.models.corrections import ClockCorrection, PersonChoice
from monitoring.models.file_formats import RememberedFormat
from monitoring.models.limits import AlertRule, ConditionTemplate, Severity, Threshold, Watch
from monitoring.models.notes import Note
from monitoring.models.readings import Metric, Reading, ReadingDay, SourceKind, Standing, TimeSource, VendorReading
from monitoring.models.sources import (
    UNIT_CHOICES,
    Delivery,
    DeliveryBody,
    DeliveryState,
    DeviceContact,
    Source,
    VendorAccount,
)
from monitoring.models.unmatched import SenderStatement, UnmatchedReading

__all__ = [
    "UNIT_CHOICES",
    "Alert",
    "AlertKind",
    "AlertObserver",
    "AlertRule",
    "AlertState",
    "AlertStep",
    "Breach",
    "ClockCorrection",
    "Conclusion",
    "ConditionTemplate",
    "Delivery",
    "DeliveryBody",
    "DeliveryState",
    "DeviceContact",
    "LimitProposal",
    "Metric",
    "Note",
    "Outreach",
    "PersonChoice",
    "Reading",
    "ReadingDay",
    "RememberedFormat",
    "Review",
    "SenderStatement",
    "Severity",
    "Source",
    "SourceKind",
    "Standing",
    "StepKind",
    "Threshold",
    "TimeSource",
    "UnmatchedReading",
    "VendorAccount",
    "VendorReading",
    "Watch",
]
