"""Properties of recorded facts: a fact of a day never removes a line of another day, and a paper never removes one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules import decide
from billing.rules.fact_rows import Authorization, CareSpan, InForce, Inquiry
from tests.billing.rules.facts import MEDICARE
from tests.billing.rules.test_edge_cases import with_departures_of
from tests.billing.rules.test_properties import months

REQUIRED = with_departures_of(prior_auth_required=True)
DAYS = st.dates(date(2026, 1, 20), date(2026, 4, 10))
PAYER = (InForce(id="7"),)


def billed(facts, policy):
    """The units of each billed (code, date of service)."""
    return {(line.code, line.dos): line.units for line in decide(facts, policy).lines}


@st.composite
def authorizations(draw, number="A"):
    first = draw(DAYS)
    last = draw(st.none() | st.integers(0, 60))
    return Authorization(
        draw(st.sampled_from(["7", "8"])), number, draw(st.sampled_from([(), ("99454",), ("99457", "99458")])),
        draw(st.none() | st.integers(1, 4)), first, None if last is None else first + timedelta(days=last), number,
    )  # fmt: skip


@pytest.mark.slow
@given(months(), authorizations(), authorizations("B"))
def test_a_further_authorization_never_removes_a_line_or_a_unit(facts, first, second):
    before = billed(replace(facts, coverages=PAYER, authorizations=(first,)), REQUIRED)
    after = billed(replace(facts, coverages=PAYER, authorizations=(first, second)), REQUIRED)

    assert all(after.get(key, 0) >= units for key, units in before.items())


@given(months(), authorizations())
def test_no_line_is_billed_without_an_authorization_of_its_payer_code_and_day(facts, row):
    for code, dos in billed(replace(facts, coverages=PAYER, authorizations=(row,)), REQUIRED):
        assert row.payer == "7"
        assert row.covers(dos)
        assert not row.codes or code in row.codes


@given(months(), authorizations())
def test_the_units_of_an_authorization_are_never_exceeded(facts, row):
    decision = decide(replace(facts, coverages=PAYER, authorizations=(row,)), REQUIRED)
    used = sum(line.units for line in decision.lines if line.authorization == row.number)

    assert row.units is None or used <= row.units


@given(months(), authorizations())
def test_an_authorization_changes_no_line_of_a_payer_that_requires_none(facts, row):
    assert billed(replace(facts, coverages=PAYER, authorizations=(row,)), MEDICARE) == billed(
        replace(facts, coverages=PAYER), MEDICARE
    )


@given(months(), DAYS, st.integers(0, 90), st.booleans(), st.booleans())
def test_a_surgery_removes_only_lines_inside_its_own_days(facts, first, length, same, related):
    span = CareSpan("surgery", first, first + timedelta(days=length), same, related, "s")
    before = billed(facts, MEDICARE)
    after = billed(replace(facts, care_spans=(span,)), MEDICARE)
    removed = {dos for code, dos in before if (code, dos) not in after}

    assert all(span.overlaps(dos, dos) and same and related for dos in removed)
    assert after.items() <= before.items()


@given(months(), DAYS, st.sampled_from(["none", "some", "unknown"]))
def test_an_answer_about_other_practices_changes_no_line(facts, on, answer):
    assert billed(replace(facts, inquiries=(Inquiry(on, "payer", answer, "a"),)), MEDICARE) == billed(facts, MEDICARE)
