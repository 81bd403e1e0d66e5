"""Values on both sides of every threshold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from billing.rules import decide, load_codes
from billing.rules.fact_rows import DayRead, OtherClaim, TimeSlice
from billing.rules.facts import FactsError
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice, billed, reasons, with_facts

MARCH_2025 = {"year": 2025, "calls": None}


def with_time(seconds, *, year=2026, program="RPM", role="clinical_staff", person="N1"):
    return a_month(
        year=year,
        program=program,
        rtm_system="musculoskeletal" if program == "RTM" else "",
        time=(a_slice(seconds, role=role, person=person),),
        contacts=(a_call(date(year, 3, 10)),),
    )


@pytest.mark.parametrize(
    ("seconds", "codes"),
    [
        pytest.param(599, [], id="9:59 is nothing"),
        pytest.param(600, ["99470x1"], id="10:00 is the first ten"),
        pytest.param(1199, ["99470x1"], id="19:59 is not 20:00"),
        pytest.param(1200, ["99457x1"], id="20:00 is the base, without the first ten"),
        pytest.param(2399, ["99457x1"], id="39:59 has no add-on"),
        pytest.param(2400, ["99457x1", "99458x1"], id="40:00 has one"),
        pytest.param(3599, ["99457x1", "99458x1"], id="59:59"),
        pytest.param(3600, ["99457x1", "99458x2"], id="60:00"),
        pytest.param(4800, ["99457x1", "99458x3"], id="80:00"),
        pytest.param(6000, ["99457x1", "99458x3"], id="100:00 is capped at three"),
    ],
)
def test_rpm_time_from_2026(seconds, codes):
    assert billed(with_time(seconds)) == codes


@pytest.mark.parametrize(
    ("seconds", "codes"),
    [(600, []), (1199, []), (1200, ["99457x1"]), (2399, ["99457x1"]), (2400, ["99457x1", "99458x1"])],
)
def test_rpm_time_through_2025(seconds, codes):
    assert billed(with_time(seconds, year=2025)) == codes


@pytest.mark.parametrize(
    ("seconds", "codes"),
    [(599, []), (600, ["98979x1"]), (1199, ["98979x1"]), (1200, ["98980x1"]), (2400, ["98980x1", "98981x1"])],
)
def test_rtm_time_from_2026(seconds, codes):
    assert billed(with_time(seconds, program="RTM", role="qhp", person="P1")) == codes


def test_rtm_staff_time_does_not_count_by_default():
    facts = with_time(1500, program="RTM")

    assert billed(facts) == []
    assert "STAFF_TIME_EXCLUDED_BY_POLICY" in reasons(facts)


@pytest.mark.parametrize(
    ("days", "codes"),
    [(0, []), (1, []), (2, ["99445x1"]), (15, ["99445x1"]), (16, ["99454x1"]), (30, ["99454x1"])],
)
def test_device_days_from_2026(days, codes):
    assert billed(a_month(device_periods=(a_period(days),))) == codes


@pytest.mark.parametrize(("days", "codes"), [(2, []), (15, []), (16, ["99454x1"])])
def test_device_days_through_2025(days, codes):
    period = a_period(days, start=date(2025, 3, 1), end=date(2025, 3, 30))

    assert billed(a_month(year=2025, device_periods=(period,))) == codes


@pytest.mark.parametrize(("end", "codes"), [(date(2025, 12, 31), []), (date(2026, 1, 1), ["99445x1"])])
def test_a_period_across_the_year_is_decided_by_the_day_it_ends(end, codes):
    period = a_period(10, start=end - timedelta(days=29), end=end)

    assert billed(a_month(year=end.year, month=end.month, device_periods=(period,))) == codes


@pytest.mark.parametrize(("days", "codes"), [(1, []), (2, ["99453x1", "99445x1"]), (16, ["99453x1", "99454x1"])])
def test_set_up_needs_its_days_from_2026(days, codes):
    facts = a_month(setup_billed_in_episode=False, setup_education_done=True, device_periods=(a_period(days),))

    assert billed(facts) == codes


def test_set_up_is_not_billed_without_education():
    facts = a_month(setup_billed_in_episode=False, device_periods=(a_period(20),))

    assert billed(facts) == ["99454x1"]
    assert "SETUP_NOT_DOCUMENTED" in reasons(facts)


def test_a_day_that_no_rule_year_covers_blocks_everything():
    facts = a_month(year=2027, month=1, time=(a_slice(1200),), contacts=(a_call(date(2027, 1, 10)),))
    decision = decide(facts, MEDICARE)

    assert decision.lines == ()
    assert [finding.code for finding in decision.blockers] == ["RULE_YEAR_NOT_LOADED"]
    assert {verdict.outcome for verdict in decision.verdicts} == {"not_enough_facts"}


def test_a_window_that_ends_in_a_year_without_rules_blocks_too():
    period = a_period(16, start=date(2026, 12, 3), end=date(2027, 1, 1))
    facts = a_month(year=2027, month=1, device_periods=(period,))

    assert billed(facts) == []


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ({"order_present": False}, "ORDER_MISSING"),
        ({"order_on": date(2026, 4, 1)}, "ORDER_MISSING"),
        ({"order_ends_on": date(2026, 2, 28)}, "ORDER_MISSING"),
        ({"consent_present": False}, "CONSENT_MISSING"),
        ({"consent_withdrawn_on": date(2026, 2, 28)}, "CONSENT_MISSING"),
        ({"diagnosis": ""}, "DIAGNOSIS_MISSING"),
        ({"patient_established": False}, "PATIENT_NOT_ESTABLISHED"),
        ({"device_qualified": False}, "DEVICE_NOT_FDA_DEFINED"),
        ({"global_period_conflict": True}, "GLOBAL_PERIOD_CONFLICT"),
        ({"other_claims": (OtherClaim("99454", False, date(2026, 3, 20)),)}, "OTHER_PRACTITIONER_BILLED"),
        ({"other_claims": (OtherClaim("98980", True, date(2026, 3, 31)),)}, "RPM_RTM_SAME_MONTH"),
    ],
)
def test_each_missing_condition_blocks_the_whole_program_and_is_named(fact, reason):
    earned = a_month(time=(a_slice(1200),), contacts=(a_call(),), device_periods=(a_period(16),))
    assert billed(earned) == ["99454x1", "99457x1"]

    stopped = with_facts(earned, **fact)

    assert billed(stopped) == []
    assert reason in reasons(stopped)
    assert {v.outcome for v in decide(stopped, MEDICARE).verdicts if v.code in {"99454", "99457"}} == {"blocked"}


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ({"supervision_documented": False}, "SUPERVISION_NOT_DOCUMENTED"),
        ({"contacts": ()}, "MGMT_NO_LIVE_COMMUNICATION"),
        ({"contacts": (a_call(channel="sms"),)}, "MGMT_NO_LIVE_COMMUNICATION"),
        ({"contacts": (a_call(live=False),)}, "MGMT_NO_LIVE_COMMUNICATION"),
        ({"contacts": (a_call(role="non_clinical"),)}, "MGMT_LIVE_COMM_NOT_BY_REQUIRED_PERSON"),
        ({"contacts": (a_call(date(2026, 4, 1)),)}, "MGMT_NO_LIVE_COMMUNICATION"),
        ({"other_claims": (OtherClaim("99457", True, date(2026, 3, 31)),)}, "MGMT_ALREADY_BILLED_THIS_MONTH"),
        ({"other_claims": (OtherClaim("99091", True, date(2026, 3, 15)),)}, "MUTUALLY_EXCLUSIVE_99091"),
    ],
)
def test_a_blocker_of_management_does_not_block_the_device(fact, reason):
    earned = a_month(time=(a_slice(1200),), contacts=(a_call(),), device_periods=(a_period(16),))

    stopped = with_facts(earned, **fact)

    assert billed(stopped) == ["99454x1"]
    assert reason in reasons(stopped)


def test_strict_counts_only_the_billing_provider():
    facts = a_month(
        time=(
            a_slice(1200, n=1),
            a_slice(700, role="physician", person="P1", n=2),
            a_slice(900, role="qhp", person="Q1", n=3),
        ),
        contacts=(a_call(role="physician", person="P1"),),
    )

    assert billed(facts, STRICT) == ["99470x1"]
    assert {"STAFF_TIME_EXCLUDED_BY_POLICY", "OTHER_PROVIDER_TIME_NOT_POOLED"} <= reasons(facts, STRICT)
    assert billed(facts, MEDICARE) == ["99457x1", "99458x1"]


def timed(start, end, *, n=1, zone=UTC, role="clinical_staff"):
    begins, ends = datetime.fromisoformat(start).replace(tzinfo=zone), datetime.fromisoformat(end).replace(tzinfo=zone)
    return TimeSlice(f"t{n}", role, "N1", int((ends - begins).total_seconds()), begins, ends)


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        pytest.param(
            ("2026-03-04T10:10:00", "2026-03-04T10:20:00"), ["99457x1"], id="touching intervals do not overlap"
        ),
        pytest.param(("2026-03-04T10:09:59", "2026-03-04T10:20:00"), ["99457x1"], id="one shared second counts once"),
        pytest.param(("2026-03-04T10:09:59", "2026-03-04T10:19:59"), ["99470x1"], id="and leaves 19:59"),
        pytest.param(("2026-03-04T10:00:00", "2026-03-04T10:10:00"), ["99470x1"], id="two people at once count once"),
    ],
)
def test_shared_moments_count_once(second, codes):
    facts = a_month(
        time=(timed("2026-03-04T10:00:00", "2026-03-04T10:10:00"), timed(*second, n=2)), contacts=(a_call(),)
    )

    assert billed(facts) == codes


def test_an_interval_over_the_month_end_is_split_at_local_midnight():
    # 23:50 to 00:10 in Chicago, 05:50 to 06:10 in UTC: ten minutes for January, ten for February.
    night = (timed("2026-02-01T05:50:00", "2026-02-01T06:10:00"),)
    january = a_month(year=2026, month=1, zone="America/Chicago", time=night, contacts=(a_call(date(2026, 1, 9)),))
    february = a_month(year=2026, month=2, zone="America/Chicago", time=night, contacts=(a_call(date(2026, 2, 9)),))

    assert billed(january) == billed(february) == ["99470x1"]
    assert billed(replace(january, zone="UTC")) == []


@pytest.mark.parametrize(
    ("start", "end", "have"),
    [
        pytest.param(
            "2026-03-08T07:50:00", "2026-03-08T08:10:00", "20 min of", id="the hour that is skipped in spring"
        ),
        pytest.param(
            "2026-11-01T06:50:00", "2026-11-01T07:10:00", "20 min of", id="the hour that comes twice in autumn"
        ),
    ],
)
def test_clock_changes_add_and_remove_nothing(start, end, have):
    month = datetime.fromisoformat(start).month
    facts = a_month(
        month=month, zone="America/Chicago", time=(timed(start, end),), contacts=(a_call(date(2026, month, 10)),)
    )
    met = next(f for f in decide(facts, MEDICARE).findings if f.code == "MGMT_TIME_MET")

    assert billed(facts) == ["99457x1"]
    assert met.sentence.startswith(have)


def read_on(*wanted, automatic=True):
    return tuple(DayRead(day, automatic, not automatic, (f"day:{day}",)) for day in wanted)


def span(first, last):
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def windows_of(facts):
    return [(line.code, line.dos) for line in decide(facts, MEDICARE).lines if line.component == "device"]


def test_windows_roll_from_the_first_reading_and_two_may_end_in_a_month():
    read = read_on(*span(date(2026, 1, 1), date(2026, 3, 31)))
    facts = a_month(device_periods=None, days_read=read, month=1, order_on=date(2025, 12, 1))

    assert windows_of(facts) == [("99454", date(2026, 1, 30))]
    assert windows_of(replace(facts, month=3)) == [("99454", date(2026, 3, 1)), ("99454", date(2026, 3, 31))]
    assert windows_of(replace(facts, month=2)) == []


def test_no_window_begins_before_order_and_consent():
    read = read_on(*span(date(2026, 2, 1), date(2026, 3, 31)))
    facts = a_month(device_periods=None, days_read=read, order_on=date(2026, 2, 10), consent_on=date(2026, 2, 20))

    assert windows_of(facts) == [("99454", date(2026, 3, 21))]


def test_a_fixed_anchor_does_not_move_for_an_earlier_reading():
    read = read_on(*span(date(2026, 2, 25), date(2026, 3, 31)))
    facts = a_month(device_periods=None, days_read=read, device_anchor_on=date(2026, 3, 1))

    assert windows_of(facts) == [("99454", date(2026, 3, 30))]


def test_discharge_closes_the_window_early_and_flags_it():
    read = read_on(*span(date(2026, 3, 5), date(2026, 3, 16)))
    facts = a_month(device_periods=None, days_read=read, discharged_on=date(2026, 3, 16))

    assert windows_of(facts) == [("99445", date(2026, 3, 16))]
    assert "EARLY_CLOSE" in reasons(facts)


def test_readings_reported_by_the_patient_count_for_rtm_and_not_for_rpm():
    reported = read_on(*span(date(2026, 3, 1), date(2026, 3, 20)), automatic=False)
    first = read_on(date(2026, 3, 1)) if False else ()
    rpm = a_month(device_periods=None, days_read=reported + first)
    rtm = a_month(program="RTM", rtm_system="respiratory", device_periods=None, days_read=reported)

    assert windows_of(rpm) == []
    assert windows_of(rtm) == [("98976", date(2026, 3, 30))]


def test_a_running_month_decides_no_window_that_has_not_ended():
    read = read_on(*span(date(2026, 3, 1), date(2026, 3, 20)))
    facts = a_month(device_periods=None, days_read=read)

    assert windows_of(facts) == [("99454", date(2026, 3, 30))]
    assert windows_of(replace(facts, as_of=date(2026, 3, 29))) == []
    assert "DEVICE_PERIOD_OPEN" in reasons(replace(facts, as_of=date(2026, 3, 29)))


@pytest.mark.parametrize(
    ("own", "assisted", "expected"),
    [
        (1500, 120, {"98980": ("GP",)}),
        (1080, 120, {"98980": ("GP",)}),
        (1079, 121, {"98980": ("GP", "CQ")}),
        (2400, 239, {"98980": ("GP",), "98981": ("GP", "CQ")}),
        (2400, 133, {"98980": ("GP",), "98981": ("GP",)}),
        (1200, 1200, {"98980": ("GP",), "98981": ("GP", "CQ")}),
        (1079, 1321, {"98980": ("GP", "CQ"), "98981": ("GP", "CQ")}),
        (1080, 1320, {"98980": ("GP",), "98981": ("GP", "CQ")}),
    ],
)
def test_each_line_has_the_assistants_modifier_for_more_than_a_tenth_of_its_own_time(own, assisted, expected):
    on = date(2026, 3, 10)
    facts = a_month(
        program="RTM", rtm_system="musculoskeletal", therapy_plan="PT", contacts=(a_call(role="therapist"),),
        billing_provider_role="therapist", time=(
            a_slice(own, role="therapist", person="P1", on=on),
            a_slice(assisted, role="therapist_assistant", person="A1", on=on, n=2),
        ),
    )  # fmt: skip

    assert {line.code: line.modifiers for line in decide(facts, MEDICARE).lines} == expected


@pytest.mark.parametrize(
    ("plan", "assistant", "modifiers"),
    [
        ("", False, ()),
        ("PT", False, ("GP",)),
        ("OT", False, ("GO",)),
        ("SLP", False, ("GN",)),
        ("PT", True, ("GP", "CQ")),
        ("OT", True, ("GO", "CO")),
    ],
)
def test_therapy_modifiers(plan, assistant, modifiers):
    facts = a_month(
        program="RTM",
        rtm_system="musculoskeletal",
        therapy_plan=plan,
        assistant_furnished=assistant,
        device_periods=(a_period(16),),
        time=(a_slice(1200, role="qhp", person="P1"),),
        contacts=(a_call(role="qhp", person="P1"),),
    )
    lines = {line.code: line.modifiers for line in decide(facts, MEDICARE).lines}

    assert lines["98980"] == modifiers
    assert lines["98977"] == tuple(m for m in modifiers if m not in {"CQ", "CO"})


def test_every_code_gets_a_verdict_with_its_findings():
    verdicts = {verdict.code: verdict for verdict in decide(with_time(1158), MEDICARE).verdicts}

    assert set(verdicts) == {"99453", "99454", "99445", "99457", "99458", "99470"}
    assert verdicts["99470"].outcome == "bill"
    assert verdicts["99457"].outcome == "do_not_bill"
    assert "99457 requires 20 min of treatment management time; 19 min 18 sec was recorded (42 sec short)." in [
        f.sentence for f in verdicts["99457"].findings
    ]


@pytest.mark.parametrize("field", ["time", "period", "role"])
def test_impossible_facts_are_refused(field):
    now = datetime(2026, 3, 4, 10, tzinfo=UTC)
    bad = {
        "time": {"time": (TimeSlice("t", "qhp", "Q1", 5, now, now - timedelta(seconds=5)),)},
        "period": {"device_periods": (a_period(3, start=date(2026, 3, 30), end=date(2026, 3, 1)),)},
        "role": {"time": (a_slice(5, role="wizard"),)},
    }

    with pytest.raises(FactsError):
        a_month(**bad[field])


def test_care_management_minutes_earn_their_own_codes():
    from billing.rules.facts import OtherTime

    def others(*rows):
        decision = decide(a_month(other_time=tuple(OtherTime(*row) for row in rows)), MEDICARE)
        return [(line.code, line.units) for line in decision.other_lines]

    assert others(("CCM", "clinical_staff", 1199)) == []
    assert others(("CCM", "clinical_staff", 1200)) == [("99490", 1)]
    assert others(("CCM", "clinical_staff", 6000)) == [("99490", 1), ("99439", 2)]
    assert others(("CCM", "physician", 1800)) == [("99491", 1)]
    assert others(("PCM", "clinical_staff", 1800)) == [("99426", 1)]
    assert others(("CCM_COMPLEX", "clinical_staff", 5400)) == [("99487", 1), ("99489", 1)]
    assert others(("CCM", "non_clinical", 6000)) == []


def test_exclusive_codes_are_named_on_both_sides():
    codes = load_codes().by_code

    for code in codes.values():
        for other in code.excludes:
            assert code.code in codes[other].excludes
