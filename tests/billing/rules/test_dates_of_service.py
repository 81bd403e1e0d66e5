"""Each line is decided by what is in force on its own date of service: twins on both sides of each boundary."""

from dataclasses import replace
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.review.code_status import outlook
from billing.rules import decide, services
from billing.rules.fact_rows import DayRead, InForce, OtherClaim, OtherTime, SelfMeasured
from billing.rules.terms import terms
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice, billed, reasons
from tests.billing.rules.test_edge_cases import with_departures_of

# A window from February 10 to March 11 with twenty days, and 20:50 with a call on March 5.
WORKED = a_month(
    device_periods=None,
    device_anchor_on=date(2026, 2, 10),
    days_read=tuple(DayRead(date(2026, 2, 10) + timedelta(days=n), True, False, (f"day:{n}",)) for n in range(20)),
    time=(a_slice(1250, on=date(2026, 3, 5)),),
    contacts=(a_call(date(2026, 3, 5)),),
)
EARNED = [("99454", date(2026, 3, 11)), ("99457", date(2026, 3, 31))]


def lines(facts, policy=MEDICARE):
    return [(line.code, line.dos) for line in decide(facts, policy).lines]


def days(first, last=None):
    return InForce(date(2026, *first) if first else None, date(2026, *last) if last else None)


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param([days((2, 1), (3, 31))], EARNED, id="one order"),
        pytest.param([days((2, 1), (3, 4)), days((3, 5))], EARNED, id="renewed on the day of the work"),
        pytest.param([days((2, 1), (3, 4)), days((3, 6))], EARNED[:1], id="not in force on the day of the work"),
        pytest.param([days((2, 1), (2, 25)), days((3, 1))], EARNED, id="sixteen reading days under the first"),
        pytest.param(
            [days((2, 1), (2, 24)), days((3, 2))], [("99445", date(2026, 3, 11)), EARNED[1]], id="fifteen reading days"
        ),
    ],
)
def test_days_and_work_under_each_order_count(orders, expected):
    assert lines(replace(WORKED, orders=tuple(orders))) == expected


@pytest.mark.parametrize(("last", "codes"), [((2, 28), []), ((3, 1), ["99454", "99457"])])
def test_a_consent_must_be_in_force_on_the_date_of_service(last, codes):
    """A consent withdrawn in February ends the window there: it belongs to February, and March has nothing."""
    work, call = a_slice(1250, on=date(2026, 3, 1)), a_call(date(2026, 3, 1))
    facts = replace(WORKED, consents=(days((2, 1), last),), time=(work,), contacts=(call,))

    assert [code for code, _ in lines(facts)] == codes


@pytest.mark.parametrize(("seen_on", "codes"), [((3, 11), 2), ((3, 12), 1), ((3, 31), 1), ((4, 1), 0)])
def test_a_patient_is_established_from_the_day_of_the_visit(seen_on, codes):
    assert len(lines(replace(WORKED, established_on=date(2026, *seen_on)))) == codes


@pytest.mark.parametrize(
    ("device", "codes"),
    [
        (((2, 1), (2, 9)), []),
        (((2, 1), (2, 10)), ["99454"]),
        (((3, 11), None), ["99454", "99457"]),
        (((3, 12), None), ["99457"]),
    ],
)
def test_a_device_supports_the_services_in_which_it_is_with_the_patient(device, codes):
    assert [code for code, _ in lines(replace(WORKED, devices=(days(*device),)))] == codes


@pytest.mark.parametrize(("change", "long"), [((3, 11), False), ((3, 12), True)])
def test_the_window_is_decided_by_the_policy_of_its_last_day(change, long):
    other = with_departures_of(
        diagnosis_scope=["E11"], device_window="calendar_month", single_biller_scope="device_only"
    )
    first = date(2026, *change)
    policy = terms(
        [(date(2019, 1, 1), first - timedelta(days=1), MEDICARE), (first, date.max, other)],
        otherwise=STRICT,
        named_on=date(2026, 3, 31),
    )

    assert (("99454", date(2026, 3, 11)) in lines(WORKED, policy)) is long
    assert ("99457", date(2026, 3, 31)) not in lines(WORKED, policy)


