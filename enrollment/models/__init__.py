"""Models of patients, coverage, enrollments, orders, consents, devices and reference data."""

from enrollment.models.access_facts import AccessAlignment, AccessTrack, AccessUpdate
from enrollment.models.billing_facts import (
    BillingFact,
    CareKind,
    CareStatus,
    OtherBillingAnswer,
    OutsideClaim,
    PlanOfCare,
    PriorAuthorization,
    QualifyingVisit,
    VisitDocument,
)
from enrollment.models.care_plans import CarePlan
from enrollment.models.clinical_items import NO_KNOWN_ALLERGIES, ClinicalItem, ItemKind
from enrollment.models.clinics import Clinic
from enrollment.models.consents import Consent, ConsentPaper, ConsentScript
from enrollment.models.contacts import Caregiver, ConsentAct, ConsentEvent, ContactChannel, ContactPoint
from enrollment.models.devices import Device, DeviceAssignment, DeviceModel, DeviceShare, DeviceState
from enrollment.models.fact_kinds import BILLING_FACTS
from enrollment.models.orders import Enrollment, EnrollmentState, Episode, Order, Pause, Program, RtmSystem
from enrollment.models.panels import Panel, PanelProgress, PanelState
from enrollment.models.patients import Coverage, Patient, Payer
from enrollment.models.provider_spans import RECORDED_FACTS, EarlierProvider
from enrollment.models.reference import CardDraft, DiagnosisCode, DiagnosisRelease
from enrollment.models.text_drafts import TextDraft

__all__ = [
    "BILLING_FACTS",
    "NO_KNOWN_ALLERGIES",
    "RECORDED_FACTS",
    "AccessAlignment",
    "AccessTrack",
    "AccessUpdate",
    "BillingFact",
    "CardDraft",
    "CareKind",
    "CarePlan",
    "CareStatus",
    "Caregiver",
    "Clinic",
    "ClinicalItem",
    "Consent",
    "ConsentAct",
    "ConsentEvent",
    "ConsentPaper",
    "ConsentScript",
    "ContactChannel",
    "ContactPoint",
    "Coverage",
    "Device",
    "DeviceAssignment",
    "DeviceModel",
    "DeviceShare",
    "DeviceState",
    "DiagnosisCode",
    "DiagnosisRelease",
    "EarlierProvider",
    "Enrollment",
    "EnrollmentState",
    "Episode",
    "ItemKind",
    "Order",
    "OtherBillingAnswer",
    "OutsideClaim",
    "Panel",
    "PanelProgress",
    "PanelState",
    "Patient",
    "Pause",
    "Payer",
    "PlanOfCare",
    "PriorAuthorization",
    "Program",
    "QualifyingVisit",
    "RtmSystem",
    "TextDraft",
    "VisitDocument",
]
