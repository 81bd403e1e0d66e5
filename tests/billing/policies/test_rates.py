"""Rates: every row has a source, and a file is loaded completely or not at all."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from billing.models import Rate
from billing.policies.rates import COLUMNS, load_rates, rates_for, read_rates
from rpm_portal.core.refusals import Refused

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "rates_sample.csv"
HEAD = ",".join(COLUMNS)


def test_the_sample_file_loads_and_loading_it_again_adds_nothing(world, tmp_path):
    for _ in range(2):
        call_command("load_rates", world.practice.public_id, str(SAMPLE), verbosity=0)

    assert Rate.objects.filter(practice=world.practice).count() == 9
    assert rates_for(world.practice, ["99457", "99470"], year=2025) == {"99457": Decimal("47.87")}
    assert rates_for(world.other.practice, ["99457"], year=2025) == {}


def test_a_later_file_replaces_an_amount(world):
    row = "99457,2026,national,no,nonqualifying,{},CMS file"
    load_rates(practice=world.practice, text=f"{HEAD}\n{row.format('51.77')}")
    load_rates(practice=world.practice, text=f"{HEAD}\n{row.format('51.80')}")

    assert rates_for(world.practice, ["99457"], year=2026) == {"99457": Decimal("51.80")}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("99999,2026,national,no,nonqualifying,1.00,x", "99999"),
        ("99457,next,national,no,nonqualifying,1.00,x", "next"),
        ("99457,2026,national,maybe,nonqualifying,1.00,x", "facility"),
        ("99457,2026,national,no,best,1.00,x", "factor_class"),
        ("99457,2026,national,no,nonqualifying,free,x", "free"),
        ("99457,2026,national,no,nonqualifying,NaN,x", "NaN"),
        ("99457,2026,national,no,nonqualifying,-1.00,x", "-1.00"),
        ("99457,2026,national,no,nonqualifying,1.005,x", "1.005"),
        ("99457,2026,national,no,nonqualifying,1.00, ", "source"),
        ("99457,2026", "values"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_loaded(world, tmp_path, row, message):
    path = tmp_path / "rates.csv"
    path.write_text(f"{HEAD}\n99457,2026,national,no,nonqualifying,1.00,x\n{row}\n")

    with pytest.raises(CommandError, match="line 3") as refusal:
        call_command("load_rates", world.practice.name, str(path))
    assert message in str(refusal.value)
    assert not Rate.objects.exists()


def test_a_file_with_other_columns_is_refused():
    with pytest.raises(Refused, match="first line"):
        read_rates("code,amount\n99457,1.00")


def test_an_unknown_practice_or_file_is_refused(world, tmp_path):
    with pytest.raises(CommandError, match="no practice"):
        call_command("load_rates", "nobody", str(SAMPLE))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("load_rates", world.practice.name, str(tmp_path / "missing.csv"))
