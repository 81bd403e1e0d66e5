"""What a worklist is narrowed by, as it stands in the address. Anything it does not know is left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote_plus

# As the indexes hold them: never comes before any day.
READ = "coalesce(s.last_reading_at, '-infinity'::timestamptz)"
CALLED = "coalesce(k.live_on, '-infinity'::date)"
LACKING = "coalesce(k.short_seconds, 100000)"
SPARE = "coalesce(k.slack, 100::smallint)"
SILENT = f"({READ} < %(silent)s)"
UNCALLED = f"({CALLED} < %(month)s)"
# name: the words of the chip and the SQL over k(ept), s(tanding), e(nrollment), p(atient)
CHIPS = {
    "mine": ("Mine", "%(me)s IN (e.looked_after_by_id, e.billing_provider_id, e.supervised_by_id)"),
    "rpm": ("RPM", "e.program = 'RPM'"),
    "rtm": ("RTM", "e.program = 'RTM'"),
    "call": ("Needs live call", f"({CALLED} >= %(month)s) IS NOT TRUE"),
    "near": ("Needs < 5 min", f"{LACKING} BETWEEN 1 AND 299"),
    "quiet": ("No reading 3 days", SILENT),
    "ends": ("Period ends in 7 days", "(k.period_to < %(today)s) IS FALSE AND (k.period_to > %(in_a_week)s) IS FALSE"),
    "blocked": ("Papers missing", "k.blocked"),
    "spanish": ("Speaks Spanish", "p.language = 'es'"),
}  # fmt: skip
# The same as an index is asked. What is prepared is planned once for all panels: said like this, the planner takes the
# index for whomever it finds, and reads it to its end where most of a panel is meant; said as above, it goes through a
# section in its order and stops where the page is full. Few of a panel are looked for by these.
RARE = {"call": UNCALLED, "ends": "k.period_to BETWEEN %(today)s AND %(in_a_week)s"}
# *Mine* in the words of its three indexes, for those who are known to be few.
_MINE = " OR ".join(f"e.{name}_id = %(me)s" for name in ("looked_after_by", "billing_provider", "supervised_by"))
NOBODY = "nobody"
_SAID = ("payer", "owner", "clinic", "condition", "band", "sort", "steady", "snoozed", "after")
_PAYER = "SELECT id FROM enrollment_payer WHERE practice_id = %(practice)s AND name = %(payer)s"
_CLINIC = "SELECT id FROM enrollment_clinic WHERE practice_id = %(practice)s AND name = %(clinic)s"
# A payer's key: by it the planner knows whether it has half of a panel or a few. Clinics are of a size.
PAYER_KEY = f"SELECT ({_PAYER})"
_OWNER = """e.looked_after_by_id = (
  SELECT id FROM accounts_membership WHERE practice_id = %(practice)s AND public_id = %(owner)s)"""
_ENROLLMENT, _PATIENT = ("mine", "rpm", "rtm"), ("spanish",)
_PEOPLE = (*_ENROLLMENT, *_PATIENT)
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
    # Set where they name few people, whose keys are known.
    few: bool = False

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

    @property
    def needs_enrollment(self) -> bool:
        """Whether the list must be joined with the enrollments."""
        return bool(
            self.owner or self.clinic or self.condition or self.needs_patient or set(self.on) & set(_ENROLLMENT)
        )

    @property
    def needs_patient(self) -> bool:
        """Whether the list must be joined with the patients."""
        return bool(set(self.on) & set(_PATIENT))

    def where(self) -> list[str]:
        """The conditions, values as parameters."""
        return [*self.of_rows(), *self.of_people()]

    def of_rows(self) -> list[str]:
        """The conditions that a kept row and its standing answer."""
        rows = [name for name in self.on if name not in _PEOPLE]
        return [RARE.get(name, CHIPS[name][1]) if self.rare else CHIPS[name][1] for name in rows]

    def of_people(self, *, indexed: bool = False) -> list[str]:
        """The conditions that name people of a panel, few or most of them; `indexed`, as their indexes are asked."""
        people = [name for name in self.on if name in _PEOPLE]
        said = [f"({_MINE})" if indexed and name == "mine" else CHIPS[name][1] for name in people]
        said += [f"k.payer_id {'= %(payer_id)s' if indexed else f'IN ({_PAYER})'}"] if self.payer else []
        said += ["e.looked_after_by_id IS NULL" if self.owner == NOBODY else _OWNER] if self.owner else []
        said += [f"e.clinic_id {'=' if indexed else 'IN'} ({_CLINIC})"] if self.clinic else []
        said += ["e.condition = %(condition)s"] if self.condition else []
        return said

    @property
    def people(self) -> "Filters":
        """What of them names people of a panel, and not where a row stands."""
        on = tuple(name for name in self.on if name in _PEOPLE)
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
