"""The columns of a table of no known vendor: proposed from its headings, and from what its cells contain.

The proposal is shown in the preview and can be changed there. Headings are compared in lower case and without accents,
in English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish and Norwegian.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.file_values import COMMA, DAY_FIRST, NO_VALUE, POINT, read_moment, read_number, split_cell
from monitoring.ingest.units import number
from monitoring.ingest.values import RANGE_WORDS

# Rows that are looked at, and columns of a table that are searched.
MAX_SAMPLE = 50
MAX_COLUMNS = 60
Row = dict[str, str]
_DATE_WORDS = ("date", "datum", "dato", "fecha", "data", "timestamp", "measured at", "horodatage", "moment", "when")
_TIME_WORDS = ("time", "uhrzeit", "zeit", "tid", "tijd", "heure", "hora", "ora", "klockslag")
_ZONE_HEADINGS = {"time zone", "timezone", "zeitzone", "fuseau horaire", "zona horaria", "tidszon"}
_SYSTOLIC = ("systol", "sistol", "sys")
_DIASTOLIC = ("diastol", "dia")
_PULSE = (
    *("pulse", "puls", "pouls", "pulso", "polso", "pulsa", "heart rate", "hartslag", "herzfrequenz", "hr", "bpm"),
    *("frequence cardiaque", "frecuencia cardiaca", "freq cardiaca"),
)
# Words of a heading by metric, the most specific metric first.
_VALUES: dict[str, tuple[str, ...]] = {
    "glucose": (
        "glucose",
        "glukose",
        "glucosa",
        "glicemia",
        "glycemie",
        "glykemi",
        "blood sugar",
        "blutzucker",
        "mg dl",
    ),
    "weight": ("weight", "gewicht", "poids", "peso", "vikt", "vaegt", "vekt", "vaegten"),
    "spo2": ("spo2", "oxygen", "o2 sat", "sauerstoffsattigung", "saturation"),
    "peak_flow": ("peak flow", "pef", "peakflow"),
    "temperature": ("temperature", "temperatur", "temperatura", "body temp"),
    "heart_rate": _PULSE,
}
# Headings of values that are computed, or are another part of the body.
_OTHER = (
    *("average", "avg", "mean", "target", "goal", "limit", "rate of change", "change", "variation", "trend", "diff"),
    *("fat", "muscle", "bone", "water", "visceral", "lean", "warning", "status", "unit"),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a file's columns, searched without regard to case; an empty text if there is none."""

    names: list[str]

    def find(self, *parts: str) -> str:
        """The first name that contains all the parts."""
        return next((name for name in self.names if all(part in name.lower() for part in parts)), "")

    def start(self, text: str) -> str:
        """The first name that starts with the text."""
        return next((name for name in self.names if name.lower().startswith(text)), "")

    def exact(self, text: str) -> str:
        """The name that is the text."""
        return next((name for name in self.names if name.lower() == text), "")


def pressure_mapping(columns: Columns) -> Mapping | None:
    """The mapping of any table with a systolic and a diastolic column and a date; None for another table."""
    systolic, diastolic = (
        columns.find("systolic") or columns.start("sys"),
        columns.find("diastolic") or columns.start("dia"),
    )
    if not (systolic and diastolic and columns.find("date")):
        return None
    both = columns.find("date", "time")
    time = "" if both else columns.exact("time") or columns.start("time (")
    pulse = columns.find("pulse") or columns.find("heart rate")
    unit = "kPa" if "kpa" in systolic.lower() else "mmHg"
    return Mapping(
        "blood_pressure",
        both or columns.find("date"),
        systolic,
        time,
        diastolic,
        pulse,
        unit,
        zone=columns.exact("time zone"),
        irregular=columns.find("irregular heartbeat"),
    )


