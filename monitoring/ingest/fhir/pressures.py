"""Joining of a systolic and a diastolic value that a Bundle contains as two Observations of one moment."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitoring.ingest.fhir.quantities import Bounded
from monitoring.ingest.units import number
from monitoring.ingest.values import Entry, Measurement, NoReading, RefusedEntry, checked, shorten_identifier

JOINED = "Joined with the systolic value of the same moment."
ALONE = "The {other} value is missing: send both as components of one Observation, or both in one Bundle."


@dataclass(frozen=True, slots=True)
class PressurePart:
    """A systolic or diastolic value as an Observation of its own, until it is joined with the other one."""

    part: str
    value: Bounded
    serial: str
    measured_at: datetime
    name: tuple[str, str]
    issued: datetime | None
    amended: bool
    payload: Any
    other_serials: tuple[str, ...] = ()
    user: str = ""


def join_pressures(entries: list[Entry | PressurePart]) -> list[Entry]:
    """The entries in their order: a pair is a blood pressure in the place of the systolic value.

    A value without the other one of its device and moment, or with two of them, is refused.
    """
    places: dict[tuple[str, datetime], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, entry in enumerate(entries):
        if isinstance(entry, PressurePart):
            places[entry.serial, entry.measured_at][entry.part].append(at)
    joined: dict[int, Entry] = {}
    for parts in places.values():
        systolic, diastolic = parts["systolic"], parts["diastolic"]
        if len(systolic) == len(diastolic) == 1:
            joined[systolic[0]] = _pair(entries[systolic[0]], entries[diastolic[0]])
            joined[diastolic[0]] = NoReading(JOINED)
            continue
        for at in (*systolic, *diastolic):
            joined[at] = _refuse(entries[at], is_double=bool(systolic and diastolic))
    return [joined[at] if isinstance(entry, PressurePart) else entry for at, entry in enumerate(entries)]


def _pair(first: Any, second: Any) -> Entry:
    names = (first.name, second.name)
    both = all(value for _, value in names)
    measured = Measurement(
        first.serial,
        "blood_pressure",
        first.measured_at,
        (first.value[0], second.value[0], number(0)),
        vendor_system=shorten_identifier("|".join(system for system, _ in names)) if both else "",
        vendor_id=shorten_identifier("|".join(value for _, value in names)) if both else "",
        bounds=(first.value[1], second.value[1], ""),
        amended=first.amended or second.amended,
        other_serials=first.other_serials,
        user=first.user if first.user == second.user else "",
        issued=max((row.issued for row in (first, second) if row.issued), default=None),
    )
    if not any(measured.bounds):
        measured = replace(measured, bounds=())
    return checked(measured, {"systolic": first.payload, "diastolic": second.payload})


def _refuse(entry: Any, *, is_double: bool) -> RefusedEntry:
    other = "diastolic" if entry.part == "systolic" else "systolic"
    message = (
        f"There are two {entry.part} or {other} values of this moment." if is_double else ALONE.format(other=other)
    )
    return RefusedEntry(entry.payload, "unreadable", message, entry.serial, entry.name, entry.issued, entry.measured_at)
