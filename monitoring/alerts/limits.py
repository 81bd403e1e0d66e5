"""A patient's limits and goals: begun from a condition's template, set value by value, with who set them."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.models import AlertRule, ConditionTemplate, Severity, Threshold
from monitoring.rules.bounds import BOUNDS, check_order
from monitoring.services import add_rule, set_threshold
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.db.history import save_with_reason

_FILE = Path(__file__).parent / "conditions.toml"


def add_conditions(*, practice: Practice, by: User | None) -> int:
    """Give a practice the product's templates that it does not have; returns how many were added."""
    had = set(ConditionTemplate.objects.filter(practice=practice).values_list("name", flat=True))
    rows = [raw for raw in tomllib.loads(_FILE.read_text(encoding="utf-8"))["condition"] if raw["name"] not in had]
    for raw in rows:
        row = ConditionTemplate(practice=practice, **raw)
        row.full_clean()
        save_with_reason(row, reason="From the product's own texts", by=by)
    return len(rows)


@transaction.atomic
def set_limits(*, enrollment: Enrollment, limits: dict[tuple[str, int], dict[str, Any]], by: User) -> int:
    """Set the limits that differ from those in force; returns how many changed. Raises ValidationError.

    `limits` maps (metric, part) to bounds; a row without bounds takes away no limit that stands, it clears its values.
    """
    stand = {(row.metric, row.part): row for row in Threshold.objects.filter(enrollment=enrollment)}
    changed = 0
    for key, bounds in limits.items():
        check_order(bounds)
        now = {name: getattr(stand[key], name) for name in BOUNDS} if key in stand else dict.fromkeys(BOUNDS)
        wanted = {name: bounds.get(name) for name in BOUNDS}
        if wanted != now:
            set_threshold(enrollment=enrollment, metric=key[0], part=key[1], by=by, **wanted)
            changed += 1
    return changed


def adopt_rules(*, enrollment: Enrollment, template: str, by: User) -> int:
    """Set the rules of a condition's template that do not stand yet; returns how many, none for an unknown one."""
    found = ConditionTemplate.objects.filter(practice=enrollment.practice_id, name=template).first()
    stand = list(AlertRule.objects.filter(enrollment=enrollment, ended_at__isnull=True).values_list("spec", flat=True))
    added = 0
    for spec in found.rules if found is not None else []:
        own = {key: value for key, value in spec.items() if key != "severity"}
        if own not in stand:
            add_rule(enrollment=enrollment, spec=own, severity=spec.get("severity", Severity.HIGH), by=by)
            added += 1
    return added


def limits_of(enrollment_id: int) -> dict[tuple[str, int], Threshold]:
    """The limits in force. One statement."""
    return {(row.metric, row.part): row for row in Threshold.objects.filter(enrollment=enrollment_id)}


def limits_form_values(enrollment: Enrollment) -> dict[str, Any]:
    """The limits in force and the goals as the form names them. One statement."""
    values: dict[str, Any] = {"goals": enrollment.goals}
    for (metric, part), row in limits_of(enrollment.pk).items():
        for bound in BOUNDS:
            value = getattr(row, bound)
            values[f"{metric}-{part}-{bound}"] = None if value is None else f"{value.normalize():f}"
    return values