def test_two_windows_of_a_month_are_each_a_span_of_management():
    """January 1 and January 31: neither window's time is lost."""
    windows = (
        a_period(18, start=date(2025, 12, 3), end=date(2026, 1, 1)), a_period(18, start=date(2026, 1, 2), end=date(2026, 1, 31)),
    )  # fmt: skip
    facts = a_month(
        month=1, device_periods=windows, contacts=(a_call(date(2025, 12, 20)), a_call(date(2026, 1, 10))),
        time=(a_slice(1200, on=date(2025, 12, 20), n=1), a_slice(1200, on=date(2026, 1, 10), n=2)),
    )  # fmt: skip
    rolling = with_departures_of(management_period="rolling_30")

    assert [line for line in lines(facts, rolling) if line[0] == "99457"] == [
        ("99457", date(2026, 1, 1)), ("99457", date(2026, 1, 31))
    ]  # fmt: skip
    without_a_call = replace(facts, contacts=facts.contacts[1:])
    assert [line for line in lines(without_a_call, rolling) if line[0] == "99457"] == [("99457", date(2026, 1, 31))]


@pytest.mark.parametrize(
    ("start", "dos", "codes"),
    [
        pytest.param(date(2026, 1, 31), date(2026, 3, 1), ["99454x1"], id="its thirty days end the day before"),
        pytest.param(date(2026, 2, 1), date(2026, 3, 2), [], id="they end on the first day of this window"),
        pytest.param(date(2026, 1, 31), date(2026, 2, 5), ["99454x1"], id="ended early, thirty days over"),
        pytest.param(date(2026, 2, 1), date(2026, 2, 5), [], id="ended early, thirty days not over"),
    ],
)
def test_one_supply_in_thirty_days_also_after_an_early_end(start, dos, codes):
    """The period of a claim covers thirty days from its start, even if monitoring ended early in it."""
    window = a_period(20, start=date(2026, 3, 2), end=date(2026, 3, 31))
    facts = a_month(device_periods=(window,), other_claims=(OtherClaim("99445", True, dos, start),))

    assert billed(facts) == codes


@pytest.mark.parametrize(("assistant", "modifiers"), [(133, ("GP",)), (134, ("GP", "CQ"))])
def test_an_assistant_may_furnish_a_tenth_without_a_modifier(assistant, modifiers):
    """133 of 1333 seconds are 9.98 percent, 134 of 1334 are 10.04."""
    facts = a_month(
        program="RTM", rtm_system="musculoskeletal", therapy_plan="PT", contacts=(a_call(role="therapist"),),
        time=(a_slice(1200, role="therapist", n=1), a_slice(assistant, role="therapist_assistant", n=2)),
    )  # fmt: skip
    (line,) = decide(facts, MEDICARE).lines

    assert line.modifiers == modifiers


@pytest.mark.parametrize(
    ("role", "plan", "provider", "billable"),
    [
        ("therapist", "", "therapist", False),
        ("therapist", "PT", "therapist", True),
        ("therapist", "", "physician", False),
        ("physician", "", "physician", True),
    ],
)
def test_therapists_bill_only_under_a_plan_of_care(role, plan, provider, billable):
    facts = a_month(
        program="RTM", rtm_system="musculoskeletal", therapy_plan=plan, billing_provider_role=provider,
        contacts=(a_call(role=role, person="P1"),), time=(a_slice(1200, role=role, person="P1"),),
    )  # fmt: skip

    assert billed(facts) == (["98980x1"] if billable else [])
    assert ("THERAPY_PLAN_MISSING" in reasons(facts)) is not billable


@pytest.mark.parametrize(
    ("used", "units", "reason"),
    [
        (0, 3, "UNITS_CAPPED_MUE"),
        (2, 3, None),
        (3, 2, "UNITS_CAPPED_YEAR"),
        (4, 1, "UNITS_CAPPED_YEAR"),
        (5, 0, "ANNUAL_CAP_REACHED"),
        (9, 0, "ANNUAL_CAP_REACHED"),
    ],
)
def test_a_cap_of_the_year_counts_units_and_spares_the_base_code(used, units, reason):
    facts = a_month(
        time=(a_slice(6000),), contacts=(a_call(),), other_claims=(OtherClaim("99458", True, date(2026, 1, 31), None, used),)
    )  # fmt: skip
    policy = with_departures_of(annual_unit_caps={"99458": 5})

    assert billed(facts, policy) == ["99457x1", *([f"99458x{units}"] if units else [])]
    assert reason is None or reason in reasons(facts, policy)


