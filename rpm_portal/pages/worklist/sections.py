"""The sections of the worklist, each read along an index in its own order, and the orders a header chooses.

A open clinical alerts, B1 silence, B2 no live call this month, B3 a device period that closes; C is the rest. Money
never lifts a patient: no amount is read here.
"""

from dataclasses import dataclass

from rpm_portal.pages.worklist.filters import CALLED, HEARD, LACKING, READ, SILENT, SPARE, UNCALLED

CLOSING = 3  # days that may still be missed before a device period is lost
_ALERTED = "(k.open_critical > 0 OR k.open_high > 0)"
_CLOSING = f"(k.slack BETWEEN 0 AND {CLOSING})"
_HEARD = f"NOT {_ALERTED} AND NOT {SILENT}"


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind: which, and in which order; `keys` are what the order compares, with the type of each.

    `where` asks the kept row alone; `along` the standing, whose index holds the order, for the same.
    """

    name: str
    band: int
    where: str
    order: str
    keys: tuple[tuple[str, str], ...]
    # What of `where` the kept row alone tells, where most that it holds for may be in sections before this one.
    own: str = ""
    along: bool = False

    @property
    def place(self) -> list[tuple[str, str]]:
        """What a row's place is compared by, down to the row itself, by the table whose index is in this order."""
        return [*self.keys, (self.order.rpartition(", ")[2], "bigint")]


def of_standing(where: str) -> str:
    """The same asked of the standing, which the kept row carries: where the standing's index is gone along."""
    return where.replace(HEARD, READ).replace("k.open_", "s.open_")


SECTIONS = (
    Section("A", 1, _ALERTED, "s.open_critical DESC, s.open_high DESC, s.last_reading_at NULLS FIRST, k.enrollment_id",
             (("-s.open_critical", "bigint"), ("-s.open_high", "bigint"), (READ, "timestamptz")),
             along=True),
    Section("B1", 2, f"{SILENT} AND NOT {_ALERTED}", f"{READ}, s.enrollment_id", ((READ, "timestamptz"),),
             along=True),
    Section("B2", 2, f"{UNCALLED} AND {_HEARD}", f"{CALLED}, k.enrollment_id", ((CALLED, "date"),), UNCALLED),
    Section("B3", 2, f"{_CLOSING} AND NOT {UNCALLED} AND {_HEARD}", "k.slack, k.enrollment_id",
             (("k.slack", "smallint"),), _CLOSING),
    Section("C", 3, f"{_HEARD} AND NOT {UNCALLED} AND (k.slack IS NULL OR NOT {_CLOSING})",
             "k.enrollment_id", ()),
)  # fmt: skip
# Where a header was chosen: the order inside a band, and the key it is compared by.
SORTS = {
    "name": (("k.named", "text"),),
    "reading": ((READ, "timestamptz"),),
    "days": ((SPARE, "smallint"),),
    "minutes": ((LACKING, "integer"),),
    "call": ((CALLED, "date"),),
}
