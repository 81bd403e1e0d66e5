"""The parts of a worklist row that only its facts move: drawn once, when they are decided, and kept with the row.

Fifty rows of ten cells are most of what the list costs. What is live (the reason, the last value, minutes, who is
there) is drawn around these parts by `_rows.jinja`.
"""

import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from markupsafe import Markup

from billing.review.code_status import Status
from billing.rules.release import release
from rpm_portal.pages.worklist.cache.day_strip import DAYS

# Between two parts of what is kept; a name that holds one loses it.
SEAM = "\x1e"
_TEMPLATES = ("worklist/_kept.jinja", "ui/_status.jinja")
# A letter a day becomes a cell.
_CELLS = str.maketrans({letter: f'<i class="{kind}"></i>' for letter, (kind, _) in DAYS.items()})


class Person(NamedTuple):
    """Whose row it is, as enrollment and patient have it."""

    enrollment: str
    patient: str
    family_name: str
    given_name: str
    born_on: date
    sex: str
    language: str
    no_calls: bool
    program: str
    condition: str


class Facts(NamedTuple):
    """The kept parts of a row that follow from its facts: markup, escaped where it was drawn."""

    patient: str
    enrollment: str
    name: str
    no_calls: bool
    person: str
    days: str
    management: str


@cache
def drawn_with() -> str:
    """Twelve digits over engine, codes, the templates and their symbols: another one, and every row is made anew.

    Found once a process: a template changed under a running server shows with its next start.
    """
    sources = [Path(_template(name).filename).read_bytes() for name in _TEMPLATES]
    return hashlib.sha256(b"|".join([release().encode(), static("icons.svg").encode(), *sources])).hexdigest()[:12]


def facts_drawn(who: Person, statuses: list[Status], *, cells: str, device_days: int | None, today: date) -> str:
    """The parts of a row that follow from its facts, as they are kept."""
    born = who.born_on
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    name = f"{who.family_name.upper()}, {who.given_name}"
    address = f"{reverse('chart', args=[who.patient])}?enrollment={who.enrollment}"
    draw, icons = _macros(), static("icons.svg")
    device = next((status for status in reversed(statuses) if status.component != "management"), None)
    management = next((status for status in statuses if status.component == "management"), None)
    strip = Markup(cells.translate(_CELLS))  # noqa: S704 - a letter a day, each a cell of our own
    parts = [
        who.patient, who.enrollment, draw.text(name), "1" if who.no_calls else "",
        draw.person(who, name, age, address, f"{who.program} {who.condition}".strip()),
        draw.days(strip, device_days, device, icons),
        draw.standing(management, icons) if management else "",
    ]  # fmt: skip
    return SEAM.join(str(part).replace(SEAM, "") for part in parts)


def facts_of(drawn: str) -> Facts:
    """The parts as `facts_drawn` made them."""
    patient, enrollment, name, no_calls, *cells = drawn.split(SEAM)
    return Facts(patient, enrollment, name, bool(no_calls), *cells)


def values_drawn(spark: dict[str, Any]) -> str:
    """The line of fourteen days and the arrow beside the last value, as they are kept; empty without values."""
    draw = _macros()
    return f"{draw.trend(spark)}{SEAM}{draw.arrow(spark)}" if spark else ""


def values_of(drawn: str) -> tuple[str, str]:
    """Line and arrow as `values_drawn` made them."""
    trend, _, arrow = drawn.partition(SEAM)
    return trend, arrow


def _macros() -> Any:
    return _template(_TEMPLATES[0]).module


def _template(name: str) -> Any:
    found: Any = get_template(name, using="jinja2")
    return found.template
