"""Facts for the engine, without a database."""

from dataclasses import replace
from datetime import date
from typing import Any

from billing.rules import PatientMonth, decide, load_preset
from billing.rules.fact_rows import Contact, DevicePeriod, TimeSlice

MEDICARE = load_preset("medicare_general_supervision")
STRICT = load_preset("strict_provider_only")


def a_slice(
    seconds: int, *, role: str = "clinical_staff", person: str = "N1", on: date | None = None, n: int = 1, **more: Any
) -> TimeSlice:
    return TimeSlice(f"t{n:03d}", role, person, seconds, on=on, **more)


def a_call(
    on: date = date(2026, 3, 10),
    *,
    role: str = "clinical_staff",
    person: str = "N1",
    channel: str = "phone",
    live: bool = True,
) -> Contact:
    return Contact("c1", on, channel, live, role, person)


def a_period(days: int, *, start: date = date(2026, 3, 1), end: date = date(2026, 3, 30), **more: Any) -> DevicePeriod:
    return DevicePeriod(start, end, days, **more)


BASE = PatientMonth(
    id="x",
    program="RPM",
    year=2026,
    month=3,
    billing_provider_id="P1",
    patient_established=True,
    order_present=True,
    consent_present=True,
    diagnosis="I10",
    diagnosis_kind="chronic",
    device_qualified=True,
    supervision_documented=True,
    setup_billed_in_episode=True,
    device_periods=(),
)


def a_month(**facts: Any) -> PatientMonth:
    return replace(BASE, **facts)


def billed(facts: PatientMonth, policy: Any = MEDICARE) -> list[str]:
    """Codes with units, 99458x2 style, in order."""
    return [f"{line.code}x{line.units}" for line in decide(facts, policy).lines]


def reasons(facts: PatientMonth, policy: Any = MEDICARE) -> set[str]:
    return {finding.code for finding in decide(facts, policy).findings}
