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


def _fields_of(name: ProviderName | None) -> dict[str, object] | None:
    return _fields(name) if name is not None else None


def _name_of(raw: dict[str, str] | None) -> ProviderName | None:
    return ProviderName(**raw) if raw is not None else None


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
    """All of a claim. `frequency` is 1 new, 7 replacement, 8 void; `original` is the payer's number for 7 and 8."""

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
    # Who certified the therapy plan of care.
    referring: ProviderName | None = None

    @property
    def authorization(self) -> str:
        """The number of the prior authorization that all lines share; empty if they differ."""
        numbers = {service.authorization for service in self.services}
        return numbers.pop() if len(numbers) == 1 else ""

    def as_json(self) -> dict[str, object]:
        """The content for storage: like `dataclasses.asdict`, without copying immutable values."""
        payload = _fields(self)
        for name in ("practice_address", "address", "rendering"):
            payload[name] = _fields(payload[name])
        payload["referring"] = _fields_of(self.referring)
        payload["services"] = [
            _fields(line) | {"ordering": _fields_of(line.ordering), "referring": _fields_of(line.referring)}
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
                    "ordering": _name_of(service["ordering"]),
                    "referring": _name_of(service["referring"]),
                }
            )
            for service in raw["services"]
        )
        return cls(
            **raw
            | {
                "practice_address": Address(**raw["practice_address"]),
                "address": Address(**raw["address"]),
                "rendering": ProviderName(**raw["rendering"]),
                "referring": _name_of(raw["referring"]),
                "diagnoses": tuple(raw["diagnoses"]),
                "services": services,
            }
        )
