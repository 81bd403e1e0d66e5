"""The differences between a claim as it was sent and as it would be sent, one row a field. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from billing.models.claim_versions import StoredContent

# Given to each version, or compared line by line.
_NOT_COMPARED = {"control", "frequency", "original", "services", "total"}
_LABELS = {
    "practice_npi": "practice NPI",
    "practice_address": "practice address",
    "payer_id": "payer ID",
    "filing": "filing indicator",
    "family": "family name",
    "given": "given name",
    "member_id": "member ID",
    "born": "date of birth",
    "rendering": "billing provider",
    "place": "place of service",
    "address": "patient address",
    "tax_id": "tax ID",
    "channel": "clearinghouse",
    "location": "service location",
    "pay_to": "pay-to address",
}
# The parts of a name and of an address as people write them; other parts follow by name.
_ORDER = ("given", "family", "name", "street", "city", "state", "postal")
# A difference in these says nothing about what the payer decided.
MINOR = {"patient address", "practice address", "pay-to address", "phone", "clearinghouse", "charge", "practice"}
MINOR |= {"taxonomy"}


class ContentDifference(NamedTuple):
    """A field whose value would differ from what was sent."""

    field: str
    before: str
    after: str

    @property
    def is_minor(self) -> bool:
        """Whether it alone is no reason to correct a processed claim."""
        return self.field.rpartition(": ")[2] in MINOR


def differences(sent: StoredContent, now: StoredContent) -> list[ContentDifference]:
    """The fields of two stored contents that differ; a line that was added or taken off is one row."""
    rows = []
    for name, value in sent.items():
        if name not in _NOT_COMPARED and name in now and _words(value) != _words(now[name]):
            label = _LABELS.get(name, name.replace("_", " "))
            rows.append(ContentDifference(label, _words(value), _words(now[name])))
    return rows + _of_services(sent.get("services", []), [] if now.get("frequency") == "8" else now["services"])


def _of_services(before: Iterable[StoredContent], after: Iterable[StoredContent]) -> list[ContentDifference]:
    old, new = {one["control"].lower(): one for one in before}, {one["control"].lower(): one for one in after}
    rows = [ContentDifference("line", _line(old[key]), "taken off") for key in old if key not in new]
    rows += [ContentDifference("line", "not sent", _line(new[key])) for key in new if key not in old]
    for key in old.keys() & new.keys():
        for name in ("code", "modifiers", "units", "dos", "charge", "authorization", "ordering"):
            values = _words(old[key].get(name)), _words(new[key].get(name))
            if values[0] != values[1]:
                rows.append(ContentDifference(f"{new[key]['code']} of {new[key]['dos']}: {name}", *values))
    return rows


def _line(service: StoredContent) -> str:
    modifiers = f" {_words(service['modifiers'])}" if service["modifiers"] else ""
    return f"{service['code']}{modifiers} x{service['units']} of {service['dos']}, ${service['charge']}"


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _words(value: object) -> str:
    """A value of the content in one text; an empty one for nothing."""
    if isinstance(value, Mapping):
        # In one order: the database returns the keys of a stored content in an order of its own.
        return " ".join(filter(None, (_words(value[name]) for name in sorted(value, key=_place))))
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    return "" if value is None else str(value)
