"""A claim's content as it is frozen when it is sent: plain values that are kept as JSON and written from."""

from dataclasses import dataclass
from typing import Any


def _flat(part: Any) -> dict[str, Any]:
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
    """A provider as a claim names one."""

    family: str
    given: str
    npi: str


@dataclass(frozen=True, slots=True)
class Service:
    """One line: a code with up to four modifiers, whole units, a charge in dollars as text, days as 2026-03-31.

    `control` comes back in the payer's answer. `pointers` are places, from 1, in the claim's diagnoses.
    """

    control: str
    code: str
    modifiers: tuple[str, ...]
    units: int
    charge: str
    dos: str
    pointers: tuple[int, ...]
    ordering: ProviderName | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """All a claim says. `frequency` is 1 new, 7 replacement, 8 void; `original` the payer's number with 7 and 8."""

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

    def as_json(self) -> dict[str, Any]:
        """The content as it is kept: what `dataclasses.asdict` gives, without copying what never changes."""
        told = _flat(self)
        for name in ("practice_address", "address", "rendering"):
            told[name] = _flat(told[name])
        told["services"] = [
            _flat(one) | {"ordering": _flat(one.ordering) if one.ordering is not None else None}
            for one in self.services
        ]
        return told

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Content":
        """The content as it was kept."""
        services = tuple(
            Service(
                **one
                | {
                    "modifiers": tuple(one["modifiers"]),
                    "pointers": tuple(one["pointers"]),
                    "ordering": ProviderName(**one["ordering"]) if one["ordering"] else None,
                }
            )
            for one in raw["services"]
        )
        return cls(
            **raw
            | {
                "practice_address": Address(**raw["practice_address"]),
                "address": Address(**raw["address"]),
                "rendering": ProviderName(**raw["rendering"]),
                "diagnoses": tuple(raw["diagnoses"]),
                "services": services,
            }
        )