@pytest.mark.parametrize(
    ("month", "billable"), [((2025, 12, 31), True), ((2026, 1, 1), False), ((2026, 12, 31), False)]
)
def test_a_cap_of_the_year_counts_the_units_of_that_calendar_year(month, billable):
    facts = a_month(
        time=(a_slice(1200),), contacts=(a_call(),), other_claims=(OtherClaim("99457", True, date(*month)),)
    )

    assert billed(facts, with_departures_of(annual_unit_caps={"99457": 1})) == (["99457x1"] if billable else [])


@pytest.mark.parametrize(
    ("code", "cap", "seconds", "units"),
    [
        ("98981", None, 1200 * 5, 3),
        ("98981", 2, 1200 * 5, 2),
        ("98981", None, 1200 * 4, 3),
        ("98981", None, 1200 * 3, 2),
    ],
)
def test_unit_edits_limit_every_add_on(code, cap, seconds, units):
    facts = a_month(
        program="RTM", rtm_system="respiratory", time=(a_slice(seconds, role="physician", person="P1"),),
        contacts=(a_call(role="physician", person="P1"),),
    )  # fmt: skip
    policy = with_departures_of(units_cap={code: cap}) if cap else MEDICARE

    assert billed(facts, policy) == ["98980x1", f"{code}x{units}"]


def test_caps_hold_for_care_management_too():
    facts = a_month(other_time=(OtherTime("CCM", "clinical_staff", 1200 * 9),))

    assert [(line.code, line.units) for line in decide(facts, MEDICARE).other_lines] == [("99490", 1), ("99439", 2)]
    capped = with_departures_of(annual_unit_caps={"99490": 0})
    assert decide(facts, capped).other_lines == (), "an add-on is not billed without its base"


@pytest.mark.parametrize(("code", "blocked"), [("95250", True), ("99495", False), ("99484", False)])
def test_other_services_of_the_month_that_are_rivals(code, blocked):
    facts = replace(WORKED, other_claims=(OtherClaim(code, True, date(2026, 3, 4)),))

    assert (("99454", date(2026, 3, 11)) not in lines(facts)) is blocked
    assert ("99457", date(2026, 3, 31)) in lines(facts)


@pytest.mark.parametrize("other", ["99457", "99490"])
def test_self_measured_pressure_is_not_reported_beside_a_code_on_file_that_excludes_it(other):
    measured = SelfMeasured(readings=14, plan_sent_on=date(2026, 3, 20))
    on_file = a_month(self_measured=measured, other_claims=(OtherClaim(other, True, date(2026, 3, 31)),))

    assert decide(on_file, MEDICARE).other_lines == ()
    assert [line.code for line in decide(a_month(self_measured=measured), MEDICARE).other_lines] == ["99474"]


@pytest.mark.parametrize(("recorded_on", "dos"), [(date(2026, 3, 27), date(2026, 3, 27)), (None, date(2026, 3, 30))])
def test_the_last_recorded_day_is_the_date_of_service_if_the_payer_asks_for_it(recorded_on, dos):
    facts = a_month(device_periods=(a_period(18, last_recorded_on=recorded_on),))

    assert lines(facts, with_departures_of(device_dos="last_recorded_day")) == [("99454", dos)]
    assert lines(facts) == [("99454", date(2026, 3, 30))]


def last_recorded(*more):
    """Medicare with the last recorded day as date of service, and further departures."""
    first = {"key": "device_dos", "value": "last_recorded_day", "from": "2019-01-01", "source": "letter"}
    return MEDICARE.with_departures([first, *more], name="own")


@pytest.mark.parametrize(("recorded_on", "supplied"), [(date(2026, 3, 24), True), (date(2026, 3, 25), False)])
def test_a_supply_dated_on_its_last_recorded_day_is_decided_by_the_rules_of_that_day(recorded_on, supplied):
    """From Mar 25 the payer covers diabetes only; the period closes on Mar 30."""
    scope = {"key": "diagnosis_scope", "value": ["E11"], "from": "2026-03-25", "source": "letter"}
    facts = a_month(device_periods=(a_period(18, last_recorded_on=recorded_on),))
    assert lines(facts, last_recorded(scope)) == ([("99454", recorded_on)] if supplied else [])


