"""The rules of a practice: the shipped ones with the rule years that it has put in force."""

from collections.abc import Collection
from datetime import date
from functools import lru_cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from billing.models import RuleYearFile, YearState
from billing.rules.canonical import digest_of
from billing.rules.code_set import CodeSet
from billing.rules.rule_set import RuleSet, rules_with, shipped_rules
from billing.rules.rule_year import read_rule_year

_IN_FORCE = RuleYearFile.objects.filter(state=YearState.IN_FORCE).order_by("year")


def digests_in_force() -> ArraySubquery:
    """The digests of the practice's rule years in force, as a column of rows that have a practice."""
    return ArraySubquery(_IN_FORCE.filter(practice=OuterRef("practice")).values("digest"))


def rules_of(practice_id: int) -> RuleSet:
    """The rules of a practice. One statement, and one more when a process reads a file for the first time."""
    return rules_from(_IN_FORCE.filter(practice=practice_id).values_list("digest", flat=True))


def rules_from(digests: Collection[str]) -> RuleSet:
    """The shipped rules with the rule years of these digests."""
    return _rules(tuple(digests)) if digests else shipped_rules()


@lru_cache(maxsize=64)
def _rules(digests: tuple[str, ...]) -> RuleSet:
    """One object for the same files: views of policies are cached by object. Raises ValueError for an altered file."""
    texts = dict(RuleYearFile.objects.filter(digest__in=digests).values_list("digest", "content"))
    if any(digest_of(texts[digest]) != digest for digest in digests):
        raise ValueError("the file of a rule year is not the one that was put in force")
    return rules_with(read_rule_year(texts[digest]) for digest in digests)


def codes_of(practice_id: int, *, on: date) -> CodeSet:
    """The practice's codes on a day. One statement."""
    return rules_of(practice_id).codes_on(on)
