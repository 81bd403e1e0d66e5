"""Which cases of a parametrized test `make test-fast` runs."""

from collections import defaultdict
from collections.abc import Iterable


def some_cases(test_ids: Iterable[str], limit: int) -> list[str]:
    """At most `limit` IDs of each test function: the first, the last, and evenly spaced ones between them."""
    by_function = defaultdict(list)
    for test_id in test_ids:
        by_function[test_id.partition("[")[0]].append(test_id)
    return [test_id for cases in by_function.values() for test_id in _evenly_spaced(cases, limit)]


def _evenly_spaced(cases: list[str], limit: int) -> list[str]:
    if len(cases) <= limit:
        return cases
    step = (len(cases) - 1) / max(limit - 1, 1)
    return [cases[round(number * step)] for number in range(limit)]
