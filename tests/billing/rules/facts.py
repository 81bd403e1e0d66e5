"""Facts for the engine, without a database."""

from dataclasses import replace
from datetime import date
from typing import Any

from billing.rules import PatientMonth, decide, load_preset
from billing.rules.fact_rows import Contact, DevicePeriod, InForce, TimeSlice

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
    established=True,
    orders=(InForce(),),
    consents=(InForce(),),
    others_asked=True,
    diagnosis="I10",
    diagnosis_kind="chronic",
    devices=(InForce(),),
    supervised=(InForce(),),
    setup_billed_in_episode=True,
    device_periods=(),
)


def a_month(**facts: Any) -> PatientMonth:
    return with_facts(BASE, **facts)


# Facts with days in short: (fact, the interval's field).
_DAYS = {
    "order_on": ("orders", "first"), "order_ends_on": ("orders", "last"), "order_id": ("orders", "id"),
    "consent_on": ("consents", "first"), "consent_withdrawn_on": ("consents", "last"), "consent_id": ("consents", "id"),
    "started_on": ("enrolled", "first"), "discharged_on": ("enrolled", "last"),
}  # fmt: skip
_FLAGS = {
    "order_present": "orders", "consent_present": "consents", "device_qualified": "devices",
    "supervision_documented": "supervised",
}  # fmt: skip


def with_facts(base: PatientMonth, **facts: Any) -> PatientMonth:
    """The facts with others in their place; one order, consent or enrollment may be given by its days."""
    for name in [name for name in facts if name in _FLAGS]:
        kind = _FLAGS[name]
        facts[kind] = (getattr(base, kind) or (InForce(),)) if facts.pop(name) else ()
    if "patient_established" in facts:
        facts["established"] = facts.pop("patient_established")
    for name in [name for name in facts if name in _DAYS]:
        kind, field = _DAYS[name]
        rows = facts.get(kind, getattr(base, kind))
        row = (rows[0] if rows else InForce())._replace(**{field: facts.pop(name)})
        if kind != "enrolled" and not rows:
            continue
        facts[kind] = () if kind == "enrolled" and row == InForce() else (row,)
    return replace(base, **facts)


def billed(facts: PatientMonth, policy: Any = MEDICARE) -> list[str]:
    """Codes with units, 99458x2 style, in order."""
    return [f"{line.code}x{line.units}" for line in decide(facts, policy).lines]


def reasons(facts: PatientMonth, policy: Any = MEDICARE) -> set[str]:
    return {finding.code for finding in decide(facts, policy).findings}
