"""Patients and coverage; orders, consent and enrollment; devices."""

from enrollment.models.devices import Device, DeviceAssignment, DeviceModel
from enrollment.models.orders import Consent, Enrollment, Episode, Order, Program, RtmSystem, State
from enrollment.models.patients import Coverage, Patient, Payer

__all__ = [
    "Consent",
    "Coverage",
    "Device",
    "DeviceAssignment",
    "DeviceModel",
    "Enrollment",
    "Episode",
    "Order",
    "Patient",
    "Payer",
    "Program",
    "RtmSystem",
    "State",
]
