"""Text templates of messages, English and Spanish: the product's own, and those offered for a patient."""

import tomllib
from pathlib import Path

from enrollment.models import Patient
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.db.history import save_with_reason
from timetracking.calls.texts import fill
from timetracking.models import MessageTemplate

_FILE = Path(__file__).parent / "message_templates.toml"


def add_message_templates(*, practice: Practice, by: User | None) -> int:
    """Add the product's templates that a practice lacks; returns how many were added."""
    existing = set(MessageTemplate.objects.filter(practice=practice).values_list("title", flat=True))
    rows = [raw for raw in tomllib.loads(_FILE.read_text(encoding="utf-8"))["template"] if raw["title"] not in existing]
    for raw in rows:
        texts = {name: raw[name].strip() for name in ("text_en", "text_es")}
        row = MessageTemplate(practice=practice, title=raw["title"], **texts)
        row.full_clean()
        save_with_reason(row, reason="From the product's own texts", by=by)
    return len(rows)


def templates_for(patient: Patient, practice: Practice) -> list[tuple[str, str]]:
    """(title, text) of the offered templates in the patient's language, filled in. One statement."""
    facts = {"name": patient.given_name, "practice": practice.name}
    rows = MessageTemplate.objects.for_practice(practice).filter(offered=True)
    return [(row.title, fill(getattr(row, f"text_{patient.language}"), facts)) for row in rows]
