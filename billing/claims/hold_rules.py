"""Rules that hold claims: written by one person, tried on an earlier month, approved by another, ended by anybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.db.models import Q

from billing.claims.formats.content import Content
from billing.models import HoldEffect, HoldField, HoldOperator, HoldRule
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

_NUMBERS = {HoldField.CHARGE, HoldField.UNITS}
_COMPARED = {HoldOperator.OVER, HoldOperator.UNDER}


@dataclass(frozen=True, slots=True)
class HoldCondition:
    """A field of a claim, how it is compared, and with what."""

    field: str
    operator: str
    value: str

    def applies(self, content: Content) -> bool:
        """Whether a claim meets it: one of several values, such as codes, is enough; `is not` asks that none is it."""
        values = _values(content, self.field)
        if self.operator in _COMPARED:
            limit = Decimal(self.value)
            numbers = [Decimal(value) for value in values]
            return (
                any(n > limit for n in numbers)
                if self.operator == HoldOperator.OVER
                else any(n < limit for n in numbers)
            )
        wanted, found = self.value.upper(), [value.upper() for value in values]
        if self.operator == HoldOperator.STARTS:
            return any(value.startswith(wanted) for value in found)
        return (wanted in found) if self.operator == HoldOperator.IS else wanted not in found


def _values(content: Content, field: str) -> list[str]:
    lines = content.services
    values = {
        HoldField.PAYER: [content.payer],
        HoldField.CODE: [line.code for line in lines],
        HoldField.MODIFIER: [modifier for line in lines for modifier in line.modifiers],
        HoldField.DIAGNOSIS: list(content.diagnoses),
        HoldField.PLACE: [content.place, *(line.place for line in lines if line.place)],
        HoldField.PROVIDER: [content.rendering.npi],
        HoldField.MEMBER_ID: [content.member_id],
        HoldField.STATE: [content.address.state],
        HoldField.CHARGE: [content.total],
        HoldField.UNITS: [str(line.units) for line in lines],
    }
    return values[HoldField(field)]


class HoldRules:
    """The approved rules of a practice that are in force on a day, read once. One statement; without a day, none."""

    def __init__(self, practice_id: int, on: date | None) -> None:
        self._rows: list[HoldRule] = []
        if on is not None:
            rows = HoldRule.objects.filter(practice=practice_id, decision="approved", starts_on__lte=on)
            self._rows = list(rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)))

    def sentences(self, content: Content, effect: str) -> list[str]:
        """A sentence for each rule of an effect that applies to a claim."""
        return [
            f"Held by the rule that {row}: {row.reason}" if effect == HoldEffect.HOLD else f"{row}: {row.reason}"
            for row in self._rows
            if row.effect == effect and condition_of(row).applies(content)
        ]


def condition_of(rule: HoldRule) -> HoldCondition:
    """The condition of a stored rule."""
    return HoldCondition(rule.field, rule.operator, rule.value)


def read_condition(field: str, operator: str, value: str) -> HoldCondition:
    """A condition as it was typed. Raises Refused."""
    value = value.strip()
    if field not in HoldField.values or operator not in HoldOperator.values:
        raise Refused("Choose a field and how it is compared.")
    if not 1 <= len(value) <= 60:
        raise Refused("Enter the value in at most 60 characters.", field="value")
    if operator in _COMPARED and field not in _NUMBERS:
        raise Refused("Only the charge and the units are compared as numbers.")
    if operator in _COMPARED and _number(value) is None:
        raise Refused("Enter a number, like 2 or 250.00.", field="value")
    return HoldCondition(field, operator, value)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < 10**9 else None


def dry_run(condition: HoldCondition, contents: Iterable[Content]) -> list[Content]:
    """The claims to which a condition would apply."""
    return [content for content in contents if condition.applies(content)]


@transaction.atomic
def ask_rule(
    *, condition: HoldCondition, effect: str, reason: str, starts_on: date | None, by: Membership, now: datetime
) -> HoldRule:
    """Write a rule that a second person approves. Raises Refused."""
    if effect not in HoldEffect.values:
        raise Refused("Choose whether the claim is held or noted.")
    if len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters why; it is shown with each claim.", field="reason")
    if starts_on is None or starts_on < local_day(now, by.practice.zone):
        raise Refused("Enter the day from which the rule applies: today or later.", field="starts_on")
    row: HoldRule = HoldRule.objects.create(
        practice=by.practice,
        field=condition.field,
        operator=condition.operator,
        value=condition.value,
        effect=effect,
        reason=reason.strip()[:300],
        starts_on=starts_on,
        asked_at=now,
        asked_by=by.user,
    )
    record_change(row, "write_hold_rule", by=by, now=now, rule=str(row), effect=effect)
    return row


@transaction.atomic
def decide_rule(*, rule: HoldRule, approve: bool, by: Membership, now: datetime) -> HoldRule:
    """Approve another person's rule, or refuse it. Raises Refused."""
    row: HoldRule = HoldRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if row.decided_at is not None:
        raise Refused("This rule was decided already.")
    if approve and row.asked_by_id == by.user_id:
        raise Refused("A second person decides; you wrote this rule.")
    row.decided_at, row.decided_by, row.decision = now, by.user, "approved" if approve else "refused"
    row.save(update_fields=["decided_at", "decided_by", "decision"])
    record_change(row, "approve_hold_rule" if approve else "refuse_hold_rule", by=by, now=now, rule=str(row))
    return row


@transaction.atomic
def end_rule(*, rule: HoldRule, by: Membership, now: datetime) -> HoldRule:
    """End a rule with yesterday as its last day: its claims can be sent today. Raises Refused."""
    row: HoldRule = HoldRule.objects.select_for_update(of=("self",)).select_related("practice").get(pk=rule.pk)
    if row.decision != "approved" or row.ends_on is not None:
        raise Refused("Only a rule in force is ended.")
    row.ends_on, row.ended_by = local_day(now, row.practice.zone) - timedelta(days=1), by.user
    row.save(update_fields=["ends_on", "ended_by"])
    record_change(row, "end_hold_rule", by=by, now=now, rule=str(row))
    return row
