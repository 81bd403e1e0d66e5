"""What a module in `monitoring/ingest/vendors/` registers: format, labels, addresses, settings, simulator and docs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from monitoring.ingest.strict import parse_json
from monitoring.ingest.values import Entry

# The unit that the practice set on the source for a metric, for values that are sent without a unit.
Units = Mapping[str, str]
Parser = Callable[[object, Units], list[Entry]]
Values = tuple[float, float, float]
# Serial number, metric, values in the metric's own units, and moment: the body that the vendor would send.
Simulator = Callable[[str, str, Values, datetime], object]


class KeyPlace(Enum):
    """Where a sender puts its key; the value is the sentence for the person who sets it up."""

    HEADER = "Send it in the header x-api-key, or as the password of basic authentication."
    ADDRESS = "The vendor sends no header: the key is part of the address. Exclude such addresses from access logs."
    NONE = "There is no key: people of the practice enter these readings."


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOperation:
    """One address of a vendor below /api/: its URL name, and its description and request body for OpenAPI."""

    path: str
    url_name: str
    summary: str
    description: str
    request_body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A sender's format, with all that the rest of the product needs to know about it.

    `shape` is stored with the source, at most 12 characters. `parse` is pure: it gets the decoded body and the source's
    units, and returns an entry for each part of the body; it raises BadBody for a body that is not of this vendor.
    """

    shape: str
    label: str
    parse: Parser
    decode: Callable[[bytes], object] = parse_json
    operations: tuple[ApiOperation, ...] = ()
    key_place: KeyPlace = KeyPlace.HEADER
    # Whether /api/readings/ takes bodies with this vendor's key too.
    is_at_readings: bool = False
    # Whether the answers are FHIR resources.
    answers_fhir: bool = False
    # Whether the pulse of a blood pressure can be in a body of its own.
    sends_pulse_apart: bool = False
    # Metrics for which the practice can choose a unit on the source.
    unit_settings: tuple[str, ...] = ()
    simulate: Simulator | None = None
    # Metrics that the vendor sends, and the names of what only proves contact with the device.
    metrics: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    # What identifies a reading of this vendor, as a noun.
    identity: str = "the measurement itself: device, metric, moment, values"
    # Further sentences for the docs page.
    notes: tuple[str, ...] = ()

    def address(self, key: str = "") -> str:
        """The address of the first operation; `key` is its part if the vendor sends the key in the address."""
        return f"/api/{self.operations[0].path.format(key=key)}"

    @property
    def is_by_people(self) -> bool:
        """Whether people of the practice enter these readings themselves, without key and address."""
        return self.key_place is KeyPlace.NONE
