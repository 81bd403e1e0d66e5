"""What a worklist is narrowed by, as it stands in the address. Anything it does not know is left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote_plus

# As the indexes hold them: never comes before any day.
READ = "coalesce(s.last_reading_at, '-infinity'::timestamptz)"
HEARD = "coalesce(k.last_reading_at, '-infinity'::timestamptz)"
CALLED = "coalesce(k.live_on, '-infinity'::date)"
LACKING = "coalesce(k.short_seconds, 100000)"
SPARE = "coalesce(k.slack, 100::smallint)"
SILENT = f"({HEARD} < %(silent)s)"
UNCALLED = f"({CALLED} < %(month)s)"
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
# A chip names people, as `copied_columns.py` marks them,
MARKS = {
    "mine": "'with ' || %(me)s",
    "rpm": "%(practice)s || ' program RPM'",
    "rtm": "%(practice)s || ' program RTM'",
    "spanish": "%(practice)s || ' language es'",
}
# or says where a kept row stands.
STANDS = {
    "call": f"({CALLED} >= %(month)s) IS NOT TRUE",
    "near": f"{LACKING} BETWEEN 1 AND 299",
    "quiet": SILENT,
    "ends": "(k.period_to < %(today)s) IS FALSE AND (k.period_to > %(in_a_week)s) IS FALSE",
    "blocked": "k.blocked",
}
# The same as an index is asked. What is prepared is planned once for all panels: said like this, the planner takes the
# index for whomever it finds, and reads it to its end where most of a panel is meant; said as above, it goes through a
# section in its order and stops where the page is full. Few of a panel are looked for by these.
RARE = {"call": UNCALLED, "ends": "k.period_to BETWEEN %(today)s AND %(in_a_week)s"}


def marked(marks: Iterable[str]) -> str:
    """The condition that a kept row has all the marks, as its index answers it."""
    return f"k.belongs @> ARRAY[{', '.join(marks)}]"


NOBODY = "nobody"
_SAID = ("payer", "owner", "clinic", "condition", "band", "sort", "steady", "snoozed", "after")
_NAMES = {
    "payer": "SELECT 'payer ' || id FROM enrollment_payer WHERE practice_id = %(practice)s AND name = %(payer)s",
    "owner": "SELECT 'of ' || id FROM accounts_membership WHERE practice_id = %(practice)s AND public_id = %(owner)s",
    "clinic": "SELECT 'clinic ' || id FROM enrollment_clinic WHERE practice_id = %(practice)s AND name = %(clinic)s",
    "condition": "SELECT %(practice)s || ' condition ' || %(condition)s",
}
_NOBODYS = "%(practice)s || ' of nobody'"
SORT_WORDS = (
    ("name", "name"),
    ("reading", "the longest silence first"),
    ("days", "the fewest device days to spare first"),
    ("minutes", "the least time missing first"),
    ("call", "the longest without a live call first"),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Chips that are on, a payer, owner, clinic, condition, one band, an order inside bands, and where to go on."""

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
    # Set where a first look found few: the chips' conditions as indexes answer them.
    rare: bool = False
    # Set where they name few people, who are looked for by their marks.
    few: bool = False
    # The bands that a chosen order takes from their sections, and not from the order's index.
    gathered: tuple[int, ...] = ()

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "Filters":
        """From an address; what it does not know is left out."""
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
        """As an address holds it, without the place in the list."""
        return self.but(after="")

    def but(self, **other: Any) -> str:
        """The address with something else."""
        said = {**dict.fromkeys(self.on, True), **{name: getattr(self, name) for name in _SAID}, **other}
        # A page has thirty of these: what is merely on needs no quoting.
        return "&".join(
            f"{name}=1" if value is True else f"{name}={quote_plus(str(value))}"
            for name, value in said.items()
            if value
        )

    def turned(self, chip: str) -> str:
        """The address with one chip turned on or off, from the first page."""
        return self.but(**{chip: chip not in self.on, "after": "", "band": ""})

    def sorted_by(self, sort: str) -> str:
        """The address in another order, from the first page."""
        return self.but(sort=sort, after="")

    def where(self) -> list[str]:
        """The conditions, values as parameters."""
        return [*self.of_rows(), *self.of_people()]

    def of_rows(self) -> list[str]:
        """The conditions on where a row stands."""
        said = STANDS | (RARE if self.rare else {})
        return [said[name] for name in self.on if name in said]

    @property
    def marks(self) -> list[str]:
        """What marks the people whom the filters name; none where they name nobody in particular."""
        names = _NAMES | ({"owner": _NOBODYS} if self.owner == NOBODY else {})
        found = [MARKS[name] for name in self.on if name in MARKS]
        return found + [f"({sql})" for name, sql in names.items() if getattr(self, name)]

    def of_people(self) -> list[str]:
        """The condition that names people of a panel, worded for most of it: no index answers it, and the planner,
        who takes what an index is asked for as rare, expects half."""
        return [f"coalesce({marked(marks)}, false)"] if (marks := self.marks) else []

    @property
    def people(self) -> "Filters":
        """What of them names people of a panel, and not where a row stands."""
        on = tuple(name for name in self.on if name in MARKS)
        return Filters(on, self.payer, self.owner, self.clinic, self.condition)

    def given(self, today: date) -> dict[str, Any]:
        """The parameters of `where`."""
        return {
            "payer": self.payer,
            "owner": self.owner,
            "clinic": self.clinic,
            "condition": self.condition,
            "in_a_week": today + timedelta(days=7),
        }


def _text(asked: Mapping[str, Any], name: str, most: int) -> str:
    """A word of the address without what no column can hold."""
    return str(asked.get(name, "")).replace("\x00", "")[:most]
