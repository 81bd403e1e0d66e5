"""Properties of the decision of every possible month."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rules import Gravity, decide, load_codes
from billing.rules.case import Case
from billing.rules.fact_rows import Contact, DayRead, OtherClaim, TimeSlice
from billing.rules.time_counting import count_time
from tests.billing.rules.facts import BASE, MEDICARE, STRICT, with_facts

START = datetime(2026, 2, 25, tzinfo=UTC)
PEOPLE = [
    ("clinical_staff", "N1"),
    ("clinical_staff", "N2"),
    ("physician", "P1"),
    ("qhp", "Q1"),
    ("non_clinical", "A1"),
]
BOTH_KNOW = {"99457", "99458", "99470"}


@st.composite
def slices(draw):
    rows = []
    for n in range(draw(st.integers(0, 7))):
        role, person = draw(st.sampled_from(PEOPLE))
        begins = START + timedelta(seconds=draw(st.integers(0, 40 * 86400)))
        length = draw(st.integers(1, 2700))
        rows.append(
            TimeSlice(
                f"t{n}", role, person, length, begins, begins + timedelta(seconds=length),
                within_em_visit=draw(st.booleans()) and draw(st.booleans()),
                counts=draw(st.integers(0, 5)) > 0,
            )
        )  # fmt: skip
    return tuple(rows)


@st.composite
def contacts(draw):
    rows = []
    for n in range(draw(st.integers(0, 3))):
        role, person = draw(st.sampled_from(PEOPLE))
        on = START.date() + timedelta(days=draw(st.integers(0, 40)))
        rows.append(
            Contact(f"c{n}", on, draw(st.sampled_from(["phone", "video", "sms"])), draw(st.booleans()), role, person)
        )
    return tuple(rows)


@st.composite
def months(draw):
    wanted = draw(st.sets(st.integers(0, 60), max_size=45))
    first = date(2026, 1, 31)
    maybe = st.sampled_from([True, True, True, False])
    return with_facts(
        BASE,
        device_periods=None,
        zone=draw(st.sampled_from(["UTC", "America/Chicago", "Pacific/Guam", "Pacific/Honolulu"])),
        time=draw(slices()),
        contacts=draw(contacts()),
        days_read=tuple(DayRead(first + timedelta(days=n), draw(maybe), True, (f"day:{n}",)) for n in sorted(wanted)),
        order_present=draw(maybe),
        consent_present=draw(maybe),
        supervision_documented=draw(maybe),
        patient_established=draw(maybe),
        consent_on=draw(st.sampled_from([None, date(2026, 2, 1), date(2026, 3, 10)])),
        discharged_on=draw(st.sampled_from([None, None, date(2026, 3, 20)])),
        setup_billed_in_episode=draw(st.booleans()),
        setup_education_done=draw(st.booleans()),
        other_claims=tuple(
            draw(
                st.lists(
                    st.sampled_from(
                        [
                            OtherClaim("99457", True, date(2026, 2, 28)),
                            OtherClaim("99454", True, date(2026, 3, 1), date(2026, 1, 31)),
                            OtherClaim("99091", True, date(2026, 3, 4)),
                            OtherClaim("99490", False, date(2026, 3, 31)),
                        ]
                    ),
                    max_size=2,
                )
            )
        ),
    )


def units(decision):
    return {code: sum(line.units for line in decision.lines if line.code == code) for code in BOTH_KNOW}


def worth(decision):
    """Management in twenty-minute blocks; the first ten are half of one."""
    by_code = units(decision)
    return by_code["99470"] * 0.5 + by_code["99457"] + by_code["99458"]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(months(), st.integers(1, 3000))
def test_more_qualifying_seconds_never_bill_less(facts, seconds):
    more = TimeSlice("zz", "physician", "P1", seconds, on=date(2026, 3, 15))

    assert worth(decide(replace(facts, time=(*facts.time, more)), MEDICARE)) >= worth(decide(facts, MEDICARE))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(months())
def test_voiding_an_entry_never_adds_a_line(facts):
    for voided in facts.time:
        less = replace(facts, time=tuple(item for item in facts.time if item is not voided))
        # Staff time without supervision blocks the month; voiding it may correctly unblock the rest.
        if facts.supervised:
            assert worth(decide(less, MEDICARE)) <= worth(decide(facts, MEDICARE))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(months(), st.sampled_from([MEDICARE, STRICT]))
def test_a_line_is_billed_only_if_nothing_blocks_it(facts, policy):
    decision = decide(facts, policy)
    components = {f.component for f in decision.findings if f.gravity is Gravity.BLOCKS and not f.subject}

    assert not components & {"all"} or decision.lines == ()
    for line in decision.lines:
        assert line.component not in components
    if any(line.component == "management" for line in decision.lines):
        met = {f.code for f in decision.findings if f.gravity is Gravity.MET}
        assert {"MGMT_TIME_MET", "MGMT_LIVE_MET", "ORDER_ON_FILE", "CONSENT_ON_FILE"} <= met


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(months(), st.sampled_from([MEDICARE, STRICT]))
def test_exclusive_codes_are_never_billed_together(facts, policy):
    lines = decide(facts, policy).lines
    codes = load_codes().by_code
    for line in lines:
        for other in lines:
            same_span = line.component == "management" or line.subject == other.subject
            assert not (same_span and other.code in codes[line.code].excludes)
    assert all(codes[line.code].add_on_of in {"", *[other.code for other in lines]} for line in lines)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(months())
def test_counted_time_is_never_more_than_the_union_of_intervals(facts):
    counted = count_time(Case(facts, MEDICARE, load_codes()))
    covered = set()
    for item in facts.time:
        covered |= set(range(int(item.started_at.timestamp()), int(item.ended_at.timestamp())))

    assert counted.seconds <= len(covered)
    assert counted.staff_seconds <= counted.seconds


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(months(), st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_no_byte(facts, chance):
    shuffled = {}
    for name in ("time", "contacts", "days_read", "other_claims"):
        rows = list(getattr(facts, name))
        chance.shuffle(rows)
        shuffled[name] = tuple(rows)

    assert repr(decide(replace(facts, **shuffled), MEDICARE)) == repr(decide(facts, MEDICARE))


@settings(max_examples=100, deadline=None)
@given(months())
def test_deciding_twice_is_the_same(facts):
    assert repr(decide(facts, STRICT)) == repr(decide(facts, STRICT))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(months())
def test_strict_never_bills_what_medicare_refuses(facts):
    # Supervision is required only if staff time counts, and under the strict policy it never does.
    facts = with_facts(facts, supervision_documented=True)

    assert worth(decide(facts, STRICT)) <= worth(decide(facts, MEDICARE))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(months())
def test_windows_never_overlap_and_never_exceed_thirty_days(facts):
    windows = Case(facts, MEDICARE, load_codes()).windows

    for window in windows:
        assert (window.end - window.start).days == 29
        assert window.start <= window.closes_on <= window.end
        assert window.days <= 30
    for before, after in pairwise(windows):
        assert after.start == before.end + timedelta(days=1)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(months())
def test_every_finding_has_a_sentence_without_holes(facts):
    for policy in (MEDICARE, STRICT):
        for finding in decide(facts, policy).findings:
            assert finding.sentence
            assert "{" not in finding.sentence
            assert "None" not in finding.sentence
