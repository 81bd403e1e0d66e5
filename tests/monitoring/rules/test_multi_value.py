"""Rules over more than one value, at their bounds; and invalid rules."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.rules.multi_value import RuleError, rule_of

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def history(metric, *values, every=timedelta(days=1)):
    """The last value at NOW, the others before it."""
    count = len(values)
    return {metric: [(NOW - every * (count - 1 - i), (Decimal(str(v)), Decimal(0))) for i, v in enumerate(values)]}


@pytest.mark.parametrize(
    ("values", "hit"),
    [((70, 71, 71.99), False), ((70, 71, 72), True), ((72, 70, 71.9), False), ((70,), False), ((), False)],
)
def test_two_kilograms_in_three_days(values, hit):
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": 2})

    assert (rule.hit(history("weight", *values), NOW) is not None) == hit
    assert rule.words() == "weight up 2 kg or more in 3 days"


def test_values_before_the_days_do_not_count():
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": 2})

    assert rule.hit(history("weight", 60, 70, 70, 70, 71), NOW) is None


def test_a_fall_is_a_change_down():
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": -2})

    assert rule.hit(history("weight", 72, 70), NOW).value == -2
    assert rule.hit(history("weight", 72, 70.01), NOW) is None
    assert rule.words() == "weight down 2 kg or more in 3 days"


@pytest.mark.parametrize(
    ("values", "hit"),
    [((140, 140, 140), False), ((140, 140, 141), True), ((150, 150), False), ((139, 139, 139), False)],
)
def test_an_average_of_a_week_needs_three_values(values, hit):
    rule = rule_of({"kind": "average", "metric": "blood_pressure", "part": 1, "days": 7, "above": 140})

    assert (rule.hit(history("blood_pressure", *values), NOW) is not None) == hit


def test_a_pair_needs_both():
    rule = rule_of(
        {
            "kind": "pair",
            "both": [
                {"kind": "change", "metric": "weight", "days": 3, "by": 2},
                {"kind": "value", "metric": "spo2", "below": 92},
            ],
        }
    )
    heavy, low, fine = history("weight", 70, 72), history("spo2", 91), history("spo2", 92)

    assert rule.hit(heavy | low, NOW).value == 2
    assert rule.hit(heavy | fine, NOW) is None
    assert rule.hit(low, NOW) is None
    assert rule.words() == "weight up 2 kg or more in 3 days and oxygen saturation below 92 %"


BAD = [
    None, [], {}, {"kind": "x"}, {"kind": "value", "metric": "spo2", "below": 92}, {"kind": "absence", "days": 0},
    {"kind": "absence", "days": 31}, {"kind": "absence", "days": True}, {"kind": "absence", "days": 3, "metric": "x"},
    {"kind": "change", "metric": "mood", "days": 3, "by": 2}, {"kind": "change", "metric": "weight", "days": 3, "by": 0},
    {"kind": "change", "metric": "weight", "days": 3, "by": "NaN"}, {"kind": "change", "metric": "weight", "days": 3},
    {"kind": "change", "metric": "weight", "part": 2, "days": 3, "by": 2},
    {"kind": "average", "metric": "weight", "days": 3}, {"kind": "pair", "both": []},
    {"kind": "average", "metric": "weight", "days": 3, "above": 1, "below": 2},
    {"kind": "pair", "both": [{"kind": "absence", "days": 3}, {"kind": "value", "metric": "spo2", "below": 92}]},
]  # fmt: skip


@pytest.mark.parametrize("spec", BAD, ids=range(len(BAD)))
def test_an_invalid_rule_is_refused_with_a_sentence(spec):
    with pytest.raises(RuleError) as refusal:
        rule_of(spec)

    assert len(str(refusal.value)) > 10


@given(st.lists(st.integers(40, 200), min_size=1, max_size=12), st.integers(1, 10), st.integers(1, 30))
def test_a_change_agrees_with_a_plain_loop(values, days, by):
    rule = rule_of({"kind": "change", "metric": "weight", "days": days, "by": by})
    inside = [v for age, v in enumerate(reversed(values)) if age <= days]
    naive = any(inside[0] - earlier >= by for earlier in inside[1:])

    assert (rule.hit(history("weight", *values), NOW) is not None) == naive
