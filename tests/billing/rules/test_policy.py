"""Policies: dated, sourced, refused with file, key and reason."""

from datetime import date

import pytest

from billing.rules import PolicyError, PolicyGap, load_codes, load_preset
from billing.rules.policy import load_policy, parameters

PRESETS = ["medicare_general_supervision", "strict_provider_only"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_something_about_every_parameter_in_2026(name):
    preset = load_preset(name)

    for key in parameters():
        preset.at(key, date(2026, 12, 31))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_silent_about_the_rules_of_2027(name):
    with pytest.raises(PolicyGap):
        load_preset(name).at("rule_year", date(2027, 1, 1))


def test_strict_differs_from_medicare_only_where_the_strict_page_does():
    medicare, strict = (load_preset(name) for name in PRESETS)
    on = date(2026, 3, 31)
    different = {key for key in parameters() if medicare.at(key, on) != strict.at(key, on)}

    assert different == {"time_roles", "time_pooling", "live_by", "attestation"}


def test_a_departure_holds_on_its_days_and_no_other():
    policy = load_preset(PRESETS[0]).with_departures(
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
    assert policy.dated("first10_codes_enabled", date(2026, 6, 30)).source == "bulletin"


@pytest.mark.parametrize(
    ("departure", "said"),
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
def test_a_wrong_departure_is_refused_and_named(departure, said):
    with pytest.raises(PolicyError, match=said):
        load_preset(PRESETS[0]).with_departures([departure], name="plan")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml [", "not TOML"),
        ('[live_by]\nvalues = [{ from = 2026-01-01, value = "care_team" }]', "source"),
        ('[shoe_size]\nsource = "x"\nvalues = [{ from = 2026-01-01, value = 9 }]', "shoe_size"),
        (
            '[live_by]\nsource = "x"\nvalues = [{ from = 2026-01-01, to = 2026-06-30, value = "care_team" },'
            ' { from = 2026-06-30, value = "care_team" }]',
            "overlap",
        ),
        ('[live_by]\nsource = "x"\nvalues = []', "no values"),
    ],
)
def test_a_wrong_policy_file_is_refused_with_file_and_key(tmp_path, text, said):
    path = tmp_path / "plan.toml"
    path.write_text(text)

    with pytest.raises(PolicyError, match=said) as refusal:
        load_policy(path)
    assert "plan.toml" in str(refusal.value)


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(PolicyError, match="strict_provider_only"):
        load_preset("generous")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[", "not TOML"),
        ('["99999"]\nprogram = "RPM"', "missing"),
        ('["99999"]\nprogramme = "RPM"', "programme"),
    ],
)
def test_a_wrong_code_file_is_refused(tmp_path, text, said):
    (tmp_path / "codes.toml").write_text(text)

    with pytest.raises(PolicyError, match=said):
        load_codes(tmp_path)


def test_every_code_and_threshold_has_a_source():
    for code in load_codes().by_code.values():
        assert code.source
        assert code.mins
