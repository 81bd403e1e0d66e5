"""Models of patients, coverage, enrollments, orders, consents, devices and reference data."""

from enrollment.models.clinics import Clinic
from enrollment.models.consents import Consent, ConsentPaper, ConsentScript
from enrollment.models.devices import Device, DeviceAssignment, DeviceModel, DeviceState
from enrollment.models.orders import Enrollment, EnrollmentState, Episode, Order, Pause, Program, RtmSystem
from enrollment.models.panels import Panel, PanelProgress, PanelState
from enrollment.models.patients import Coverage, Patient, Payer
from enrollment.models.reference import CardDraft, DiagnosisCode, DiagnosisRelease
from enrollment.models.text_drafts import TextDraft

__all__ = [
    "CardDraft",
    "Clinic",
    "Consent",
    "ConsentPaper",
    "ConsentScript",
    "Coverage",
    "Device",
    "DeviceAssignment",
    "DeviceModel",
    "DeviceState",
    "DiagnosisCode",
    "DiagnosisRelease",
    "Enrollment",
    "EnrollmentState",
    "Episode",
    "Order",
    "Panel",
    "PanelProgress",
    "PanelState",
    "Patient",
    "Pause",
    "Payer",
    "Program",
    "RtmSystem",
    "TextDraft",
]
