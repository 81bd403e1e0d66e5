"""Medicare's medically unlikely edits: most units of a code that one practitioner reports for one date of service."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from billing.rules.policy import PolicyError

_EDITS = Path(__file__).parent / "unit_edits.toml"
# CMS's adjudication indicators: 1 is decided line by line, 2 is absolute for a date, 3 is a limit that can be appealed.
_INDICATORS = frozenset({1, 2, 3})


class UnitEdit(NamedTuple):
    """A medically unlikely edit: most units on a date of service, and CMS's adjudication indicator (1, 2 or 3)."""

    most: int
    indicator: int


@lru_cache(maxsize=1)
def unit_edits() -> Mapping[str, UnitEdit]:
    """The shipped medically unlikely edits by code."""
    with _EDITS.open("rb") as file:
        return read_unit_edits(_EDITS.name, tomllib.load(file)["units"])


def read_unit_edits(where: str, table: Mapping[str, object]) -> dict[str, UnitEdit]:
    """Edits by code from a table like 99457 = { most = 1, indicator = 2 }. Raises PolicyError naming the code."""
    edits = {}
    for code, row in table.items():
        known = row if isinstance(row, Mapping) and set(row) == {"most", "indicator"} else {}
        most, indicator = known.get("most"), known.get("indicator")
        if type(most) is not int or type(indicator) is not int or most < 0:
            raise PolicyError(f"{where}, units, {code}: write {{ most = 1, indicator = 2 }}")
        if indicator not in _INDICATORS:
            raise PolicyError(f"{where}, units, {code}: the indicator is 1, 2 or 3")
        edits[code] = UnitEdit(most, indicator)
    return edits
