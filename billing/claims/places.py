"""The place of service of claim lines, by payer, code and date of service."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from billing.claims.formats.content import Service
from billing.models import PlaceOfService


class Places:
    """A practice's places of service, read once. One statement."""

    def __init__(self, practice_id: int, *, default: str) -> None:
        rows = PlaceOfService.objects.filter(practice=practice_id).order_by("starts_on", "pk")
        self._rows = list(rows.values_list("payer", "code", "starts_on", "place"))
        self._default = default

    def place_of(self, payer_id: int | None, code: str, on: date, *, default: str = "") -> str:
        """The place in force on a day: of payer and code, else of the payer, else of the code, else the default."""
        default = default or self._default
        if not self._rows:
            return default
        in_force = {(payer, named): place for payer, named, starts_on, place in self._rows if starts_on <= on}
        keys = [(payer_id, code), (payer_id, ""), (None, code), (None, "")]
        return next((in_force[key] for key in keys if key in in_force), default)

    def on_claim(
        self, payer_id: int | None, services: Iterable[Service], *, default: str = ""
    ) -> tuple[str, tuple[Service, ...]]:
        """The claim's place, and its lines: each has its own place only if it is not the claim's.

        `default` is the place of the billing profile.
        """
        lines = tuple(services)
        places = [self.place_of(payer_id, line.code, date.fromisoformat(line.dos), default=default) for line in lines]
        of_claim = places[0] if len(set(places)) == 1 else default or self._default
        return of_claim, tuple(
            line if place == of_claim else replace(line, place=place) for line, place in zip(lines, places, strict=True)
        )
