"""A claim's content, frozen when it is sent: plain values, stored as JSON, from which every file is written."""

from dataclasses import dataclass
from typing import Any

# Of services under a therapy plan of care.
THERAPY_MODIFIERS = frozenset({"GP", "GO", "GN"})


def _fields(part: Any) -> dict[str, object]:
    return {name: getattr(part, name) for name in part.__slots__}


@dataclass(frozen=True, slots=True)
class Address:
    """A street address in the United States; `postal` has five or nine digits."""

    street: str
    city: str
    state: str
    postal: str


@dataclass(frozen=True, slots=True)
class ProviderName:
    """A provider as named on a claim."""

    family: str
    given: str
    npi: str
    # The taxonomy code of who renders the services; empty if none is on file, and for everybody else.
    taxonomy: str = ""


@dataclass(frozen=True, slots=True)
class ServiceLocation:
    """Where services are furnished, if it is not the billing address. The NPI may be empty."""

    name: str
    npi: str
    address: Address


@dataclass(frozen=True, slots=True)
class Service:
    """One line: a code with up to four modifiers, whole units, a charge in dollars as text, days as 2026-03-31.

    The payer's answer repeats `control`. `pointers` are positions, from 1, in the claim's diagnoses.
    """

    control: str
    code: str
    modifiers: tuple[str, ...]
    units: int
    charge: str
    dos: str
    pointers: tuple[int, ...]
    ordering: ProviderName | None = None
    # The number of the payer's prior authorization; empty if there is none.
    authorization: str = ""
    # The place of service, if it is not the claim's.
    place: str = ""
    # Who certified the therapy plan of care, if it is not the claim's referring provider.
    referring: ProviderName | None = None

    @property
    def is_therapy(self) -> bool:
        """Whether it is furnished under a therapy plan of care."""
        return not THERAPY_MODIFIERS.isdisjoint(self.modifiers)


@dataclass(frozen=True, slots=True)
class Content:
    """All of a claim. `frequency` is 1 new, 7 replacement, 8 void; `original` is the payer's number for 7 and 8.

    `practice` to `phone` and `place` are of the billing profile. `channel` is the clearinghouse by name.
    """

    control: str
    frequency: str
    original: str
    practice: str
    practice_npi: str
    tax_id: str
    taxonomy: str
    practice_address: Address
    payer: str
    payer_id: str
    filing: str
    medicare: bool
    family: str
    given: str
    member_id: str
    born: str
    sex: str
    address: Address
    rendering: ProviderName
    place: str
    diagnoses: tuple[str, ...]
    services: tuple[Service, ...]
    total: str
    channel: str = ""
    tax_id_kind: str = "EI"
    phone: str = ""
    pay_to: Address | None = None
    location: ServiceLocation | None = None
    # Who certified the therapy plan of all therapy lines (DN), and who supervised (DQ), if the claim names them.
    referring: ProviderName | None = None
    supervising: ProviderName | None = None

    @property
    def authorization(self) -> str:
        """The number of the prior authorization that all lines share; empty if they differ."""
        numbers = {service.authorization for service in self.services}
        return numbers.pop() if len(numbers) == 1 else ""

    @property
    def billing_key(self) -> tuple[object, ...]:
        """The billing provider and pay-to address: claims that share it follow one billing provider in a file."""
        return (
            self.practice_npi,
            self.practice,
            self.tax_id,
            self.tax_id_kind,
            self.taxonomy,
            self.practice_address,
            self.pay_to,
        )

    def as_json(self) -> dict[str, object]:
        """The content for storage: like `dataclasses.asdict`, without copying immutable values."""
        payload = _fields(self)
        for name in (*_ADDRESSES, *_PEOPLE):
            payload[name] = _optional_fields(payload[name])
        if self.location is not None:
            payload["location"] = _fields(self.location) | {"address": _fields(self.location.address)}
        payload["services"] = [
            _fields(line) | {"ordering": _optional_fields(line.ordering), "referring": _optional_fields(line.referring)}
            for line in self.services
        ]
        return payload

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Content":
        """The content read from storage."""
        services = tuple(
            Service(
                **service
                | {
                    "modifiers": tuple(service["modifiers"]),
                    "pointers": tuple(service["pointers"]),
                    "ordering": _person(service["ordering"]),
                    "referring": _person(service["referring"]),
                }
            )
            for service in raw["services"]
        )
        addresses = {name: Address(**raw[name]) if raw[name] else None for name in _ADDRESSES}
        people = {name: _person(raw[name]) for name in _PEOPLE}
        location = raw["location"]
        if location is not None:
            location = ServiceLocation(**location | {"address": Address(**location["address"])})
        rest = {"diagnoses": tuple(raw["diagnoses"]), "services": services, "location": location}
        return cls(**raw | addresses | people | rest)


_ADDRESSES = ("practice_address", "address", "pay_to")
_PEOPLE = ("rendering", "referring", "supervising")


def _optional_fields(part: Any) -> dict[str, object] | None:
    return None if part is None else _fields(part)


def _person(raw: dict[str, str] | None) -> ProviderName | None:
    return ProviderName(**raw) if raw else None
