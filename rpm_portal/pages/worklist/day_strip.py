"""The thirty days of the running device period, a letter a day, from the decision itself. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from billing.facts.case_files import CaseFile
from billing.rules import Decision
from billing.rules.periods import LENGTH

# letter: the class of its cell, and why the day counts or does not
DAYS = {
    "s": ("counted", "counts: sent by the device"),
    "p": ("counted", "counts: reported by the patient"),
    "t": ("other", "does not count: reported by the patient, not sent by the device"),
    "x": ("other", "does not count: typed, from a file, or voided"),
    "m": ("missed", "no reading of a medical device"),
    "f": ("future", ""),
}
COUNTED = frozenset("sp")


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the strip: counted, other, missed or future, and why."""

    on: date
    kind: str
    why: str = ""


def letters(file: CaseFile, decision: Decision, *, today: date) -> tuple[date | None, str]:
    """The first day of the window that runs, and its thirty letters; none where no window runs.

    The window is the decision's own open period, so strip and decision cannot disagree.
    """
    start = next((f.values["start"] for f in decision.findings if f.code == "DEVICE_PERIOD_OPEN"), None)
    if start is None:
        return None, ""
    rtm = file.facts.program == "RTM"
    read = {day.on: day for day in file.facts.days_read}
    found = []
    for step in range(LENGTH):
        on = start + timedelta(days=step)
        day = read.get(on)
        if day is None:
            found.append("f" if on > today else "m")
        elif day.automatic:
            found.append("s")
        elif day.reported:
            found.append("p" if rtm else "t")
        else:
            found.append("x")
    return start, "".join(found)


def cells_of(start: date | None, text: str) -> list[Cell]:
    """The strip's days with their words."""
    if start is None:
        return []
    return [Cell(start + timedelta(days=step), *DAYS[letter]) for step, letter in enumerate(text)]


def counted(text: str) -> int:
    """How many of the thirty count."""
    return sum(letter in COUNTED for letter in text)
