"""Edge cases of the rules: service days, early ends, other claims' windows, refused values."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from billing.review.code_status import outlook
from billing.rules import Gravity, PolicyError, decide, load_preset
from billing.rules.case import Case
from billing.rules.codes_loader import load_codes
from billing.rules.fact_rows import DayRead, OtherClaim, OtherTime, TimeSlice
from billing.rules.forecast import Chance, chances
from billing.rules.policy import check_value
from billing.rules.time_counting import count_time
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice, billed, reasons

FAR = date(2026, 3, 10)


def timed(start, end, *, n=1, role="clinical_staff", person="N1", **more):
    begins, ends = datetime.fromisoformat(start).replace(tzinfo=UTC), datetime.fromisoformat(end).replace(tzinfo=UTC)
    return TimeSlice(f"t{n}", role, person, int((ends - begins).total_seconds()), begins, ends, **more)


def count_for(**facts):
    return count_time(Case(a_month(**facts), MEDICARE, load_codes()))


def with_departures_of(**values):
    rows = [{"key": key, "value": value, "from": "2019-01-01", "source": "t"} for key, value in values.items()]
    return MEDICARE.with_departures(rows, name="t")


@pytest.mark.parametrize(
    ("facts", "seconds", "left_out"),
    [
        pytest.param({}, 1200, {}, id="all of twenty minutes over midnight of the 10th"),
        pytest.param({"order_on": date(2026, 3, 10)}, 1200, {}, id="order of the same day"),
        pytest.param(
            {"order_on": date(2026, 3, 11)}, 600, {"TIME_BEFORE_SERVICE": 600}, id="order of the next day: half"
        ),
        pytest.param(
            {"consent_on": date(2026, 3, 12)}, 0, {"TIME_BEFORE_SERVICE": 1200}, id="consent a day later: nothing"
        ),
        pytest.param({"discharged_on": date(2026, 3, 11)}, 1200, {}, id="discharged the day it ended"),
        pytest.param(
            {"discharged_on": date(2026, 3, 10)}, 600, {"TIME_AFTER_SERVICE": 600}, id="the day it began: half"
        ),
        pytest.param(
            {"discharged_on": date(2026, 3, 9)}, 0, {"TIME_AFTER_SERVICE": 1200}, id="the day before: nothing"
        ),
    ],
)
def test_an_interval_is_cut_to_the_days_of_service(facts, seconds, left_out):
    counted = count_for(time=(timed("2026-03-10T23:50:00", "2026-03-11T00:10:00"),), **facts)

    assert (counted.seconds, counted.left_out) == (seconds, left_out)


@pytest.mark.parametrize(
    ("on", "seconds", "left_out"),
    [
        (date(2026, 3, 4), 0, {"TIME_BEFORE_SERVICE": 300}),
        (date(2026, 3, 5), 300, {}),
        (date(2026, 3, 20), 300, {}),
        (date(2026, 3, 21), 0, {"TIME_AFTER_SERVICE": 300}),
        (None, 300, {}),
        (date(2026, 2, 28), 0, {}),
        (date(2026, 4, 1), 0, {}),
    ],
)
def test_untimed_minutes_follow_their_day(on, seconds, left_out):
    counted = count_for(time=(a_slice(300, on=on),), order_on=date(2026, 3, 5), discharged_on=date(2026, 3, 20))

    assert (counted.seconds, counted.left_out) == (seconds, left_out)


def test_every_second_is_counted_or_named():
    """Logged time is billed time plus the time left out for named reasons, to the second."""
    time = (
        timed("2026-03-04T10:00:00", "2026-03-04T10:10:00", n=1),
        timed("2026-03-04T10:05:00", "2026-03-04T10:20:00", n=2, role="physician", person="P1"),
        timed("2026-03-05T10:00:00", "2026-03-05T10:01:00", n=3, role="non_clinical", person="A1"),
        timed("2026-03-06T10:00:00", "2026-03-06T10:02:00", n=4, counts=False),
        timed("2026-03-07T10:00:00", "2026-03-07T10:03:00", n=5, within_em_visit=True),
        timed("2026-03-08T10:00:00", "2026-03-08T10:04:00", n=6, also_counted_in="CCM"),
    )
    counted = count_for(time=time)

    assert counted.seconds == 20 * 60
    assert counted.staff_seconds == 5 * 60, "shared minutes are the physician's"
    assert counted.left_out == {
        "OVERLAP_TIME_DEDUPED": 5 * 60 + 4 * 60,
        "NON_CLINICAL_TIME_EXCLUDED": 60,
        "NON_BILLABLE_ACTIVITY": 120,
        "EM_TIME_EXCLUDED": 180,
    }
    assert counted.evidence == ["t2", "t1"]
    assert counted.seconds + sum(counted.left_out.values()) == sum(item.seconds for item in time)


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([(0, 10), (10, 20)], 20), ([(0, 10), (5, 8)], 10), ([(0, 10), (20, 30), (5, 25)], 30), ([(5, 25), (0, 30)], 30),
        ([(0, 10), (0, 10), (0, 10)], 10), ([(0, 5), (2, 7), (6, 9)], 9),
    ],
)  # fmt: skip
def test_overlapping_time_of_several_people_is_merged(spans, seconds):
    zero = datetime(2026, 3, 4, 10, tzinfo=UTC)
    time = tuple(
        TimeSlice(f"t{n}", "clinical_staff", f"N{n}", b - a, zero + timedelta(seconds=a), zero + timedelta(seconds=b))
        for n, (a, b) in enumerate(spans)
    )

    assert count_for(time=time).seconds == seconds


def finding(facts, code, policy=MEDICARE):
    return next(f for f in decide(facts, policy).findings if f.code == code)


def test_an_early_end_asks_for_a_review_and_names_its_days():
    facts = a_month(device_periods=(a_period(10, terminated_on=date(2026, 3, 16)),))
    early_close = finding(facts, "EARLY_CLOSE")

    assert (early_close.component, early_close.gravity, early_close.parameter) == (
        "device",
        Gravity.REVIEW,
        "early_close_billable",
    )
    assert early_close.sentence.startswith(
        "Monitoring ended on Mar 16, 2026, before the 30-day period was complete (Mar 30, 2026)."
    )
    whole = a_month(device_periods=(a_period(10, terminated_on=date(2026, 3, 30)),))
    assert "EARLY_CLOSE" not in reasons(whole)


def test_a_payer_of_whole_periods_gets_both_reason_and_date():
    facts = a_month(device_periods=(a_period(10, terminated_on=date(2026, 3, 16)),))
    policy = with_departures_of(early_close_billable=False)

    assert billed(facts, policy) == []
    assert finding(facts, "EARLY_CLOSE_NOT_PAID", policy).sentence == (
        "Monitoring ended on Mar 16, 2026, before the 30-day period that began on Mar 1, 2026 was complete. "
        "This payer pays for complete periods only."
    )
    assert finding(facts, "DEVICE_PERIOD_OPEN", policy).sentence.startswith(
        "The device period from Mar 1, 2026 through Mar 30, 2026 is still open, with 10 days"
    )
    device = [status for status in outlook(decide(facts, policy), today=date(2026, 3, 20), last_day=date(2026, 3, 31))
              if status.component == "device"]  # fmt: skip
    assert [(status.word, status.text) for status in device] == [
        ("Blocked", finding(facts, "EARLY_CLOSE_NOT_PAID", policy).sentence)
    ], "a period that ended early runs no more"


@pytest.mark.parametrize(("order_on", "codes"), [(date(2026, 3, 1), ["99454x1"]), (date(2026, 3, 2), [])])
def test_a_given_period_before_the_order_is_blocked(order_on, codes):
    facts = a_month(device_periods=(a_period(20),), order_on=order_on)

    assert billed(facts) == codes
    if not codes:
        blocker = finding(facts, "DEVICE_PERIOD_BEFORE_ORDER")
        assert blocker.gravity is Gravity.BLOCKS
        assert "began on Mar 1, 2026" in blocker.sentence
        assert "both in effect (Mar 2, 2026)" in blocker.sentence


def test_a_period_across_two_years_asks_for_a_review():
    facts = a_month(year=2026, month=1, device_periods=(a_period(20, start=date(2025, 12, 10), end=date(2026, 1, 8)),))
    warning = finding(facts, "PERIOD_STRADDLES_RULE_YEAR")

    assert warning.gravity is Gravity.REVIEW
    assert warning.sentence.startswith("The device period from Dec 10, 2025 through Jan 8, 2026 crosses into")
    assert billed(facts) == ["99454x1"]


@pytest.mark.parametrize(
    ("claim", "blocked"),
    [
        (OtherClaim("99445", True, date(2026, 3, 30), date(2026, 3, 1)), True),
        (OtherClaim("99454", True, date(2026, 3, 1), date(2026, 1, 31)), True),
        (OtherClaim("99454", True, date(2026, 2, 28), date(2026, 1, 30)), False),
        (OtherClaim("99454", True, date(2026, 4, 29), date(2026, 3, 31)), False),
        (OtherClaim("99454", True, date(2026, 3, 1)), True),
        (OtherClaim("99454", True, date(2026, 2, 28)), False),
        (OtherClaim("99454", True, date(2026, 3, 31)), False),
        (OtherClaim("99457", True, date(2026, 3, 30)), False),
        (OtherClaim("98977", True, date(2026, 2, 20)), False),
    ],
)
def test_days_are_billed_in_one_period_only(claim, blocked):
    facts = a_month(device_periods=(a_period(20),), other_claims=(claim,))

    assert billed(facts) == ([] if blocked else ["99454x1"])
    if blocked:
        blocker = finding(facts, "DEVICE_CODE_ALREADY_BILLED_FOR_PERIOD")
        assert f"{claim.code} was already billed" in blocker.sentence
        assert "now support 99454" in blocker.sentence


@pytest.mark.parametrize(
    ("claim", "blocked"),
    [
        (OtherClaim("99454", False, date(2026, 3, 31)), True),
        (OtherClaim("99454", False, date(2026, 3, 29), date(2026, 2, 28)), True),
        (OtherClaim("99454", False, date(2026, 2, 28), date(2026, 1, 30)), False),
        (OtherClaim("99454", False, date(2026, 4, 15)), True),
        (OtherClaim("99454", False, date(2026, 4, 29)), False),
        (OtherClaim("99454", False, date(2026, 4, 28), date(2026, 3, 30)), True),
        (OtherClaim("99454", False, date(2026, 4, 29), date(2026, 3, 31)), False),
        (OtherClaim("99457", False, date(2026, 2, 28)), False),
        (OtherClaim("99457", False, date(2026, 3, 1)), True),
        (OtherClaim("99091", False, date(2026, 3, 5)), True),
        (OtherClaim("99490", False, date(2026, 3, 5)), False),
        (OtherClaim("12345", False, date(2026, 3, 5)), False),
    ],
)
def test_another_practices_claim_blocks_if_it_shares_days_with_ours(claim, blocked):
    facts = a_month(device_periods=(a_period(20),), other_claims=(claim,))

    assert ("OTHER_PRACTITIONER_BILLED" in reasons(facts)) is blocked
    assert ("NO_OTHER_PRACTITIONER" in reasons(facts)) is not blocked
    assert billed(facts) == ([] if blocked else ["99454x1"])


@pytest.mark.parametrize(
    ("dos", "apart", "blocked"),
    [
        (date(2026, 3, 1), 0, True), (date(2026, 3, 31), 0, True), (date(2026, 2, 28), 0, False), (date(2026, 4, 1), 0, False),
        (date(2026, 2, 28), 31, False), (date(2026, 2, 28), 32, True), (date(2026, 4, 30), 60, False),
    ],
)  # fmt: skip
def test_management_is_billed_once_a_month_and_at_the_payers_interval(dos, apart, blocked):
    facts = a_month(time=(a_slice(1200),), contacts=(a_call(),), other_claims=(OtherClaim("99470", True, dos),))

    assert billed(facts, with_departures_of(management_min_interval_days=apart)) == ([] if blocked else ["99457x1"])


def test_self_measured_pressure_blocks_supply_and_set_up():
    facts = a_month(
        device_periods=(a_period(20),), time=(a_slice(1200),), contacts=(a_call(),), setup_billed_in_episode=False,
        setup_education_done=True, other_claims=(OtherClaim("99474", True, date(2026, 3, 12)),),
    )  # fmt: skip

    assert billed(facts) == ["99457x1"]
    assert billed(replace(facts, other_claims=(OtherClaim("99474", False, date(2026, 3, 12)),))) == [
        "99453x1",
        "99454x1",
        "99457x1",
    ]


@pytest.mark.parametrize(
    ("given", "month", "blocked"),
    [(date(2025, 3, 31), 12, True), (date(2025, 4, 1), 12, False), (date(2020, 1, 1), None, False)],
)
def test_consent_may_expire(given, month, blocked):
    policy = with_departures_of(consent_valid_months="none" if month is None else month)
    facts = a_month(device_periods=(a_period(20),), consent_on=given)

    assert ("CONSENT_EXPIRED" in reasons(facts, policy)) is blocked


def test_an_authorization_is_required_if_the_payer_requires_one():
    facts = a_month(device_periods=(a_period(20),))

    assert billed(facts, with_departures_of(prior_auth_required=True)) == []
    assert billed(replace(facts, prior_auth_present=True), with_departures_of(prior_auth_required=True)) == ["99454x1"]


@pytest.mark.parametrize(
    ("kind", "present", "codes"),
    [("order", True, []), ("order_or_care_plan", True, ["99454x1"]), ("order_or_care_plan", False, [])],
)
def test_a_care_plan_replaces_the_order_only_if_the_payer_accepts_it(kind, present, codes):
    facts = a_month(device_periods=(a_period(20),), order_present=False, care_plan_present=present)

    assert billed(facts, with_departures_of(order_kind=kind)) == codes


@pytest.mark.parametrize(
    ("rule", "program", "codes"), [("any", "RTM", ["98976x1"]), ("fda_defined", "RTM", []), ("any", "RPM", [])]
)
def test_only_rtm_may_use_any_device_if_the_payer_accepts_it(rule, program, codes):
    facts = a_month(
        program=program,
        rtm_system="respiratory" if program == "RTM" else "",
        device_qualified=False,
        device_periods=(a_period(20),),
    )

    assert billed(facts, with_departures_of(rtm_device_rule=rule)) == codes


@pytest.mark.parametrize(
    ("scope", "code", "codes"),
    [
        (["I50"], "I50.22", ["99454x1"]),
        (["I50.2"], "I50.22", ["99454x1"]),
        (["I50.3"], "I50.22", []),
        (["I10", "E11"], "E11.65", ["99454x1"]),
    ],
)
def test_a_payer_may_cover_only_diagnoses_with_certain_roots(scope, code, codes):
    assert (
        billed(a_month(device_periods=(a_period(20),), diagnosis=code), with_departures_of(diagnosis_scope=scope))
        == codes
    )


def test_annual_caps_count_the_year_of_service():
    policy = with_departures_of(annual_unit_caps={"99454": 2})
    two = tuple(
        OtherClaim("99454", True, date(2026, month, 1), date(2026, month, 1) - timedelta(days=29)) for month in (1, 2)
    )
    facts = a_month(device_periods=(a_period(20, start=date(2026, 3, 2), end=date(2026, 3, 31)),), other_claims=two)

    assert billed(facts, policy) == []
    assert (
        finding(facts, "ANNUAL_CAP_REACHED", policy).sentence
        == "This payer pays 99454 2 times per year; 2 are already billed in 2026."
    )
    assert billed(replace(facts, other_claims=two[:1]), policy) == ["99454x1"]


@pytest.mark.parametrize(("unit", "codes"), [("episode", ["99454x1"]), ("device", ["99453x1", "99454x1"])])
def test_a_second_set_up_in_an_episode_only_if_the_payer_counts_devices(unit, codes):
    facts = a_month(device_periods=(a_period(20),), setup_education_done=True)

    assert billed(facts, with_departures_of(setup_unit=unit)) == codes


@pytest.mark.parametrize(("need", "codes"), [(20, ["99453x1", "99454x1"]), (21, ["99454x1"])])
def test_a_payer_may_set_its_own_days_for_set_up(need, codes):
    facts = a_month(device_periods=(a_period(20),), setup_education_done=True, setup_billed_in_episode=False)

    assert billed(facts, with_departures_of(setup_min_days=need)) == codes


@pytest.mark.parametrize(
    ("event", "setup_on", "ends"),
    [
        ("first_reading", None, date(2026, 3, 31)),
        ("setup_date", date(2026, 2, 25), date(2026, 3, 26)),
        ("setup_date", None, date(2026, 3, 31)),
        ("fixed_day", None, date(2026, 3, 21)),
    ],
)
def test_the_first_window_begins_with_the_event_the_payer_names(event, setup_on, ends):
    days = tuple(DayRead(date(2026, 3, 2) + timedelta(days=n), True, False) for n in range(28))
    facts = a_month(device_periods=None, days_read=days, order_on=date(2026, 2, 20), setup_on=setup_on)

    assert [line.dos for line in decide(facts, with_departures_of(device_anchor_event=event)).lines] == [ends]


@pytest.mark.parametrize(
    ("began", "start"),
    [(date(2026, 2, 10), date(2026, 3, 1)), (date(2026, 3, 9), date(2026, 3, 9)), (date(2026, 4, 2), None)],
)
def test_a_calendar_window_is_the_month_from_the_start_of_readings(began, start):
    days = tuple(DayRead(began + timedelta(days=n), True, False) for n in range(40))
    facts = a_month(device_periods=None, days_read=days)
    windows = Case(facts, with_departures_of(device_window="calendar_month"), load_codes()).windows

    assert [(w.start, w.end) for w in windows] == ([] if start is None else [(start, date(2026, 3, 31))])


def test_a_range_of_dates_is_sent_if_the_payer_requires_one():
    (line,) = decide(a_month(device_periods=(a_period(20),)), with_departures_of(device_dos="period_range")).lines

    assert (line.dos_from, line.dos) == (date(2026, 3, 1), date(2026, 3, 30))


@pytest.mark.parametrize(("contact", "codes"), [(date(2026, 3, 5), ["99457x1"]), (date(2026, 3, 31), [])])
def test_management_may_follow_the_device_period(contact, codes):
    facts = a_month(
        device_periods=(a_period(1, start=date(2026, 2, 15), end=date(2026, 3, 16)),), time=(a_slice(1200, on=date(2026, 2, 20)),),
        contacts=(a_call(contact),),
    )  # fmt: skip

    assert billed(facts, with_departures_of(management_period="rolling_30")) == codes
    assert "MGMT_PERIOD_OPEN" in reasons(
        replace(facts, device_periods=()), with_departures_of(management_period="rolling_30")
    )


@pytest.mark.parametrize(
    ("live_by", "role", "person", "codes"),
    [
        ("billing_provider", "physician", "P1", ["99457x1"]), ("billing_provider", "physician", "P2", []),
        ("billing_provider", "non_clinical", "P1", []), ("physician_or_qhp", "qhp", "Q1", ["99457x1"]),
        ("physician_or_qhp", "clinical_staff", "N1", []), ("care_team", "clinical_staff", "N1", ["99457x1"]),
        ("care_team", "non_clinical", "A1", []),
    ],
)  # fmt: skip
def test_the_conversation_must_be_with_a_required_person(live_by, role, person, codes):
    facts = a_month(time=(a_slice(1200),), contacts=(a_call(role=role, person=person),))

    assert billed(facts, with_departures_of(live_by=live_by)) == codes


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("short_supply_codes_enabled", True, True), ("max_units_99458", 2, 2), ("max_units_99458", "none", None),
        ("max_units_99458", None, None), ("max_units_99458", 0, 0), ("live_by", "care_team", "care_team"),
        ("live_channels", ["phone"], ("phone",)), ("diagnosis_scope", "any", "any"), ("diagnosis_scope", ["I10"], ("I10",)),
        ("units_cap", {"98981": 2}, {"98981": 2}),
    ],
)  # fmt: skip
def test_values_are_converted_by_the_type_of_their_parameter(key, value, expected):
    assert check_value("x", key, value) == expected


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("short_supply_codes_enabled", 1, "true or false"), ("short_supply_codes_enabled", None, "empty"),
        ("max_units_99458", True, "a whole number"), ("max_units_99458", -1, "a whole number"), ("max_units_99458", 1.5, "a whole number"),
        ("live_by", "nobody", "care_team"), ("live_channels", [], "phone"), ("live_channels", ["fax"], "phone"),
        ("live_channels", "phone", "phone"), ("diagnosis_scope", [], "any"), ("diagnosis_scope", [""], "any"),
        ("diagnosis_scope", [7], "any"), ("units_cap", {"98981": -1}, "code = number"), ("units_cap", {"98981": True}, "code = number"),
        ("units_cap", ["98981"], "code = number"), ("live_bye", "care_team", "live_by"), ("zzz", 1, "not a parameter"),
    ],
)  # fmt: skip
def test_refused_values_are_named_with_the_allowed_ones(key, value, message):
    with pytest.raises(PolicyError) as refusal:
        check_value("here", key, value)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith("here: ")
    assert key in str(refusal.value)


def test_the_forecast_is_exact_in_every_part():
    days = tuple(DayRead(date(2026, 3, 10) + timedelta(days=n), True, False) for n in range(7))
    facts = a_month(device_periods=None, days_read=days, as_of=date(2026, 3, 19), time=(a_slice(90),))
    month_end = date(2026, 3, 31)

    assert chances(decide(facts, MEDICARE), today=date(2026, 3, 20)) == [
        Chance("device", "99454", 9, "days", month_end),
        Chance("management", "99470", 510, "seconds", month_end),
        Chance("management", "99457", 1110, "seconds", month_end),
        Chance("management", "", 1, "live call", month_end),
    ]
    done = replace(
        facts, days_read=tuple(DayRead(date(2026, 3, 1) + timedelta(days=n), True, False) for n in range(16)), as_of=FAR
    )
    assert [c for c in chances(decide(done, MEDICARE), today=FAR) if c.component == "device"] == []


def test_presets_and_views_are_cached():
    assert load_preset("strict_provider_only") is STRICT
    assert MEDICARE.view(FAR) is MEDICARE.view(FAR)
    assert MEDICARE != STRICT
    assert MEDICARE == MEDICARE


def test_an_assistants_part_counts_also_after_the_therapists_own():
    time = (a_slice(700, role="therapist_assistant", person="T1", n=1), a_slice(700, role="qhp", person="P1", n=2))
    facts = a_month(
        program="RTM", rtm_system="respiratory", therapy_plan="PT", time=time, contacts=(a_call(role="qhp", person="P1"),)
    )  # fmt: skip

    assert [line.modifiers for line in decide(facts, MEDICARE).lines] == [("GP", "CQ")]


def test_care_management_minutes_of_several_entries_add_up():
    own = tuple(OtherTime("CCM", "physician", 900) for _ in range(2))
    shared = (OtherTime("CCM", "clinical_staff", 700), OtherTime("CCM", "physician", 500))

    assert [line.code for line in decide(a_month(other_time=own), MEDICARE).other_lines] == ["99491"]
    assert [line.code for line in decide(a_month(other_time=shared), MEDICARE).other_lines] == ["99490"]


@pytest.mark.parametrize(
    ("given", "expired"), [(date(2025, 4, 1), False), (date(2025, 3, 31), True), (date(2025, 3, 1), True)]
)
def test_the_age_of_a_consent_is_in_whole_months(given, expired):
    facts = a_month(device_periods=(a_period(20),), consent_on=given)

    assert ("CONSENT_EXPIRED" in reasons(facts, with_departures_of(consent_valid_months=12))) is expired


@pytest.mark.parametrize(("as_of", "reported"), [(date(2026, 3, 8), False), (date(2026, 3, 9), True)])
def test_a_window_is_reported_from_the_day_it_begins(as_of, reported):
    # The second window begins on 10 March; on that day as_of is the 9th.
    facts = a_month(
        device_periods=(
            a_period(20, start=date(2026, 2, 8), end=date(2026, 3, 9)),
            a_period(0, start=date(2026, 3, 10), end=date(2026, 4, 8)),
        ),
        as_of=as_of,
    )
    starts = {f.subject for f in decide(facts, MEDICARE).findings if f.component == "device"}

    assert ("2026-03-10" in starts) is reported
