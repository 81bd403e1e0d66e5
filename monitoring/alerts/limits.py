"""A patient's limits and goals: started from a condition's template, then set singly, with the person who set them."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.models import AlertRule, ConditionTemplate, Severity, Threshold
from monitoring.rules.bounds import BOUNDS, check_order
from monitoring.rules.display_units import display_unit, in_rule_unit, stored_value
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
def set_limits(*, enrollment: Enrollment, limits: Mapping[tuple[str, int], Mapping[str, Any]], by: User) -> int:
    """Set the limits that differ from those in force; returns how many changed. Raises ValidationError.

    `limits` maps (metric, part) to bounds in the metric's own unit, and to `unit`, the display unit in which they were
    typed. A limit that shows the same numbers in that unit is not changed. For a row without bounds the limit in force
    is not deleted, its values are cleared.
    """
    current = {(row.metric, row.part): row for row in Threshold.objects.filter(enrollment=enrollment)}
    changed = 0
    for key, bounds in limits.items():
        check_order(bounds)
        unit = bounds.get("unit", "")
        old_bounds = {name: getattr(current.get(key), name, None) for name in BOUNDS}
        new_bounds = {name: bounds.get(name) for name in BOUNDS}
        if _shown(new_bounds, unit) != _shown(old_bounds, unit):
            set_threshold(enrollment=enrollment, metric=key[0], part=key[1], by=by, unit=unit, **new_bounds)
            changed += 1
    return changed


def _shown(bounds: dict[str, Decimal | None], unit: str) -> dict[str, Decimal | None]:
    """Stored bounds in a display unit."""
    return {name: None if value is None else in_rule_unit(Decimal(value), unit) for name, value in bounds.items()}


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


def limits_form_values(enrollment: Enrollment, *, units: str) -> dict[str, object]:
    """The limits in force, in the practice's `units`, and the goals by field name of the form. One statement."""
    values: dict[str, object] = {"goals": enrollment.goals, "units": units}
    for (metric, part), row in limits_of(enrollment.pk).items():
        for bound in BOUNDS:
            value = getattr(row, bound)
            values[f"{metric}-{part}-{bound}"] = None if value is None else _typed(value, metric, units)
    return values


def template_form_values(template: ConditionTemplate, *, units: str) -> dict[str, str]:
    """The limits of a condition, in the practice's `units`, and its goals by field name of the form."""
    values = {"goals": template.goals, "units": units, "begun_from": template.name}
    for limit in template.limits:
        metric, unit = limit["metric"], limit.get("unit", "")
        for bound in BOUNDS:
            if limit.get(bound) is not None:
                stored = stored_value(Decimal(str(limit[bound])), unit)
                values[f"{metric}-{limit.get('part', 1)}-{bound}"] = _typed(stored, metric, units)
    return values


def _typed(value: Decimal, metric: str, units: str) -> str:
    """A stored value as a person would type it in the practice's units."""
    return f"{in_rule_unit(value, display_unit(metric, units)).normalize():f}"
