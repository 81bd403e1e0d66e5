"""ICD-10-CM codes: in force on a day, billable, found by code or word, replaced by a release."""

from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from enrollment.diagnosis_codes import check_diagnosis, find_codes, load_codes, read_codes, valid_on
from enrollment.models import DiagnosisCode
from rpm_portal.core.refusals import Refused

FIRST, NEXT = date(2025, 10, 1), date(2026, 10, 1)
ROWS = """code,description,billable
I10,Essential (primary) hypertension,yes
E11,Type 2 diabetes mellitus,no
E11.65,Type 2 diabetes mellitus with hyperglycemia,yes
I50.22,Chronic systolic (congestive) heart failure,yes
"""


@pytest.fixture
def loaded(db):
    return load_codes(read_codes(ROWS), valid_from=FIRST)


@pytest.mark.parametrize(
    ("code", "on", "message"),
    [
        ("I10", FIRST, ""),
        ("I10", date(2025, 9, 30), "not an ICD-10-CM code on 2025-09-30"),
        ("E11", FIRST, "more exact codes"),
        ("I10.0", FIRST, "not an ICD-10-CM code"),
    ],
)
def test_a_diagnosis_must_be_billable_and_in_force_on_the_day(loaded, code, on, message):
    if message:
        with pytest.raises(ValidationError, match=message):
            check_diagnosis(code, on=on)
    else:
        check_diagnosis(code, on=on)


@pytest.mark.django_db
def test_without_codes_only_the_shape_is_checked():
    check_diagnosis("Z99.9", on=FIRST)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("e11", ["E11.65"]),
        ("diab hyper", ["E11.65"]),
        ("heart fail", ["I50.22"]),
        ("I 10", ["I10"]),
        ("x'y&|!", []),
        ("", []),
    ],
)
def test_codes_are_found_by_their_beginning_or_by_words_in_any_order(loaded, words, codes):
    assert [row.code for row in find_codes(words, on=FIRST)] == codes


def test_a_release_ends_codes_it_does_not_contain_and_loading_it_again_changes_nothing(loaded):
    newer = ROWS.replace("I10,Essential (primary) hypertension,yes\n", "").replace("mellitus with", "mellitus: with")
    for _ in range(2):
        assert load_codes(read_codes(newer), valid_from=NEXT) == 3
        assert [row.valid_to for row in DiagnosisCode.objects.filter(code="I10")] == [date(2026, 9, 30)]
        assert DiagnosisCode.objects.filter(code="E11.65").count() == 2
        assert DiagnosisCode.objects.filter(code="I50.22").count() == 1
    assert valid_on(date(2026, 9, 30)).count() == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "The first line must be"),
        ("code,description,billable\n10,x,yes\n", "line 2: '10' is not a code"),
        ("code,description,billable\nI10,,yes\n", "line 2: a description"),
        ("code,description,billable\nI10,x,maybe\n", "line 2: a description and yes or no"),
    ],
)
def test_an_invalid_file_is_refused_by_line(text, message):
    with pytest.raises(Refused, match=message):
        read_codes(text)


@pytest.mark.django_db
def test_the_command_loads_a_file_and_keeps_existing_codes(tmp_path: Path, capsys):
    (tmp_path / "codes.csv").write_text(ROWS, encoding="utf-8-sig")
    call_command("load_icd10", "--file", str(tmp_path / "codes.csv"), "--valid-from", "2025-10-01")
    call_command("load_icd10", "--if-empty")

    assert DiagnosisCode.objects.count() == 4
    assert "already" in capsys.readouterr().out
    (tmp_path / "codes.csv").write_bytes(b"code,description,billable\nI10,\xff\xfe,yes\n")
    with pytest.raises(CommandError):
        call_command("load_icd10", "--file", str(tmp_path / "codes.csv"))
    assert DiagnosisCode.objects.count() == 4
