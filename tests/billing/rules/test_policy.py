"""Policies: dates, sources, and errors with file, key and reason."""

from datetime import date
from pathlib import Path

import pytest

from billing.models import PayerPolicy
from billing.policies.coverage_check import NAMES
from billing.rules import PolicyError, PolicyGap, describe, load_codes, load_preset
from billing.rules import policy as policy_module
from billing.rules.citations import Citation
from billing.rules.policy import parameters
from billing.rules.policy_loader import load_policy

FOLDER = Path(policy_module.__file__).parent / "policies"
MEDICARE, STRICT = "medicare_general_supervision", "strict_provider_only"
PRESETS = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_every_parameter_in_2026(name):
    preset = load_preset(name)

    for key in parameters():
        preset.at(key, date(2026, 12, 31))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_no_rules_of_2027(name):
    with pytest.raises(PolicyGap):
        load_preset(name).at("rule_year", date(2027, 1, 1))


def test_every_preset_is_described_and_can_be_chosen_for_a_payer():
    choices = dict(PayerPolicy._meta.get_field("preset").choices)

    assert set(PRESETS) == set(describe.PRESETS) == set(choices) == set(NAMES)


def test_strict_differs_from_medicare_only_where_the_strict_page_does():
    medicare, strict = load_preset(MEDICARE), load_preset(STRICT)
    on = date(2026, 3, 31)
    different = {key for key in parameters() if medicare.at(key, on) != strict.at(key, on)}

    # Whether a payer without a policy pays care management is not known.
    assert different == {"time_roles", "time_pooling", "live_by", "attestation", "care_management_billed"}


def test_a_departure_applies_on_its_days_only():
    policy = load_preset(MEDICARE).with_departures(
        [
            {
                "key": "first10_codes_enabled",
                "value": False,
                "from": "2026-01-01",
                "to": "2026-06-30",
                "source": "bulletin",
            }
        ],
        name="plan",
    )

    assert policy.at("first10_codes_enabled", date(2026, 6, 30)) is False
    assert policy.at("first10_codes_enabled", date(2026, 7, 1)) is True
    assert policy.dated("first10_codes_enabled", date(2026, 6, 30)).citation.text == "bulletin"


@pytest.mark.parametrize(
    ("departure", "message"),
    [
        ({"key": "frist10", "value": True, "from": "2026-01-01", "source": "x"}, "frist10"),
        ({"key": "live_by", "value": "anyone", "from": "2026-01-01", "source": "x"}, "anyone"),
        ({"key": "live_by", "value": "care_team", "from": "soon", "source": "x"}, "soon"),
        ({"key": "live_by", "value": "care_team", "from": "2026-01-01"}, "source"),
        ({"key": "live_by", "value": "care_team", "from": "2026-02-01", "to": "2026-01-01", "source": "x"}, "before"),
        ({"key": "live_by", "value": "care_team", "form": "2026-01-01", "source": "x"}, "form"),
        ({"key": "max_units_99458", "value": -1, "from": "2026-01-01", "source": "x"}, "max_units_99458"),
        ({"key": "first10_codes_enabled", "value": "yes", "from": "2026-01-01", "source": "x"}, "true or false"),
    ],
)
def test_a_wrong_departure_is_refused_and_named(departure, message):
    with pytest.raises(PolicyError, match=message):
        load_preset(MEDICARE).with_departures([departure], name="plan")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml [", "not TOML"),
        ('[live_by]\nvalues = [{ from = 2026-01-01, value = "care_team" }]', "needs sources"),
        ("[shoe_size]\nunverified = true\nvalues = [{ from = 2026-01-01, value = 9 }]", "shoe_size"),
        (
            '[live_by]\nunverified = true\nvalues = [{ from = 2026-01-01, to = 2026-06-30, value = "care_team" },'
            ' { from = 2026-06-30, value = "care_team" }]',
            "overlap",
        ),
        ("[live_by]\nunverified = true\nvalues = []", "no values"),
    ],
)
def test_a_wrong_policy_file_is_refused_with_file_and_key(tmp_path, text, message):
    path = tmp_path / "plan.toml"
    path.write_text(text)

    with pytest.raises(PolicyError, match=message) as refusal:
        load_policy(path)
    assert "plan.toml" in str(refusal.value)


def test_the_error_for_an_unknown_preset_names_the_known_ones():
    with pytest.raises(PolicyError, match="strict_provider_only"):
        load_preset("generous")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[", "not TOML"),
        ('["99999"]\nprogram = "RPM"', "missing"),
        ('["99999"]\nprogramme = "RPM"', "programme"),
    ],
)
def test_a_wrong_code_file_is_refused(tmp_path, text, message):
    (tmp_path / "codes.toml").write_text(text)

    with pytest.raises(PolicyError, match=message):
        load_codes(tmp_path)


