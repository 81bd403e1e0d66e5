"""Parsers of received bodies, one for each sender format. They return entries and use no clock and no database."""

from collections.abc import Callable

from monitoring.ingest.strict import BadBody, parse_json
from monitoring.ingest.values import (
    PART_NAMES,
    UNITS,
    ContactEntry,
    Entry,
    Measurement,
    PullNotice,
    RefusedEntry,
    Retraction,
    check_values,
    unit_of,
)
from monitoring.ingest.vendors import bodytrace, fhir_r4, files, portal, telli, tenovi, withings

_PARSERS: dict[str, Callable[[object, str], list[Entry]]] = {
    "portal": portal.parse,
    "telli": telli.parse,
    "tenovi": tenovi.parse,
    "bodytrace": bodytrace.parse,
    "withings": withings.parse,
    "fhir": fhir_r4.parse,
    "file": files.parse,
    "hand": portal.parse_typed,
}

__all__ = [
    "PART_NAMES", "UNITS", "BadBody", "ContactEntry", "Entry", "Measurement", "PullNotice", "RefusedEntry",
    "Retraction", "check_values", "entries_of", "parse_json", "unit_of",
]  # fmt: skip


def entries_of(shape: str, body: bytes, weight_unit: str = "") -> list[Entry]:
    """The entries in a body of the given format. Raises BadBody if the body does not have that format."""
    decoded = withings.decode(body) if shape == "withings" else parse_json(body)
    return _PARSERS[shape](decoded, weight_unit)
