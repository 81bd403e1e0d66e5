"""Parsers of received bodies, one for each sender format. They return entries and use no clock and no database."""

# Not as `vendors`: that is the name of the package of their modules.
from monitoring.ingest.registry import vendors as registered_vendors
from monitoring.ingest.strict import BadBody, parse_json
from monitoring.ingest.units import UNITS, unit_of
from monitoring.ingest.values import (
    PART_NAMES,
    ContactEntry,
    Entry,
    Measurement,
    NoReading,
    PullNotice,
    RefusedEntry,
    Retraction,
    UnlinkNotice,
    check_values,
)
from monitoring.ingest.vendor import Units

__all__ = [
    "PART_NAMES",
    "UNITS",
    "BadBody",
    "ContactEntry",
    "Entry",
    "Measurement",
    "NoReading",
    "PullNotice",
    "RefusedEntry",
    "Retraction",
    "UnlinkNotice",
    "check_values",
    "entries_of",
    "parse_json",
    "unit_of",
]


def entries_of(shape: str, body: bytes, units: Units | None = None) -> list[Entry]:
    """The entries in a body of the given format. Raises BadBody if the body does not have that format.

    `units` are those that the practice set on the source, by metric.
    """
    vendor = registered_vendors()[shape]
    return vendor.parse(vendor.decode(body), units or {})
