"""Rates: every row has a source, and a file is loaded completely or not at all."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from billing.models import FeeFile, Rate
from billing.policies import rates
from billing.policies.expected import expected_amounts
from billing.policies.rates import COLUMNS, CONTRACT_COLUMNS, load_rates, read_rates
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import at
from tests.test_access import signed_in

SAMPLE = Path(__file__).resolve().parents[3] / "docs" / "rates_sample.csv"
HEAD = ",".join(COLUMNS)


def test_the_sample_file_loads_and_loading_it_again_adds_nothing(world, tmp_path):
    for _ in range(2):
        call_command("load_rates", world.practice.public_id, str(SAMPLE), verbosity=0)

    assert Rate.objects.filter(practice=world.practice).count() == 9
    on = date(2025, 3, 31)
    amounts = expected_amounts(world.practice, [2025]).by_code(["99457", "99470"], on=on, payer=world.payer.pk)
    assert amounts == {"99457": Decimal("47.87")}
    assert expected_amounts(world.other.practice, [2025]).amount("99457", on=on, payer=None) is None


def test_a_later_file_replaces_an_amount(world):
    row = "99457,2026,national,no,nonqualifying,{},CMS file"
    load_rates(practice=world.practice, text=f"{HEAD}\n{row.format('51.77')}")
    load_rates(practice=world.practice, text=f"{HEAD}\n{row.format('51.80')}")

    assert Rate.objects.get().amount == Decimal("51.80")


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


CONTRACT = ",".join(CONTRACT_COLUMNS)
NOW = at("2026-03-20")


def upload(world, text, *, name="rates.csv"):
    manager = world.members["manager"]
    return rates.upload_rates(practice=world.practice, name=name, body=text.encode(), by=manager, now=NOW)


def national(code, amount, source="x"):
    return f"{code},2026,national,no,nonqualifying,{amount},{source}"


def test_a_file_has_no_effect_before_it_is_loaded_and_its_preview_says_what_changes(world):
    load_rates(practice=world.practice, text="\n".join([HEAD, national("99457", "51.77"), national("99458", "41.42")]))
    later = [HEAD, national("99457", "51.80"), national("99458", "41.42"), national("99470", "26.05")]
    file = upload(world, "\n".join(later))
    preview = rates.preview_rates(world.practice, read_rates(file.text))
    assert (preview.added, preview.replaced, preview.unchanged) == (1, 1, 1)
    assert [(one.rate.code, one.before) for one in preview.changes] == [("99457", Decimal("51.77")), ("99470", None)]
    assert Rate.objects.get(code="99457").amount == Decimal("51.77")

    assert rates.load_file(file=file, by=world.members["manager"], now=NOW) == 3
    assert Rate.objects.get(code="99457").amount == Decimal("51.80")
    file.refresh_from_db()
    assert (file.loaded_by, file.loaded_at) == (world.user("manager"), NOW)
    events = Event.objects.filter(subject=f"fee_file:{file.public_id}").values_list("action", flat=True)
    assert set(events) == {"upload_rates", "load_rates"}
    with pytest.raises(Refused, match="loaded already"):
        rates.load_file(file=file, by=world.members["manager"], now=NOW)


def test_the_database_refuses_to_rewrite_an_uploaded_file(world):
    file = upload(world, f"{HEAD}\n{national('99457', '51.77')}")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FeeFile.objects.filter(pk=file.pk).update(text="other")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("99457,2026,national,no,nonqualifying,40.00,x,Nobody,", "'Nobody' is not a payer of this practice"),
        ("99457,2026,national,no,nonqualifying,40.00,x,Medicare Part B,2027-01-01", "not a day of 2026"),
        ("99457,2026,national,no,nonqualifying,40.00,x,Medicare Part B,soon", "not a day of 2026"),
        ("99457,2026,national,no,nonqualifying,sNaN,x,,", "not an amount"),
        ("99457,2026,national,no,nonqualifying,40.00,x", "expected 9 values"),
    ],
)
def test_a_wrong_row_of_a_contract_is_refused_and_nothing_is_stored(world, row, message):
    with pytest.raises(Refused, match=message):
        upload(world, f"{CONTRACT}\n{row}\n")
    assert not FeeFile.objects.exists()


def test_a_file_that_names_a_rate_twice_or_has_no_row_is_refused(world):
    row = national("99457", "40.00")
    with pytest.raises(Refused, match="line 3: this rate is in the file already"):
        upload(world, f"{HEAD}\n{row}\n{row}\n")
    with pytest.raises(Refused, match="no rows"):
        upload(world, f"{HEAD}\n")
    with pytest.raises(Refused, match="UTF-8"):
        rates.upload_rates(practice=world.practice, name="x", body=b"\xff\xfe", by=world.members["manager"], now=NOW)


def test_a_schedule_of_2026_without_the_correction_of_march_is_named(world):
    """CMS-1832-F2 recalculated 99454 for all of 2026; a file of January is stale. 99457 did not change."""
    rows = [HEAD, national("99454", "47.43", "CMS January"), national("99457", "51.77", "CMS January")]
    (warning,) = rates.preview_rates(world.practice, read_rates("\n".join(rows))).warnings
    assert warning.startswith("99454 2026: the source does not name CMS-1832-F2")
    corrected = [HEAD, national("99454", "52.11", "CMS as corrected by CMS-1832-F2")]
    assert rates.preview_rates(world.practice, read_rates("\n".join(corrected))).warnings == []


def test_a_file_of_which_no_row_applies_is_named(world):
    other = read_rates(f"{HEAD}\n99457,2026,16,no,nonqualifying,55.00,x")
    assert "No row applies" in rates.preview_rates(world.practice, other).warnings[0]
    rates.set_basis(locality="16", facility=False, factor_class="nonqualifying", by=world.members["manager"], now=NOW)
    assert rates.preview_rates(world.practice, other).warnings == []


def test_the_pages_check_show_and_load_a_file(world):
    manager, biller = signed_in(world.user("manager")), signed_in(world.user("biller"))
    assert "No amounts on file" in biller.get("/policies/fees/").content.decode()
    bad = manager.post("/policies/fees/upload/", {"file": SimpleUploadedFile("x.csv", b"code\n99457")})
    assert bad.status_code == 422
    assert "Nothing was stored. The first line must be" in bad.content.decode()
    text = f"{CONTRACT}\n{national('99457', '61.00', 'Contract of May')},{world.payer.name},2026-07-01\n"
    answer = manager.post("/policies/fees/upload/", {"file": SimpleUploadedFile("<b>c.csv", text.encode())})
    address = answer["Location"]
    page = biller.get(address).content.decode()
    assert "1 new, 0 replaced, 0 unchanged" in page
    assert "$61.00" in page
    assert "&lt;b&gt;c.csv" in page
    assert "Load these amounts" not in page
    assert biller.post(f"{address}load/").status_code == 403
    assert signed_in(world.other.user("manager")).get(address).status_code == 404
    assert signed_in(world.other.user("manager")).post(f"{address}load/").status_code == 404
    assert manager.post(f"{address}load/").status_code == 302
    assert manager.post(f"{address}load/").status_code == 422
    row = Rate.objects.get()
    assert (row.payer, row.starts_on, row.amount) == (world.payer, date(2026, 7, 1), Decimal("61.00"))
    wrong = manager.post("/policies/fees/basis/", {"locality": "16", "facility": "no", "factor_class": "best"})
    assert wrong.status_code == 422
