"""Rule years as files: what they may contain, how they change the rules, and what a refused file says."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing.rules import PolicyError, decide, load_codes, load_preset
from billing.rules import policy as policy_module
from billing.rules.fact_rows import InForce, OtherClaim
from billing.rules.golden import changed_by_year
from billing.rules.rule_set import MEDICARE, STRICTEST, brought_forward, rules_with, shipped_rules
from billing.rules.rule_year import read_rule_year
from billing.rules.year_difference import changes
from tests.billing.rules.facts import a_call, a_month, a_period, a_slice

SOURCE = 'sources = [{ title = "Final rule", href = "https://example.org/rule" }]'
HEAD = f'year = 2027\ntitle = "Final rule of 2027"\n{SOURCE}\n'
PROPOSED = Path(policy_module.__file__).parent / "years" / "2027_proposed.toml"


def a_code(name="99454", *, first="2027-01-01", value=12, more="", array=False):
    opens = f"[[codes.{name}]]" if array else f"[codes.{name}]"
    return (
        f'{opens}\nprogram = "RPM"\ncomponent = "device"\nrole = "supply_long"\nabout = "Supply of the device"\n'
        f'counts = "distinct reading days in a 30-day period"\nfrom = {first}\nexcludes = ["99445"]\n'
        f"min = [{{ from = {first}, value = {value} }}]\n{SOURCE}\n{more}\n"
    )


def rules(text):
    return rules_with([read_rule_year(HEAD + text)])


def january(days=13, **facts):
    """January 2027 with a device period that ends on its 30th day."""
    period = a_period(days, start=date(2027, 1, 1), end=date(2027, 1, 30))
    return a_month(year=2027, month=1, device_periods=(period,), **facts)


def billed(rules, facts, preset=MEDICARE):
    return [f"{line.code}x{line.units}" for line in decide(facts, rules.preset(preset)).lines]


def test_without_a_file_2027_waits_and_with_an_empty_one_it_has_the_rules_of_2026():
    assert billed(shipped_rules(), january(16)) == []
    assert billed(rules(""), january(16)) == ["99454x1"]
    assert billed(rules(""), january(15)) == ["99445x1"]


def test_december_is_decided_the_same_whatever_the_file_says():
    december = a_month(
        year=2026,
        month=12,
        device_periods=(a_period(16, start=date(2026, 12, 1), end=date(2026, 12, 30)),),
        time=(a_slice(1200),),
        contacts=(a_call(date(2026, 12, 5)),),
    )
    strange = a_code(value=30) + "[parameters.max_units_99458]\nvalues = [{ from = 2027-01-01, value = 0 }]\n"

    assert billed(rules(strange), december) == billed(shipped_rules(), december) == ["99454x1", "99457x1"]


@pytest.mark.parametrize(("days", "code"), [(12, "99454x1"), (11, "99445x1"), (1, None)])
def test_a_threshold_of_the_file_applies_from_its_first_day(days, code):
    assert billed(rules(a_code()), january(days)) == ([code] if code else [])


def test_a_period_that_ends_before_the_new_threshold_begins_has_the_old_one():
    later = rules(a_code(first="2027-02-01"))

    assert billed(later, january(13)) == ["99445x1"]
    assert later.codes_on(date(2027, 1, 31)).by_code["99454"].min(date(2027, 1, 31)) == 16
    assert later.codes_on(date(2027, 2, 1)).by_code["99454"].min(date(2027, 2, 1)) == 12
    assert later.codes_on(date(2027, 2, 1)).by_code["99454"].min(date(2027, 1, 31)) == 16


def test_a_code_that_ends_is_not_billed_from_the_next_day():
    ended = rules(f"[ended.99445]\nlast_day = 2027-01-29\n{SOURCE}\n")

    assert billed(ended, january(5)) == []
    assert billed(rules(f"[ended.99445]\nlast_day = 2027-01-30\n{SOURCE}\n"), january(5)) == ["99445x1"]


def test_a_new_code_is_billed_and_described():
    new = (
        a_code("99999", value=3)
        .replace('"supply_long"', '"supply_short"')
        .replace('excludes = ["99445"]', 'excludes = ["99454"]')
    )
    text = new + f"[ended.99445]\nlast_day = 2026-12-31\n{SOURCE}\n"

    assert billed(rules(text), january(3)) == ["99999x1"]
    assert billed(rules(text), january(2)) == []
    assert "99999" not in load_codes().by_code


def test_exclusions_of_a_new_version_hold_for_both_codes_of_each_pair():
    codes = rules(a_code()).codes_on(date(2027, 1, 1)).by_code

    assert codes["99454"].excludes == ("99445",)
    assert "99454" not in codes["95250"].excludes
    assert "99454" in codes["99445"].excludes
    assert "99454" in load_codes().by_code["95250"].excludes


def test_caps_of_the_file_replace_the_unit_edits():
    text = f"[units]\n{SOURCE}\n[units.codes]\n98981 = {{ most = 1, indicator = 2 }}\n"
    facts = a_month(
        year=2027,
        month=1,
        program="RTM",
        rtm_system="musculoskeletal",
        billing_provider_role="physician",
        time=(a_slice(3600, role="physician", person="P1"),),
        contacts=(a_call(date(2027, 1, 10), role="physician", person="P1"),),
    )

    assert billed(rules(""), facts) == ["98980x1", "98981x2"]
    assert billed(rules(text), facts) == ["98980x1", "98981x1"]


def test_a_parameter_of_the_file_does_not_make_the_strictest_reading_less_strict():
    text = '[parameters.live_by]\nvalues = [{ from = 2027-01-01, value = "physician_or_qhp" }]\n'
    made = rules(text)

    assert made.preset(MEDICARE).at("live_by", date(2027, 1, 1)) == "physician_or_qhp"
    assert made.preset(MEDICARE).at("live_by", date(2026, 12, 31)) == "care_team"
    assert made.preset(STRICTEST).at("live_by", date(2027, 1, 1)) == "billing_provider"
    assert made.preset(STRICTEST).at("rule_year", date(2027, 12, 31)) == "loaded"


def test_a_payers_own_terms_come_before_those_of_the_file():
    text = "[parameters.max_units_99458]\nvalues = [{ from = 2027-01-01, value = 1 }]\n"
    departure = {"key": "max_units_99458", "value": 2, "from": "2027-01-01", "source": "letter"}
    policy = rules(text).preset(MEDICARE).with_departures([departure], name="plan")

    assert policy.at("max_units_99458", date(2027, 1, 1)) == 2


def test_the_year_after_the_file_waits_again():
    assert rules("").preset(MEDICARE).view(date(2027, 12, 31)).loaded
    assert not rules("").preset(MEDICARE).view(date(2028, 1, 1)).loaded


def test_two_years_apply_each_to_its_own_days():
    second = read_rule_year(f'year = 2028\ntitle = "Rule of 2028"\n{SOURCE}\n' + a_code(first="2028-01-01", value=20))
    both = rules_with([second, read_rule_year(HEAD + a_code())])
    code = both.codes_on(date(2028, 1, 1)).by_code["99454"]

    assert [code.min(date(year, 6, 1)) for year in (2026, 2027, 2028)] == [16, 12, 20]
    assert [year.year for year in both.years] == [2027, 2028]


def test_a_json_file_says_the_same_as_a_toml_file():
    source = [{"title": "Final rule", "href": "https://example.org/rule"}]
    values = [{"from": "2027-01-01", "value": True}]
    raw = {
        "year": 2027,
        "title": "Final rule of 2027",
        "sources": source,
        "parameters": {"initiating_visit_required": {"values": values}},
        "rates": [{"code": "99454", "amount": "50.00", "corrected_by": "92 FR 1"}],
    }
    read = read_rule_year(json.dumps(raw))

    assert read.values["initiating_visit_required"][0].first == date(2027, 1, 1)
    assert (read.rates[0].amount, read.rates[0].source) == (Decimal("50.00"), "Final rule, as corrected by 92 FR 1")


@pytest.mark.parametrize("length", [1, 20])
def test_a_locality_has_one_to_twenty_characters(length):
    year = read_rule_year(HEAD + f'[[rates]]\ncode = "99454"\namount = "1"\nlocality = "{"x" * length}"\n')
    assert year.rates[0].locality == "x" * length


REFUSED = [
    ("", "title is a text", 'year = 2027\ntitle = ""\n' + SOURCE),
    ("", "year is a number like 2027, not '2027'", 'year = "2027"\ntitle = "Rule"\n' + SOURCE),
    ("", "year is a number like 2027, not 2026", 'year = 2026\ntitle = "Rule"\n' + SOURCE),
    ("", "the file: needs sources", 'year = 2027\ntitle = "Rule"'),
    ("", "neither TOML nor JSON", "year = [["),
    ("", "neither TOML nor JSON", '{"year": 2027'),
    ("", "'year' is written twice", '{"year": 2027, "year": 2027}'),
    ("shoe = 9", "'shoe' is not known; write codes, ended,", None),
    ('parameters = "none"', "parameters is a table", None),
    ("[parameters.shoe_size]\nvalues = [{ from = 2027-01-01, value = 9 }]", "'shoe_size' is not a parameter", None),
    ("[parameters.live_by]\nvalues = [{ from = 2027-01-01, value = 9 }]", "live_by cannot be 9; it takes", None),
    ("[parameters.live_by]\nvalues = [{ from = 2026-12-31, value = 'care_team' }]", "from is a day of 2027", None),
    ("[parameters.live_by]\nvalues = [{ from = 'soon', value = 'care_team' }]", "'soon' is not a day", None),
    (
        "[parameters.live_by]\nvalues = [{ from = 2027-02-01, to = 2027-01-01, value = 'care_team' }]",
        "ends on 2027-01-01 before it begins",
        None,
    ),
    (
        "[parameters.live_by]\nvalues = [{ from = 2027-01-01, value = 'care_team' }, "
        "{ from = 2027-03-01, value = 'care_team' }]",
        "the values from 2027-01-01 and 2027-03-01 overlap",
        None,
    ),
    ("[parameters.rule_year]\nvalues = [{ from = 2027-01-01, value = 'loaded' }]", "rule_year: leave it out", None),
    (a_code().replace(SOURCE, ""), "codes, 99454: needs sources", None),
    (a_code().replace("value = 12", "value = 'a'"), "codes, 99454: the value of min is a whole number, not 'a'", None),
    (a_code().replace('program = "RPM"', "program = 7"), "codes, 99454: program takes a text", None),
    (a_code(more="live_contact = 'yes'"), "codes, 99454: live_contact takes true or false", None),
    (a_code(more="shoe = 9"), "codes, 99454: 'shoe' is not known", None),
    (a_code("9945"), "codes, '9945': a code has five", None),
    (a_code(first="2028-01-01"), "codes, 99454: from is a day of 2027, not 2028-01-01", None),
    (
        a_code(array=True) + a_code(array=True, first="2027-06-01"),
        "codes, 99454: the blocks from 2027-01-01 and 2027-06-01 overlap",
        None,
    ),
    ("[codes]\n99454 = 7", "codes, 99454: needs program, component", None),
    ("[ended.99445]\nlast_day = 2027-01-29", "ended, 99445: needs sources", None),
    (f"[ended.99445]\nlast_day = 2026-12-30\n{SOURCE}", "ended, 99445: last_day is from 2026-12-31", None),
    (f"{a_code()}[ended.99454]\nlast_day = 2027-01-29\n{SOURCE}", "ended, 99454: the codes have a version", None),
    ("[units]\ncodes = { 99454 = { most = 1, indicator = 2 } }", "units: needs sources", None),
    (f"[units]\n{SOURCE}\ncodes = {{ 99454 = {{ most = 1 }} }}", "units, 99454: write { most = 1", None),
    (f"[units]\n{SOURCE}\ncodes = {{ 99454 = {{ most = 1, indicator = 9 }} }}", "the indicator is 1, 2 or 3", None),
    ('[[rates]]\ncode = "99454"\namount = 52.11', "rates, row 1: amount is a text in dollars and cents", None),
    ('[[rates]]\ncode = "99454"\namount = "52.111"', "rates, row 1: amount is a text", None),
    ('[[rates]]\ncode = "99454"\namount = "1"\nfactor_class = "other"', "factor_class is nonqualifying or", None),
    (
        '[[rates]]\ncode = "99454"\namount = "1"\n[[rates]]\ncode = "99454"\namount = "2"',
        "row 2: 99454 is written",
        None,
    ),
    ('[[rates]]\ncode = "9945"\namount = "1"', "rates, row 1: code is a text like 99457", None),
    ("[[rates]]\ncode = 99454\namount = '1'", "rates, row 1: code is a text like 99457", None),
    (f'[[rates]]\ncode = "99454"\namount = "1"\ncorrected_by = "{"x" * 81}"', "at most 80 characters", None),
    ('[[rates]]\ncode = "99454"\namount = "1"\ncorrected_by = 9', "at most 80 characters", None),
    ('[[rates]]\ncode = "99454"\namount = "1"\nlocality = ""', "locality is a text of at most 20", None),
    (f'[[rates]]\ncode = "99454"\namount = "1"\nlocality = "{"x" * 21}"', "locality is a text of at most 20", None),
    ('[[rates]]\ncode = "99454"\namount = "1"\nfacility = "no"', "facility takes true or false", None),
    ('[[rates]]\ncode = "99454"\namount = "-1"', "amount is a text", None),
    ('[[rates]]\ncode = "99454"\namount = "10000000"', "amount is a text", None),
    ("rates = 9", "rates is a list of tables", None),
    (a_code("9945a"), "codes, '9945a': a code has five", None),
    (a_code("'9945-'"), "codes, '9945-': a code has five", None),
    ('[[rates]]\ncode = "99454"\namount = "1"\nshoe = 9', "rates, row 1: 'shoe' is not known", None),
]


@pytest.mark.parametrize(("text", "message", "whole"), REFUSED, ids=[row[1][:40] for row in REFUSED])
def test_a_refused_file_names_the_key_and_the_reason(text, message, whole):
    with pytest.raises(PolicyError) as refusal:
        read_rule_year(whole or HEAD + text)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (a_code().replace('["99445"]', '["99998"]'), "99998 is not a code we have"),
        (f"[ended.99998]\nlast_day = 2027-01-29\n{SOURCE}", "ended, 99998: this code is not known"),
        (a_code(more="add_on_of = '99998'"), "99998 is not a code we have"),
    ],
)
def test_a_file_that_does_not_fit_the_codes_on_file_is_refused(text, message):
    with pytest.raises(PolicyError, match=message):
        rules(text)


def test_the_difference_names_each_value_with_its_source():
    text = a_code() + (
        f"[ended.99470]\nlast_day = 2027-06-30\n{SOURCE}\n"
        f"[units]\n{SOURCE}\ncodes = {{ 99458 = {{ most = 4, indicator = 3 }} }}\n"
        "[parameters.initiating_visit_required]\nvalues = [{ from = 2027-01-01, value = true }]\n"
    )
    found = {(one.subject, one.what): (one.before, one.after) for one in changes(shipped_rules(), rules(text), 2027)}

    assert found["99454", "threshold"] == ("16", "12")
    assert found["99454", "exclusions"] == ("95250, 99445, 99473, 99474", "99445")
    assert found["99470", "ends"][1] == "ends on 2027-06-30"
    assert found["99458", "units on a date of service"] == ("3 (indicator 3)", "4 (indicator 3)")
    assert found["initiating_visit_required", "parameter"] == ("no", "yes")
    threshold = next(one for one in changes(shipped_rules(), rules(text), 2027) if one.what == "threshold")
    assert threshold.citation["sources"][0]["title"] == "Final rule"


@pytest.mark.slow
def test_an_empty_year_differs_in_nothing():
    assert changes(shipped_rules(), rules(""), 2027) == []
    count, changed = changed_by_year(2027, shipped_rules(), rules(""))
    assert (count >= 70, changed) == (True, [])


@pytest.mark.slow
def test_golden_cases_are_decided_a_year_later():
    count, changed = changed_by_year(2027, shipped_rules(), rules(a_code(value=31)))

    assert 0 < len(changed) < count
    assert all("99454 x1" in one.before and "99454 x1" not in one.after for one in changed)


def test_a_year_is_brought_forward_to_try_it_on_an_earlier_month():
    year = read_rule_year(HEAD + a_code())
    tried = rules_with([brought_forward(year, date(2026, 2, 1))])
    march = a_month(device_periods=(a_period(12),))

    assert billed(rules_with([year]), march) == ["99445x1"]
    assert billed(tried, march) == ["99454x1"]
    assert brought_forward(year, date(2027, 1, 1)) is year


# The conditions proposed for 2027: off in the shipped rules, on from the day that a file gives.
GATE = "[parameters.{0}]\nvalues = [{{ from = 2027-01-01, value = {1} }}]\n"


@pytest.mark.parametrize(("visit", "codes"), [(None, []), (date(2027, 1, 31), []), (date(2027, 1, 30), ["99454x1"])])
def test_an_initiating_visit_is_on_or_before_the_date_of_service(visit, codes):
    facts = january(16, initiating_visit_on=visit)

    assert billed(rules(GATE.format("initiating_visit_required", "true")), facts) == codes
    assert billed(rules(""), facts) == ["99454x1"]


@pytest.mark.parametrize(
    ("seen", "codes"),
    [(None, []), (date(2027, 1, 31), ["98980x1"]), (date(2023, 1, 1), []), (date(2024, 6, 2), ["98980x1"])],
)
def test_rtm_may_ask_for_an_established_patient(seen, codes):
    facts = a_month(
        year=2027,
        month=1,
        program="RTM",
        rtm_system="musculoskeletal",
        billing_provider_role="physician",
        established=seen is not None,
        established_on=seen,
        enrolled=(InForce(date(2026, 6, 1)),),
        time=(a_slice(1200, role="physician", person="P1"),),
        contacts=(a_call(date(2027, 1, 10), role="physician", person="P1"),),
    )

    assert billed(rules(GATE.format("rtm_established_required", "true")), facts) == codes
    assert billed(rules(""), facts) == ["98980x1"]


@pytest.mark.parametrize(
    ("employer", "codes"), [("practice", ["99457x1"]), ("contractor", []), ("vendor", []), ("", [])]
)
def test_only_employed_staff_may_count(employer, codes):
    time = (a_slice(1200, employer=employer),)
    facts = a_month(year=2027, month=1, time=time, contacts=(a_call(date(2027, 1, 10)),))

    assert billed(rules(GATE.format("staff_employment", '"employed"')), facts) == codes
    assert billed(rules(""), facts) == ["99457x1"]


def test_a_provider_counts_without_a_recorded_employer():
    facts = a_month(
        year=2027, month=1, time=(a_slice(1200, role="physician", person="P1"),), contacts=(a_call(date(2027, 1, 10)),)
    )

    assert billed(rules(GATE.format("staff_employment", '"employed"')), facts) == ["99457x1"]


def test_the_shipped_draft_is_not_verified_and_has_the_three_proposed_conditions():
    draft = read_rule_year(PROPOSED.read_text())

    assert draft.citation.unverified
    assert set(draft.values) == {"initiating_visit_required", "rtm_established_required", "staff_employment"}
    for key, value in (("initiating_visit_required", False), ("staff_employment", "any")):
        assert load_preset(MEDICARE).at(key, date(2026, 12, 31)) == value


@pytest.mark.parametrize("code", ["99495", "99496", "99446", "G2250", "G2252", "99421", "99439", "99427"])
def test_advanced_primary_care_is_not_billed_with_a_code_of_its_bundle(code):
    from billing.rules.fact_rows import AdvancedCare

    care = AdvancedCare(2, consent_present=True)
    facts = a_month(advanced_care=care, other_claims=(OtherClaim(code, True, date(2026, 3, 20)),))

    assert [line.code for line in decide(facts, load_preset(MEDICARE)).other_lines] == []
    alone = a_month(advanced_care=care, other_claims=(OtherClaim(code, True, date(2026, 2, 28)),))
    assert [line.code for line in decide(alone, load_preset(MEDICARE)).other_lines] == ["G0557"]


@pytest.mark.parametrize("code", ["98978", "98986"])
def test_cognitive_behavioral_supply_carries_no_therapy_modifier(code):
    days = 20 if code == "98978" else 5
    facts = a_month(
        program="RTM", rtm_system="cognitive_behavioral", therapy_plan="OT", device_periods=(a_period(days),)
    )

    assert [(line.code, line.modifiers) for line in decide(facts, load_preset(MEDICARE)).lines] == [(code, ())]


@pytest.mark.parametrize(
    ("program", "day", "in_person"),
    [
        ("RPM", date(2019, 12, 31), True),
        ("RPM", date(2020, 1, 31), False),
        ("RTM", date(2022, 12, 31), True),
        ("RTM", date(2023, 1, 31), False),
    ],
)
def test_general_supervision_begins_in_2020_for_rpm_and_in_2023_for_rtm(program, day, in_person):
    departure = {"key": "rtm_time_roles", "value": "include_incident_to_staff", "from": "2019-01-01", "source": "test"}
    policy = load_preset(MEDICARE).with_departures([departure], name="staff")
    facts = a_month(
        year=day.year,
        month=day.month,
        program=program,
        rtm_system="respiratory",
        billing_provider_role="physician",
        time=(a_slice(1200),),
        contacts=(a_call(day),),
    )

    assert ("SUPERVISION_IN_PERSON" in {f.code for f in decide(facts, policy).findings}) is in_person


@pytest.mark.parametrize(("day", "codes"), [(date(2019, 2, 28), []), (date(2019, 3, 31), ["99457"])])
def test_staff_time_counts_from_the_correction_of_march_2019(day, codes):
    facts = a_month(year=day.year, month=day.month, time=(a_slice(1200),), contacts=(a_call(day),))

    assert [line.code for line in decide(facts, load_preset(MEDICARE)).lines] == codes