@pytest.mark.parametrize(
    ("days_read", "recorded_on", "expected"),
    [
        (16, date(2025, 12, 31), [("99454", date(2025, 12, 31))]),
        (15, date(2025, 12, 31), []),
        (15, date(2026, 1, 1), [("99445", date(2026, 1, 1))]),
    ],
)
def test_the_threshold_of_a_supply_is_that_of_its_date_of_service(days_read, recorded_on, expected):
    """Dec 16 to Jan 14: in 2025 fewer than 16 days earn nothing, from 2026 they earn 99445."""
    period = a_period(days_read, start=date(2025, 12, 16), end=date(2026, 1, 14), last_recorded_on=recorded_on)
    assert lines(a_month(month=1, device_periods=(period,)), last_recorded()) == expected


def test_the_rule_of_the_last_recorded_day_itself_decides_whether_it_is_the_date_of_service():
    """The instruction begins on Mar 26: a day before it is no date of service, the period's last day is."""
    begins = {"key": "device_dos", "value": "last_recorded_day", "from": "2026-03-26", "source": "letter"}
    policy = MEDICARE.with_departures([begins], name="own")
    for recorded_on, dos in ((date(2026, 3, 25), date(2026, 3, 30)), (date(2026, 3, 26), date(2026, 3, 26))):
        facts = a_month(device_periods=(a_period(18, last_recorded_on=recorded_on),))
        assert lines(facts, policy) == [("99454", dos)]


def test_set_up_keeps_the_last_day_of_its_period_as_date_of_service():
    facts = a_month(
        device_periods=(a_period(18, last_recorded_on=date(2026, 3, 24)),), setup_education_done=True,
        setup_on=date(2026, 3, 1), setup_billed_in_episode=False,
    )  # fmt: skip
    assert lines(facts, last_recorded()) == [("99453", date(2026, 3, 30)), ("99454", date(2026, 3, 24))]


@pytest.mark.parametrize(("ours", "flagged"), [(True, True), (False, False)])
def test_set_up_of_a_new_episode_is_looked_at_if_one_was_billed_before(ours, flagged):
    facts = a_month(
        device_periods=(a_period(18),), setup_education_done=True, setup_billed_in_episode=False,
        other_claims=(OtherClaim("99453", ours, date(2025, 6, 30)),),
    )  # fmt: skip
    decision = decide(facts, MEDICARE)
    assert ("99453", date(2026, 3, 30)) in lines(facts)
    assert ("SETUP_OF_EARLIER_EPISODE" in {finding.code for finding in decision.findings}) is flagged


@pytest.mark.parametrize(("level", "flagged"), [("general", False), ("direct", True), ("personal", True)])
def test_a_payer_that_asks_for_supervision_in_person_has_staff_time_checked(level, flagged):
    facts = a_month(time=(a_slice(1200),), contacts=(a_call(),))

    assert ("SUPERVISION_IN_PERSON" in reasons(facts, with_departures_of(supervision=level))) is flagged


spans = st.lists(
    st.tuples(st.integers(-40, 32), st.integers(0, 40)).map(
        lambda pair: InForce(date(2026, 3, 1) + timedelta(days=pair[0]), date(2026, 3, 1) + timedelta(days=sum(pair)))
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(spans, spans, st.sampled_from(["orders", "consents"]))
def test_another_document_removes_no_line_that_was_earned(before, more, kind):
    """More days with an order or consent earn as much or more: no code is lost, unless a better one takes its place."""
    facts = replace(WORKED, **{kind: (days((2, 1), (2, 10)), *before)})
    added = replace(WORKED, **{kind: (*getattr(facts, kind), *more)})
    better = {"99445": {"99445", "99454"}, "99470": {"99470", "99457"}}

    codes = {code for code, _ in lines(added)}
    for code, on in lines(facts):
        assert codes & better.get(code, {code}), (code, on)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 31),
    st.sampled_from(
        [STRICT, with_departures_of(diagnosis_scope=["E11"]), with_departures_of(device_window="calendar_month")]
    ),
)
def test_a_later_change_of_policy_changes_no_line_dated_before_it(day, later):
    first = date(2026, 3, day)
    policy = terms(
        [(date(2019, 1, 1), first - timedelta(days=1), MEDICARE), (first, date.max, later)],
        otherwise=STRICT,
        named_on=date(2026, 3, 31),
    )

    assert [line for line in lines(WORKED, policy) if line[1] < first] == [line for line in EARNED if line[1] < first]


