"""Apple Health exports (export.zip or export.xml), read as a stream: an export of years has a gigabyte of XML.

The readings of one metric are taken out (`read_export`) and stored as a batch; the rest of the export is not stored.
Entities are refused. Apple writes the oxygen saturation as a fraction, and mmol/L with the molar mass in the unit.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from xml.parsers import expat

from monitoring.ingest.strict import BadBody
from monitoring.ingest.units import UnknownUnit
from monitoring.ingest.values import Entry, value_of
from monitoring.ingest.vendor import KeyPlace, Units, Vendor
from monitoring.ingest.vendors.portal import FIELDS, parse_entry

MAX_XML_BYTES = 1024 * 1024 * 1024
# An export is compressed to about a twentieth. More than this is no export.
MAX_RATIO = 200
MAX_READINGS = 10_000
MAX_DEPTH = 20
# Input without the start or end of an element: a text or attribute that is too long to be one of an export.
MAX_SILENT_BYTES = 4 * 1024 * 1024
_CHUNK = 256 * 1024
_SYSTOLIC = "HKQuantityTypeIdentifierBloodPressureSystolic"
_DIASTOLIC = "HKQuantityTypeIdentifierBloodPressureDiastolic"
_TYPES = {
    "blood_pressure": (_SYSTOLIC, _DIASTOLIC),
    "heart_rate": ("HKQuantityTypeIdentifierHeartRate",),
    "weight": ("HKQuantityTypeIdentifierBodyMass",),
    "glucose": ("HKQuantityTypeIdentifierBloodGlucose",),
    "spo2": ("HKQuantityTypeIdentifierOxygenSaturation",),
    "temperature": ("HKQuantityTypeIdentifierBodyTemperature",),
    "peak_flow": ("HKQuantityTypeIdentifierPeakExpiratoryFlowRate",),
}
METRICS = tuple(_TYPES)
_UNITS = {"count/min": "/min"}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The readings of one metric in an export, as entries of our own batch, and how many are older or not readable."""

    readings: list[dict[str, Any]]
    older: int
    unreadable: int


def read_export(stream: IO[bytes], *, metric: str, serial: str, since: date) -> Excerpt:
    """The readings of one metric since a day of their own local time.

    Raises BadBody for a file that is no export, is too large, contains entities, or has more than `MAX_READINGS`.
    """
    reader = _Reader(metric, serial, since)
    for chunk in _xml_chunks(stream):
        reader.feed(chunk)
    return reader.finish()