def test_a_preset_that_extends_another_replaces_only_its_own_values():
    medicare = load_policy(FOLDER / "medicare_general_supervision.toml")
    strict = load_policy(FOLDER / "strict_provider_only.toml")

    assert (medicare.name, strict.name) == ("medicare_general_supervision", "strict_provider_only")
    assert set(strict.values) == set(medicare.values) == set(parameters())
    own = {"time_roles", "time_pooling", "live_by", "attestation", "care_management_billed"}
    assert {key for key in parameters() if strict.values[key] != medicare.values[key]} == own
    assert strict.dated("live_by", date(2026, 1, 1)).citation.note.startswith("One vendor's reading (Clinii")


def test_values_apply_on_their_first_and_last_day_and_have_a_source(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        'name = "plan"\n[max_units_99458]\nunverified = true\nnote = "a letter"\nvalues = [{ from = 2026-07-01, value = "none" },'
        " { from = 2025-01-01, to = 2025-12-31, value = 2 }, { from = 2026-01-01, to = 2026-06-30, value = 3 }]"
    )
    plan = load_policy(path)
    values = {
        day: plan.at("max_units_99458", day)
        for day in (date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
    }

    assert list(values.values()) == [2, 2, 3, 3, None]
    assert plan.dated("max_units_99458", date(2099, 1, 1)).citation == Citation((), True, "a letter")
    with pytest.raises(PolicyGap) as gap:
        plan.at("max_units_99458", date(2024, 12, 31))
    assert str(gap.value) == "plan has no value for max_units_99458 on 2024-12-31"
    assert (gap.value.key, gap.value.on) == ("max_units_99458", date(2024, 12, 31))
    with pytest.raises(PolicyGap):
        plan.view(date(2026, 1, 1))["live_by"]
    assert plan.view(date(2026, 1, 1))["max_units_99458"] == 3


def test_a_policy_without_a_name_takes_its_files_name(tmp_path):
    (tmp_path / "plan.toml").write_text(
        '[live_by]\nunverified = true\nvalues = [{ from = 2026-01-01, value = "care_team" }]'
    )

    assert load_policy(tmp_path / "plan.toml").name == "plan"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('live_by = "care_team"', "plan.toml, live_by: needs values and sources"),
        ("[live_by]\nunverified = true", "plan.toml, live_by: has no values"),
        (
            '[live_by]\nunverified = true\nvalues = [{ from = "soon", value = "care_team" }]',
            "plan.toml, live_by: 'soon' is not a day; write it as 2026-01-01",
        ),
        (
            '[live_by]\nunverified = true\nvalues = [{ value = "care_team" }]',
            "plan.toml, live_by: None is not a day; write it as 2026-01-01",
        ),
    ],
)
def test_the_error_for_a_policy_file_names_what_is_wrong(tmp_path, text, message):
    (tmp_path / "plan.toml").write_text(text)

    with pytest.raises(PolicyError) as refusal:
        load_policy(tmp_path / "plan.toml")
    assert str(refusal.value) == message


def test_a_missing_policy_file_is_named(tmp_path):
    with pytest.raises(PolicyError, match=r"^plan\.toml: cannot be read \(No such file or directory\)$"):
        load_policy(tmp_path / "plan.toml")


def test_the_last_departure_wins_and_errors_number_the_departures():
    def row(value, **more):
        return {"key": "live_by", "value": value, "from": "2026-01-01", "source": "s", **more}

    plan = load_preset(MEDICARE).with_departures(
        [row("billing_provider"), row("physician_or_qhp", to="2026-03-31")], name="plan"
    )

    assert plan.name == "plan"
    assert plan.at("live_by", date(2025, 12, 31)) == "care_team"
    assert plan.at("live_by", date(2026, 3, 31)) == "physician_or_qhp"
    assert plan.at("live_by", date(2026, 4, 1)) == "billing_provider"
    assert plan.at("live_by", date(2099, 1, 1)) == "billing_provider"
    assert load_preset(MEDICARE).at("live_by", date(2026, 4, 1)) == "care_team"
    for bad, message in (
        (
            row("care_team", to="2025-12-31"),
            "plan, exception 2: live_by ends on 2025-12-31 before it begins on 2026-01-01",
        ),
        (row("care_team", source=""), "plan, exception 2: live_by needs a source"),
        (row("care_team", form="x"), "plan, exception 2: 'form' is not known; write key, value, from, to, source"),
    ):
        with pytest.raises(PolicyError) as refusal:
            load_preset(MEDICARE).with_departures([row("care_team"), bad], name="plan")
        assert str(refusal.value) == message
    one_day = load_preset(MEDICARE).with_departures([row("billing_provider", to="2026-01-01")], name="plan")
    assert one_day.at("live_by", date(2026, 1, 1)) == "billing_provider"
