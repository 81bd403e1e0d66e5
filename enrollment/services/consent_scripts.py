"""The product's consent scripts: texts stored as data, in English and Spanish."""

import tomllib
from pathlib import Path

from enrollment.models import ConsentScript
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.db.history import save_with_reason

_FILE = Path(__file__).resolve().parent.parent / "scripts.toml"


def add_scripts(*, practice: Practice, by: User | None) -> int:
    """Add the product's scripts that a practice does not have; returns how many were added."""
    existing = set(ConsentScript.objects.filter(practice=practice).values_list("program", "language", "version"))
    added = 0
    for raw in tomllib.loads(_FILE.read_text(encoding="utf-8"))["script"]:
        if (raw["program"], raw["language"], raw["version"]) not in existing:
            row = ConsentScript(practice=practice, **{**raw, "text": raw["text"].strip()})
            row.full_clean()
            save_with_reason(row, reason="From the product's own texts", by=by)
            added += 1
    return added
