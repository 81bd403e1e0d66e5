"""Texts a call's note begins from: kept as data, filled from the chart, with brackets for what only a person knows."""

import re
import tomllib
from pathlib import Path

from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.db.history import save_with_reason
from timetracking.models import CallTemplate

_FILE = Path(__file__).parent / "call_templates.toml"
_SLOT = re.compile(r"\{(\w+)\}")
_BRACKET = re.compile(r"\[[^\]\n]{1,80}\]")


def add_call_templates(*, practice: Practice, by: User | None) -> int:
    """Give a practice the product's texts that it does not have; returns how many were added."""
    had = set(CallTemplate.objects.filter(practice=practice).values_list("title", flat=True))
    rows = [raw for raw in tomllib.loads(_FILE.read_text(encoding="utf-8"))["template"] if raw["title"] not in had]
    for raw in rows:
        row = CallTemplate(practice=practice, **raw | {"text": raw["text"].strip()})
        row.full_clean()
        save_with_reason(row, reason="From the product's own texts", by=by)
    return len(rows)


def texts_for(practice_id: int, condition: str, facts: dict[str, str]) -> list[tuple[str, str]]:
    """(title, text) of what is offered, the condition's own texts first, `facts` filled in. One statement."""
    rows = CallTemplate.objects.filter(practice=practice_id, offered=True)
    said = condition.lower()
    ordered = sorted(rows, key=lambda row: (not (row.condition and row.condition.lower() in said), row.title))
    return [(row.title, fill(row.text, facts)) for row in ordered]


def fill(text: str, facts: dict[str, str]) -> str:
    """A text with its slots filled; a slot for which nothing is known becomes a bracket to fill by hand."""
    return _SLOT.sub(lambda found: facts.get(found[1]) or f"[{found[1]}]", text)


def open_brackets(text: str) -> list[str]:
    """The brackets a note still holds."""
    return _BRACKET.findall(text)
