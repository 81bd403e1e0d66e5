"""A rule year tried before it is in force: the difference to the year before, golden cases, the practice's own cases,
and the running month.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.close.compute import decide_all
from billing.facts.case_files import facts_of
from billing.policies.expected import rates_for
from billing.policies.in_force import PayerPolicies, policies_around
from billing.policies.own_cases import CaseResult, results_in_year
from billing.policies.rule_years import rules_under
from billing.rules.golden import ChangedCase, changed_by_year
from billing.rules.rule_set import brought_forward, rules_with
from billing.rules.rule_year import RuleYear
from billing.rules.year_difference import Change, changes
from enrollment.queries import served_in
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month


@dataclass(frozen=True, slots=True)
class MonthTrial:
    """A month's lines under the new rules compared with those under the rules in force. Units are counted by code.

    `expected` is the change of the expected payment; None if a code has no rate.
    """

    month: Month
    enrollments: int
    patients: int
    more: dict[str, int]
    less: dict[str, int]
    expected: Decimal | None


@dataclass(frozen=True, slots=True)
class YearTrial:
    """What a rule year changes: values, golden cases (of `cases` in all), rates that differ from the year before.

    `own_cases` are the practice's own under it; `broken_cases` those of them that do not give their expected lines.
    """

    changes: list[Change]
    cases: int
    changed_cases: list[ChangedCase]
    rates: list[tuple[str, Decimal | None, Decimal]]
    own_cases: list[CaseResult]

    @property
    def broken_cases(self) -> list[CaseResult]:
        """The own cases whose lines differ from those expected."""
        return [result for result in self.own_cases if result.differences]


def try_year(practice: Practice, year: RuleYear) -> YearTrial:
    """The difference to the rules of the year before, and the cases that come out otherwise. Four statements, and one
    for each month with an own case of a payer.
    """
    before, after = rules_under(practice.pk, year)
    cases, changed = changed_by_year(year.year, before, after)
    national = {
        rate.code: rate.amount
        for rate in year.rates
        if rate.locality == "national" and not rate.facility and rate.factor_class == "nonqualifying"
    }
    old = rates_for(practice, national, year=year.year - 1)
    rates = [(code, old.get(code), amount) for code, amount in sorted(national.items()) if old.get(code) != amount]
    own_cases = results_in_year(practice, year.year, after)
    return YearTrial(changes(before, after, year.year), cases, changed, rates, own_cases)


def try_month(practice: Practice, year: RuleYear, month: Month, *, today: date) -> MonthTrial:
    """A month decided under the rules in force, and under the year's as if it had begun before the month.

    Nothing is written. A constant number of statements.
    """
    ids = served_in(practice.pk, month.first_day, month.last_day)
    before, _ = rules_under(practice.pk, year)
    earlier = min(year.first_day, month.plus(-1).first_day)
    tried = rules_with([*before.years, brought_forward(year, earlier)])
    now, patients = _units(practice, ids, month, policies_around(practice.pk, month), today=today)
    then, _ = _units(practice, ids, month, policies_around(practice.pk, month, rules=tried), today=today)
    more: Counter[str] = Counter()
    less: Counter[str] = Counter()
    changed = set()
    for pk in ids:
        gained, lost = then[pk] - now[pk], now[pk] - then[pk]
        more, less = more + gained, less + lost
        if gained or lost:
            changed.add(patients[pk])
    expected = _expected(practice, more, less, year=month.year)
    return MonthTrial(month, len(ids), len(changed), dict(sorted(more.items())), dict(sorted(less.items())), expected)


def _units(
    practice: Practice, ids: list[int], month: Month, policies: PayerPolicies, *, today: date
) -> tuple[dict[int, Counter[str]], dict[int, int]]:
    """The units of each enrollment by code under some policies, and each enrollment's patient."""
    files = facts_of(practice.pk, ids, month=month, zone=practice.zone, today=today, rules=policies)
    units = {
        file.enrollment_id: Counter({line.code: line.units for line in decision.lines})
        for file, decision in decide_all(files)
    }
    return units, {file.enrollment_id: file.patient_id for file in files}


def _expected(practice: Practice, more: Counter[str], less: Counter[str], *, year: int) -> Decimal | None:
    rates = rates_for(practice, {*more, *less}, year=year)
    if any(code not in rates for code in (*more, *less)):
        return None
    gained = sum((rates[code] * units for code, units in more.items()), Decimal())
    return gained - sum((rates[code] * units for code, units in less.items()), Decimal())
