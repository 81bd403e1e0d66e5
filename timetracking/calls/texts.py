"""Text templates for call notes: filled from the chart, with brackets for what the person must fill in."""

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
    """Add the product's templates that a practice lacks; returns how many were added."""
    existing = set(CallTemplate.objects.filter(practice=practice).values_list("title", flat=True))
    rows = [raw for raw in tomllib.loads(_FILE.read_text(encoding="utf-8"))["template"] if raw["title"] not in existing]
    for raw in rows:
        row = CallTemplate(practice=practice, **raw | {"text": raw["text"].strip()})
        row.full_clean()
        save_with_reason(row, reason="From the product's own texts", by=by)
    return len(rows)


def texts_for(practice_id: int, condition: str, facts: dict[str, str]) -> list[tuple[str, str]]:
    """(title, text) of the offered templates with `facts` filled in, those of the condition first. One statement."""
    rows = CallTemplate.objects.filter(practice=practice_id, offered=True)
    lowered = condition.lower()
    ordered = sorted(rows, key=lambda row: (not (row.condition and row.condition.lower() in lowered), row.title))
    return [(row.title, fill(row.text, facts)) for row in ordered]


def fill(text: str, facts: dict[str, str]) -> str:
    """The text with its slots filled; a slot without a value becomes a bracket to fill by hand."""
    return _SLOT.sub(lambda match: facts.get(match[1]) or f"[{match[1]}]", text)


def open_brackets(text: str) -> list[str]:
    """The brackets that are still in a note."""
    return _BRACKET.findall(text)
