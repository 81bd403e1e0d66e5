"""The filters of the worklist: how an address names them, and the condition of each on a `WorklistRow`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote_plus

from django.db.models import Q

from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.worklist.place import SILENT_DAYS
from rpm_portal.pages.worklist.reasons import RULES
from timetracking.models import MessageThread

CHIPS = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "rpm": "RPM",
    "rtm": "RTM",
    "call": "Needs live call",
    "near": "Under 5 min short",
    "quiet": "No readings for 3 days",
    "ends": "Period ends in 7 days",
    "blocked": "Missing documents",
    "spanish": "Speaks Spanish",
    "unreviewed": "No review this month",
    "unsigned": "Time not signed",
    "messages": "Unanswered messages",
}
# Chips of what a patient has not; they are in a menu of their own.
HAS_NOT = {
    "call": "live call this month",
    "unreviewed": "review of readings this month",
    "unsigned": "signature of a day",
}
WINDOWS = (3, 7, 14, 30)  # days until a device period ends
NOBODY = "nobody"
SORT_WORDS = (
    ("name", "name"),
    ("reading", "longest time without readings"),
    ("days", "fewest device days to spare"),
    ("minutes", "least time missing"),
    ("call", "longest time without a live call"),
)
_NAMES = ("payer", "owner", "clinic", "condition", "reason", "window", "band", "sort", "steady", "snoozed", "after")


ChipConditions = dict[str, Q]


def chip_conditions(*, member: int, now: datetime, zone: str) -> ChipConditions:
    """The condition of each chip, by its name. The list and the chips' counts both use these."""
    today = local_day(now, zone)
    month_began = Month.of(today).first_day
    return {
        "mine": _mine(member, today),
        "unassigned": unassigned(today),
        "rpm": Q(program="RPM"),
        "rtm": Q(program="RTM"),
        "call": Q(live_on__isnull=True) | Q(live_on__lt=month_began),
        "near": Q(short_seconds__range=(1, 299)),
        "quiet": Q(last_reading_at__isnull=True) | Q(last_reading_at__lt=now - timedelta(days=SILENT_DAYS)),
        "ends": period_ends_within(7, today),
        "blocked": Q(blocked=True),
        "spanish": Q(language="es"),
        "unreviewed": Q(reviewed_on__isnull=True) | Q(reviewed_on__lt=month_began),
        "unsigned": Q(unsigned_on__isnull=False),
        "messages": Q(enrollment__in=MessageThread.objects.filter(unread_since__isnull=False).values("enrollment")),
    }


def _mine(member: int, today: date) -> Q:
    """Assigned to the member, billed or supervised by them, with an open alert of theirs, or assigned to nobody.

    A patient of nobody is in everybody's list, so that no open alert is seen by nobody.
    """
    own = Q(looked_after_by=member) | Q(billing_provider=member) | Q(supervised_by=member)
    return own | Q(alert_owners__contains=[member]) | unassigned(today)


def unassigned(today: date) -> Q:
    """Assigned to nobody, or to a colleague who has left the practice."""
    has_left = Q(looked_after_by__ends_on__lt=today) | Q(looked_after_by__ended_at__isnull=False)
    return Q(looked_after_by__isnull=True) | has_left


def period_ends_within(days: int, today: date) -> Q:
    """The running device period ends in so many days or fewer."""
    return Q(period_to__range=(today, today + timedelta(days=days)))


def for_reason(rule: str) -> Q:
    """The rows that a rule of `reasons.RULES` placed."""
    if rule in {"A1", "A2"}:
        return Q(section="A") & (Q(open_critical__gt=0) if rule == "A1" else Q(open_critical=0))
    return Q(section="C" if rule == "C1" else rule)


@dataclass(frozen=True, slots=True)
class Filters:
    """Chips that are on, a payer, owner, clinic, condition, rule, days until a device period ends, one band, an order
    inside bands, and the place to go on.
    """

    on: tuple[str, ...] = ()
    payer: str = ""
    owner: str = ""
    clinic: str = ""
    condition: str = ""
    reason: str = ""
    window: int = 0
    band: int = 0
    sort: str = ""
    steady: bool = False
    snoozed: bool = False
    after: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, object]) -> "Filters":
        """From an address; unknown names and values are left out."""
        band = str(asked.get("band", ""))
        sort, reason = str(asked.get("sort", "")), str(asked.get("reason", ""))
        window = str(asked.get("window", ""))
        return cls(
            on=tuple(name for name in CHIPS if asked.get(name)),
            payer=_text(asked, "payer", 120),
            owner=_text(asked, "owner", 12),
            clinic=_text(asked, "clinic", 80),
            condition=_text(asked, "condition", 80),
            reason=reason if reason in RULES else "",
            window=int(window) if window in {str(days) for days in WINDOWS} else 0,
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

    @property
    def named(self) -> list[str]:
        """The choices in words, for a page without the lists of what can be chosen."""
        owner = "Unassigned" if self.owner == NOBODY else "Assigned to one colleague" if self.owner else ""
        window = f"Period ends within {self.window} days" if self.window else ""
        return [word for word in (self.payer, self.clinic, self.condition, self.reason, owner, window) if word]

    def chosen(self, name: str, value: object) -> str:
        """The address with another value of a choice, or without it, from the first page."""
        return self.but(**{name: value, "after": "", "band": ""})

    def choices(self, *, today: date) -> Q:
        """The condition of the payer, owner, clinic, condition, rule and window that are chosen; empty without them."""
        condition = Q()
        if self.payer:
            condition &= Q(payer__name=self.payer)
        if self.owner == NOBODY:
            condition &= unassigned(today)
        elif self.owner:
            condition &= Q(looked_after_by__public_id=self.owner)
        if self.clinic:
            condition &= Q(clinic__name=self.clinic)
        if self.condition:
            condition &= Q(condition=self.condition)
        if self.reason:
            condition &= for_reason(self.reason)
        if self.window:
            condition &= period_ends_within(self.window, today)
        return condition

    def narrowing(self, *, member: int, now: datetime, zone: str) -> Q:
        """The condition of all the filters; empty without them."""
        chips = chip_conditions(member=member, now=now, zone=zone)
        condition = self.choices(today=local_day(now, zone))
        for name in self.on:
            condition &= chips[name]
        return condition


def _text(asked: Mapping[str, object], name: str, longest: int) -> str:
    """A word of the address without NUL, which no column can store."""
    return str(asked.get(name, "")).replace("\x00", "")[:longest]
