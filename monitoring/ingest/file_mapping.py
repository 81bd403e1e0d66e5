"""The columns of a file by their meaning, and how its dates and numbers are read."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a file by their meaning. `time` may be empty if `moment` contains date and time."""

    metric: str
    moment: str
    first: str
    time: str = ""
    second: str = ""
    pulse: str = ""
    unit: str = ""
    # Only rows with one of these values in this column are readings: an export mixes them with notes and meals.
    only_column: str = ""
    only_values: tuple[str, ...] = ()
    # Further columns for the value: a row has its value in `first` or in one of these.
    more: tuple[str, ...] = ()
    # The range of the sensor whose values are in `first` and `more`, for the words HI and LO.
    meter: tuple[str, ...] = ()
    # Columns of `more` with values measured by a test strip, in the strip's own range.
    strips: tuple[str, ...] = ()
    # The column with the time zone of the row's local time, and the column that marks an irregular heartbeat.
    zone: str = ""
    irregular: str = ""
    # How dates and numbers are written (`file_values`), if the rows do not decide it.
    date_order: str = ""
    decimal_sign: str = ""

    def as_dict(self) -> dict[str, object]:
        """The mapping as it is stored with the file."""
        return {name: getattr(self, name) for name in self.__slots__}


def mapping_of(stored: dict[str, Any]) -> Mapping:
    """The mapping as it is stored with a file. Raises TypeError if it is not one."""
    lists = {key: tuple(stored.get(key, ())) for key in ("only_values", "more", "meter", "strips")}
    return Mapping(**{**stored, **lists})
