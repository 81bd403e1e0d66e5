"""A patient's limits and goals: started from a condition's template, then set singly, with the person who set them."""

import tomllib
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.models import AlertRule, ConditionTemplate, Severity, Threshold
from monitoring.rules.bounds import BOUNDS, check_order
from monitoring.services import add_rule, set_threshold
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.db.history import save_with_reason

_FILE = Path(__file__).parent / "conditions.toml"


def add_conditions(*, practice: Practice, by: User | None) -> int:
    """Add the product's templates that a practice does not have; returns how many were added."""
    existing = set(ConditionTemplate.objects.filter(practice=practice).values_list("name", flat=True))
    rows = [raw for raw in tomllib.loads(_FILE.read_text(encoding="utf-8"))["condition"] if raw["name"] not in existing]
    for raw in rows:
        row = ConditionTemplate(practice=practice, **raw)
        row.full_clean()
        save_with_reason(row, reason="From the product's own texts", by=by)
    return len(rows)


@transaction.atomic
def set_limits(*, enrollment: Enrollment, limits: dict[tuple[str, int], dict[str, Decimal | None]], by: User) -> int:
    """Set the limits that differ from those in force; returns how many changed. Raises ValidationError.

    `limits` maps (metric, part) to bounds; for a row without bounds the limit in force is not deleted, its values are
    cleared.
    """
    current = {(row.metric, row.part): row for row in Threshold.objects.filter(enrollment=enrollment)}
    changed = 0
    for key, bounds in limits.items():
        check_order(bounds)
        old_bounds = {name: getattr(current[key], name) for name in BOUNDS} if key in current else dict.fromkeys(BOUNDS)
        new_bounds = {name: bounds.get(name) for name in BOUNDS}
        if new_bounds != old_bounds:
            set_threshold(enrollment=enrollment, metric=key[0], part=key[1], by=by, **new_bounds)
            changed += 1
    return changed


def adopt_rules(*, enrollment: Enrollment, template: str, by: User) -> int:
    """Set the rules of a condition's template that are not set yet; returns how many, 0 for an unknown template."""
    condition = ConditionTemplate.objects.filter(practice=enrollment.practice_id, name=template).first()
    current = list(
        AlertRule.objects.filter(enrollment=enrollment, ended_at__isnull=True).values_list("spec", flat=True)
    )
    added = 0
    for spec in condition.rules if condition is not None else []:
        rule_spec = {key: value for key, value in spec.items() if key != "severity"}
        if rule_spec not in current:
            add_rule(enrollment=enrollment, spec=rule_spec, severity=spec.get("severity", Severity.HIGH), by=by)
            added += 1
    return added


def limits_of(enrollment_id: int) -> dict[tuple[str, int], Threshold]:
    """The limits in force. One statement."""
    return {(row.metric, row.part): row for row in Threshold.objects.filter(enrollment=enrollment_id)}


def limits_form_values(enrollment: Enrollment) -> dict[str, object]:
    """The limits in force and the goals by field name of the form. One statement."""
    values: dict[str, object] = {"goals": enrollment.goals}
    for (metric, part), row in limits_of(enrollment.pk).items():
        for bound in BOUNDS:
            value = getattr(row, bound)
            values[f"{metric}-{part}-{bound}"] = None if value is None else f"{value.normalize():f}"
    return values