def _xml_chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The XML in parts, from the zip or as it is; at most `MAX_XML_BYTES`, whatever the zip says about its size."""
    start = stream.read(4)
    stream.seek(0)
    if start[:2] != b"PK":
        yield from _limited(stream)
        return
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [row for row in archive.infolist() if row.filename.lower().endswith(".xml")]
            members = [row for row in members if not row.filename.lower().endswith("_cda.xml")]
            if not members:
                raise BadBody("This zip contains no export.xml. Export again in the Health app and choose that file.")
            largest = max(members, key=lambda row: row.file_size)
            if largest.flag_bits & 1:
                raise BadBody("This zip is encrypted. Choose the file as the Health app exported it.")
            if largest.file_size > MAX_XML_BYTES or largest.file_size > MAX_RATIO * max(largest.compress_size, 1):
                raise BadBody("This zip grows to more than an export of Apple Health has. It was not read.")
            with archive.open(largest) as member:
                yield from _limited(member)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise BadBody("This zip is damaged. Export again in the Health app.") from None


def _limited(stream: IO[bytes]) -> Iterator[bytes]:
    total = 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MAX_XML_BYTES:
            raise BadBody("This export has more than 1 GB of XML. It was not read.")
        yield chunk


class _Reader:
    """Collects the records of one metric while expat reads."""

    def __init__(self, metric: str, serial: str, since: date) -> None:
        self.metric, self.serial, self.since = metric, serial, since
        self.types = _TYPES[metric]
        # A reading by its start and the source that recorded it; a pressure has a value for each of its two types.
        self.found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
        self.older = self.depth = self.fed = self.heard_at = 0
        self.is_export = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity
        self.parser.ExternalEntityRefHandler = self._refuse_entity

    def feed(self, chunk: bytes) -> None:
        """Read a part of the XML. Raises BadBody."""
        self.fed += len(chunk)
        try:
            self.parser.Parse(chunk, False)
        except expat.ExpatError as error:
            raise BadBody(f"This is no readable export.xml (line {error.lineno}).") from None
        if self.fed - self.heard_at > MAX_SILENT_BYTES:
            raise BadBody("This is no export of Apple Health: a text in it is too long.")

    def finish(self) -> Excerpt:
        """What was found, the oldest first. Raises BadBody."""
        try:
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadBody(f"This export is incomplete (line {error.lineno}). Export again in the Health app.") from None
        if not self.is_export:
            raise BadBody("This is no export of Apple Health: its XML begins with another element than HealthData.")
        readings = [reading for (start, _), values in self.found.items() if (reading := self._reading(start, values))]
        readings.sort(key=lambda reading: datetime.fromisoformat(reading["measured_at"]))
        return Excerpt(readings, self.older, len(self.found) - len(readings))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.heard_at = self.parser.CurrentByteIndex
        if self.depth > MAX_DEPTH:
            raise BadBody("This is no export of Apple Health: its elements nest too deep.")
        if self.depth == 1:
            self.is_export = name == "HealthData"
        if name != "Record" or attributes.get("type") not in self.types:
            return
        start = attributes.get("startDate", "")
        if start[:10] < self.since.isoformat():
            self.older += 1
            return
        key = (start, attributes.get("sourceName", ""))
        # A pressure is written twice: as two records, and again inside its correlation.
        self.found.setdefault(key, {})[attributes["type"]] = (attributes.get("value", ""), attributes.get("unit", ""))
        if len(self.found) > MAX_READINGS:
            raise BadBody(f"There are more than {MAX_READINGS:,} readings since this day. Choose a later day.")

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.heard_at = self.parser.CurrentByteIndex

    def _refuse_entity(self, *arguments: object) -> int:
        raise BadBody("This is no export of Apple Health: it declares entities.")

    def _reading(self, start: str, values: dict[str, tuple[str, str]]) -> dict[str, Any] | None:
        """A reading as an entry of our own batch; None if its moment, unit or a value is not understood."""
        try:
            # 2026-06-01 08:15:00 -0500
            moment = datetime.strptime(start, "%Y-%m-%d %H:%M:%S %z")
            numbers = [self._number(*values[kind]) for kind in self.types]
        except (KeyError, UnknownUnit, ValueError):
            return None
        fields = dict(zip(FIELDS[self.metric], numbers, strict=False))
        entry = {"device": self.serial, "metric": self.metric, "measured_at": moment.isoformat(), "source": "file"}
        return entry | fields

    def _number(self, raw: str, unit: str) -> float:
        """A value in the metric's own unit. Raises UnknownUnit or ValueError."""
        if not unit:
            raise UnknownUnit("No unit.")
        plain = "mmol/L" if unit.startswith("mmol<") else _UNITS.get(unit, unit)
        value, bound = value_of(self.metric, raw, plain)
        if bound:
            raise ValueError("a bound")
        return float(value * 100 if self.metric == "spo2" and value <= 1 else value)


def parse(body: object, units: Units) -> list[Entry]:
    """The readings of an excerpt. Raises BadBody if the body is none."""
    rows = body.get("readings") if isinstance(body, dict) else None
    if not isinstance(rows, list) or len(rows) > MAX_READINGS:
        raise BadBody(f"An excerpt is an object with at most {MAX_READINGS:,} readings.")
    return [parse_entry(row, {"file"}) for row in rows]


VENDOR = Vendor(shape="apple", label="an Apple Health export", parse=parse, key_place=KeyPlace.NONE)