@settings(max_examples=100, deadline=None)
@given(st.integers(-20, 31), st.integers(0, 20), st.integers(0, 40))
def test_a_later_order_changes_no_line_dated_before_it(last, gap, length):
    ended = date(2026, 3, 1) + timedelta(days=last)
    facts = replace(WORKED, orders=(InForce(date(2026, 2, 1), ended),))
    begins = ended + timedelta(days=1 + gap)
    renewed = replace(facts, orders=(*facts.orders, InForce(begins, begins + timedelta(days=length))))

    # A code may be dated later or be replaced by a better one; it is never lost.
    assert len(lines(renewed)) >= len(lines(facts))


@pytest.mark.parametrize(("died", "codes"), [((3, 4), ["99454"]), ((3, 5), ["99454", "99457"]), ((2, 28), [])])
def test_nothing_after_the_death_counts(died, codes):
    facts = replace(WORKED, died_on=date(2026, *died))

    assert [code for code, _ in lines(facts)] == codes
    assert all(on <= date(2026, *died) for _, on in lines(facts))
    assert ("RECORDED_AFTER_DEATH" in reasons(facts)) is (died != (3, 5))


@pytest.mark.parametrize(
    ("began", "seen_on", "codes"),
    [
        (date(2026, 1, 5), date(2023, 1, 5), 2),
        (date(2026, 1, 5), date(2023, 1, 4), 0),
        (date(2024, 2, 29), date(2021, 2, 28), 2),
        (date(2024, 2, 29), date(2021, 2, 27), 0),
        (date(2026, 1, 5), date(2015, 1, 2), 0),
    ],
)
def test_established_means_seen_within_three_years_before_the_service_began(began, seen_on, codes):
    facts = replace(WORKED, enrolled=(InForce(began),), established_on=seen_on)

    assert len(lines(facts)) == codes
    assert ("ESTABLISHED_VISIT_TOO_OLD" in reasons(facts)) is (codes == 0)


@pytest.mark.parametrize(
    ("last", "flagged"),
    [((2, 9), set()), ((2, 10), {"device"}), ((2, 28), {"device"}), ((3, 1), {"all"}), (None, {"all"})],
)
def test_monitoring_by_another_practice_is_flagged_in_the_services_that_it_overlaps(last, flagged):
    facts = replace(WORKED, monitored_elsewhere=(days(None, last),))
    decision = decide(facts, MEDICARE)
    found = {f.component for f in decision.findings if f.code.startswith("OTHER_PRACTITIONER_MONITOR")}

    assert found - {"setup"} == flagged
    assert ("NO_OTHER_PRACTITIONER" in reasons(facts)) is ("all" not in flagged)
    assert len(decision.lines) == 2


KINDS = [
    "orders",
    "consents",
    "enrolled",
    "devices",
    "coverages",
    "pauses",
    "provider_in_practice",
    "monitored_elsewhere",
]


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(KINDS), spans | st.just([days((2, 1))]) | st.just([]), max_size=4),
    st.sampled_from([None, date(2026, 3, 11), date(2026, 3, 12), date(2026, 4, 1)]),
    st.sampled_from([None, 2, 3]),
)
def test_the_usual_month_is_decided_in_short_with_the_same_result(rows, seen_on, months):
    kinds = {kind: tuple(row._replace(id="7") for row in found) for kind, found in rows.items()}
    facts = replace(WORKED, established_on=seen_on, setup_education_done=True, setup_billed_in_episode=False, **kinds)
    policy = with_departures_of(consent_valid_months=months) if months else MEDICARE
    short = decide(facts, policy)
    with patch.object(services, "_same_for_all", return_value=False):
        assert decide(facts, policy) == short


def test_a_condition_that_only_management_lacks_is_its_status():
    """The cuff came back on February 28: the window is earned, and March has no device."""
    facts = replace(WORKED, devices=(days((2, 10), (2, 28)),), time=(a_slice(300, on=date(2026, 3, 5)),))
    statuses = outlook(decide(facts, MEDICARE), today=date(2026, 3, 20), last_day=date(2026, 3, 31))

    assert [(status.component, status.word) for status in statuses] == [
        ("device", "Ready"),
        ("device", "Needs"),
        ("management", "Blocked"),
    ]
