"""Policies in force for each payer on a day, and digests of their values."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from django.db.models import QuerySet

from billing.models import STRICTEST, PayerPolicy
from billing.policies.rules_in_force import digests_in_force, rules_from, rules_of
from billing.rules import Policy
from billing.rules.canonical import canonical, digest_of
from billing.rules.periods import LENGTH
from billing.rules.policy import END
from billing.rules.release import code_set, values_between
from billing.rules.rule_set import RuleSet
from billing.rules.terms import terms
from rpm_portal.core.days import Month

# How far outside the month a date of service may be: that of a device period which overlaps the month.
MAX_DAYS_OUTSIDE_MONTH = timedelta(days=LENGTH)


class PayerPolicies(dict[int, Policy]):
    """Policies by payer, and the practice's rules that they are made of."""

    def __init__(self, rules: RuleSet, policies: Mapping[int, Policy]) -> None:
        super().__init__(policies)
        self.rules = rules

    @property
    def strictest(self) -> Policy:
        """The policy of a payer without a row, and of a day without a payer."""
        return self.rules.preset(STRICTEST)


@lru_cache(maxsize=256)
def policy_digest(policy: Policy, month: Month) -> str:
    """SHA-256 of a policy's name and of its values on every possible date of service of a month, with the codes if the
    practice's rule years change them by then.

    Values of later days and the titles of sources are not included.
    """
    values = values_between(policy, month.first_day - MAX_DAYS_OUTSIDE_MONTH, month.last_day)
    codes = policy.codes_on(month.last_day)
    return digest_of(canonical([policy.name, values, *([code_set(codes)] if codes is not None else [])]))


def policies_of(practice_id: int, *, on: date) -> PayerPolicies:
    """Each payer's policy in force on a day; payers without a row are left out. One statement, two without any row."""
    rows = list(_policies(practice_id, on, on))
    rules = _rules(practice_id, rows)
    return PayerPolicies(rules, {row.payer_id: policy_of_row(row, rules) for row in rows})


def policies_around(practice_id: int, month: Month, *, rules: RuleSet | None = None) -> PayerPolicies:
    """Each payer's policy on every date of service of a month and of the device periods that overlap it.

    If a payer's terms change within these days, each day has its own; days without a row have the strictest. A payer
    without a row on any of these days is left out. `rules` are those to try instead of the practice's own. One
    statement, two without any row.
    """
    return _between(practice_id, month, month.last_day + MAX_DAYS_OUTSIDE_MONTH, rules)


def _rules(practice_id: int, rows: list[PayerPolicy]) -> RuleSet:
    return rules_from(rows[0].rule_years) if rows else rules_of(practice_id)


def _between(practice_id: int, month: Month, until: date, tried: RuleSet | None = None) -> PayerPolicies:
    since = month.first_day - MAX_DAYS_OUTSIDE_MONTH
    rows: dict[int, list[tuple[date, date, Policy]]] = defaultdict(list)
    on_file = list(_policies(practice_id, since, until))
    rules = tried or _rules(practice_id, on_file)
    for row in on_file:
        rows[row.payer_id].append((row.starts_on, row.ends_on or END, policy_of_row(row, rules)))
    strictest, policies = rules.preset(STRICTEST), {}
    for payer, spans in rows.items():
        first, last, policy = spans[0]
        covers_all_days = first <= since and last >= until
        policies[payer] = policy if covers_all_days else terms(spans, otherwise=strictest, named_on=month.last_day)
    return PayerPolicies(rules, policies)


def policy_of_row(row: PayerPolicy, rules: RuleSet) -> Policy:
    """The policy of a payer's row: its preset in the practice's rules, with the payer's departures."""
    preset = rules.preset(row.preset)
    return preset.with_departures(row.departures, name=f"{row.preset} (row {row.pk})") if row.departures else preset


def _policies(practice_id: int, since: date, until: date) -> QuerySet[PayerPolicy]:
    rows = PayerPolicy.objects.filter(practice=practice_id, starts_on__lte=until).exclude(ends_on__lt=since)
    with_years: QuerySet[PayerPolicy] = rows.annotate(rule_years=digests_in_force())  # type: ignore[no-redef, unused-ignore]
    return with_years.order_by("payer_id", "starts_on")


def policies_digest(practice_id: int, month: Month) -> str:
    """SHA-256 over the digests of every payer's policy in a month (see `policy_digest`). One statement.

    A policy that begins after the month is not included: loading the rules of the next year changes no closed month.
    """
    policies = sorted(_between(practice_id, month, month.last_day).items())
    return digest_of("\n".join(f"{payer}:{policy_digest(policy, month)}" for payer, policy in policies))
