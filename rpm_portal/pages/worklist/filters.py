"""The filters of the worklist: how an address names them, and the condition of each on a `WorklistRow`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from django.db.models import Q

from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.worklist.place import SILENT_DAYS

CHIPS = {
    "mine": "Mine",
    "rpm": "RPM",
    "rtm": "RTM",
    "call": "Needs live call",
    "near": "Needs < 5 min",
    "quiet": "No reading 3 days",
    "ends": "Period ends in 7 days",
    "blocked": "Papers missing",
    "spanish": "Speaks Spanish",
}
NOBODY = "nobody"
SORT_WORDS = (
    ("name", "name"),
    ("reading", "longest time without readings"),
    ("days", "fewest device days to spare"),
    ("minutes", "the least time missing first"),
    ("call", "the longest without a live call first"),
)
_NAMES = ("payer", "owner", "clinic", "condition", "band", "sort", "steady", "snoozed", "after")


def chip_conditions(*, member: int, now: datetime, zone: str) -> dict[str, Q]:
    """The condition of each chip, by its name. The list and the chips' counts both use these."""
    today = local_day(now, zone)
    return {
        "mine": Q(looked_after_by=member) | Q(billing_provider=member) | Q(supervised_by=member),
        "rpm": Q(program="RPM"),
        "rtm": Q(program="RTM"),
        "call": Q(live_on__isnull=True) | Q(live_on__lt=Month.of(today).first_day),
        "near": Q(short_seconds__range=(1, 299)),
        "quiet": Q(last_reading_at__isnull=True) | Q(last_reading_at__lt=now - timedelta(days=SILENT_DAYS)),
        "ends": Q(period_to__range=(today, today + timedelta(days=7))),
        "blocked": Q(blocked=True),
        "spanish": Q(language="es"),
    }


@dataclass(frozen=True, slots=True)
class Filters:
    """Chips that are on, a payer, owner, clinic, condition, one band, an order inside bands, and the place to go on."""

    on: tuple[str, ...] = ()
    payer: str = ""
    owner: str = ""
    clinic: str = ""
    condition: str = ""
    band: int = 0
    sort: str = ""
    steady: bool = False
    snoozed: bool = False
    after: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, object]) -> "Filters":
        """From an address; unknown names and values are left out."""
        band = str(asked.get("band", ""))
        sort = str(asked.get("sort", ""))
        return cls(
            on=tuple(name for name in CHIPS if asked.get(name)),
            payer=_text(asked, "payer", 120),
            owner=_text(asked, "owner", 12),
            clinic=_text(asked, "clinic", 80),
            condition=_text(asked, "condition", 80),
            band=int(band) if band in {"1", "2", "3"} else 0,
            sort=sort if sort in dict(SORT_WORDS) else "",
            steady=bool(asked.get("steady")),
            snoozed=bool(asked.get("snoozed")),
            after=str(asked.get("after", ""))[:300],
        )

    @property
    def query(self) -> str:
        """The address without the place in the list."""
        return self.but(after="")

    def but(self, **other: object) -> str:
        """The address with something else."""
        values = {**dict.fromkeys(self.on, True), **{name: getattr(self, name) for name in _NAMES}, **other}
        # A page has thirty of these: a chip that is on needs no quoting.
        return "&".join(
            f"{name}=1" if value is True else f"{name}={quote_plus(str(value))}"
            for name, value in values.items()
            if value
        )

    def turned(self, chip: str) -> str:
        """The address with one chip turned on or off, from the first page."""
        return self.but(**{chip: chip not in self.on, "after": "", "band": ""})

    def sorted_by(self, sort: str) -> str:
        """The address in another order, from the first page."""
        return self.but(sort=sort, after="")

    def choices(self) -> Q:
        """The condition of the payer, owner, clinic and condition that are chosen; empty without them."""
        condition = Q()
        if self.payer:
            condition &= Q(payer__name=self.payer)
        if self.owner == NOBODY:
            condition &= Q(looked_after_by__isnull=True)
        elif self.owner:
            condition &= Q(looked_after_by__public_id=self.owner)
        if self.clinic:
            condition &= Q(clinic__name=self.clinic)
        if self.condition:
            condition &= Q(condition=self.condition)
        return condition

    def narrowing(self, *, member: int, now: datetime, zone: str) -> Q:
        """The condition of all the filters; empty without them."""
        chips = chip_conditions(member=member, now=now, zone=zone)
        condition = self.choices()
        for name in self.on:
            condition &= chips[name]
        return condition


def _text(asked: Mapping[str, object], name: str, longest: int) -> str:
    """A word of the address without NUL, which no column can store."""
    return str(asked.get(name, "")).replace("\x00", "")[:longest]
