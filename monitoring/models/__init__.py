"""Models of monitoring: deliveries, readings, reading days, limits, alerts, reviews and notes."""

from monitoring.models.alerts import (
    Alert,
    AlertKind,
    AlertState,
    AlertStep,
    Breach,
    Conclusion,
    LimitProposal,
    Outreach,
    Review,
    StepKind,
)
from monitoring.models.corrections import ClockCorrection
from monitoring.models.file_formats import FileFormat
from monitoring.models.limits import AlertRule, ConditionTemplate, Severity, Threshold, Watch
from monitoring.models.notes import Note
from monitoring.models.readings import Metric, Reading, ReadingDay, SourceKind, Standing, TimeSource, VendorReading
from monitoring.models.sources import (
    BY_PEOPLE,
    Delivery,
    DeliveryBody,
    DeliveryState,
    DeviceContact,
    SenderStatement,
    Shape,
    Source,
    UnmatchedReading,
)

__all__ = [
    "BY_PEOPLE",
    "Alert",
    "AlertKind",
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
    "FileFormat",
    "LimitProposal",
    "Metric",
    "Note",
    "Outreach",
    "Reading",
    "ReadingDay",
    "Review",
    "SenderStatement",
    "Severity",
    "Shape",
    "Source",
    "SourceKind",
    "Standing",
    "StepKind",
    "Threshold",
    "TimeSource",
    "UnmatchedReading",
    "VendorReading",
    "Watch",
]