def propose_mapping(columns: Sequence[str], rows: Sequence[Row]) -> Mapping | None:
    """The mapping of a table of no known vendor; None if no value or no moment is found."""
    names, sample = [name for name in columns if name][:MAX_COLUMNS], rows[:MAX_SAMPLE]
    moment, time = _moment_columns(names, sample)
    if not moment:
        return None
    numeric = [name for name in names if name not in (moment, time) and _holds(sample, name, _is_value)]
    zone = next((name for name in names if plain_heading(name) in _ZONE_HEADINGS), "")
    systolic, diastolic = (_named(numeric, words) for words in (_SYSTOLIC, _DIASTOLIC))
    if systolic and diastolic:
        unit = "kPa" if "kpa" in systolic.lower() else "mmHg"
        pulse = _named([name for name in names if name not in (systolic, diastolic)], _PULSE)
        irregular = _named(names, ("irregular heartbeat",))
        return Mapping("blood_pressure", moment, systolic, time, diastolic, pulse, unit, zone=zone, irregular=irregular)
    if any(_holds(sample, name, _is_pair) for name in names):
        return None  # a blood pressure in one cell: its pulse alone would be half of what was measured
    for metric, words in _VALUES.items():
        if first := _named(numeric, words):
            second = _named(numeric, ("fev1",)) if metric == "peak_flow" else ""
            rest = [name for name in names if name not in (moment, time, first)]
            more = tuple(name for name in rest if _named([name], words)) if metric == "glucose" else ()
            return Mapping(metric, moment, first, time, second, more=more, zone=zone)
    return None


def plain_heading(heading: str) -> str:
    """A heading in lower case, without accents, with single spaces for all that is no letter or digit."""
    letters = unicodedata.normalize("NFKD", heading.lower().replace("æ", "ae").replace("ø", "o"))
    return " ".join("".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split())


def _named(names: Sequence[str], words: Sequence[str]) -> str:
    """The first column whose heading has a word that begins like one of the words, and is no computed value."""
    for name in names:
        heading = f" {plain_heading(name)} "
        if any(f" {word}" in heading for word in words) and not any(f" {other}" in heading for other in _OTHER):
            return name
    return ""


def _moment_columns(names: Sequence[str], sample: Sequence[Row]) -> tuple[str, str]:
    """The column of the moment, or those of date and time; by their cells, else by their headings; empty if none."""
    whole = [name for name in names if _holds(sample, name, _is_moment)]
    if whole:
        return _named(whole, _DATE_WORDS) or whole[0], ""
    dates = [name for name in names if _holds(sample, name, lambda cell: _is_moment(f"{cell} 00:00"))]
    times = [name for name in names if _holds(sample, name, lambda cell: _is_moment(f"2026-01-01 {cell}"))]
    if dates:
        return _named(dates, _DATE_WORDS) or dates[0], _named(times, _TIME_WORDS) or (times[0] if times else "")
    date = _named(names, _DATE_WORDS)
    return date, _named([name for name in names if name != date], _TIME_WORDS)


def _holds(sample: Sequence[Row], name: str, accepts: Callable[[str], bool]) -> bool:
    """Whether more than half of the column's filled cells are of a kind."""
    cells = [cell for row in sample if (cell := row.get(name, "")).lower() not in NO_VALUE]
    return sum(accepts(cell) for cell in cells) * 2 > len(cells)


def _is_moment(cell: str) -> bool:
    moment: datetime | None = read_moment(cell) or read_moment(cell, DAY_FIRST)
    return moment is not None


def _is_pair(cell: str) -> bool:
    first, mark, second = cell.partition("/")
    return bool(mark) and first.strip().isdecimal() and second.split(" ")[0].strip().isdecimal()


def _is_value(cell: str) -> bool:
    figure, _ = split_cell(cell)
    if figure.lower() in RANGE_WORDS:
        return True
    sign = COMMA if "," in figure and POINT not in figure else POINT
    try:
        number(read_number(figure, sign))
    except ValueError:
        return False
    return True
