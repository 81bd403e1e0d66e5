"""Releases of diagnosis codes: by date of service, loaded on a page, with the affected enrollments; ranked search."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from enrollment.diagnosis_codes import check_diagnosis, find_codes, load_codes, read_codes, unknown_diagnoses, valid_on
from enrollment.diagnosis_codes.affected import affected_by
from enrollment.diagnosis_codes.releases import load_changes, read_changes
from enrollment.diagnosis_codes.search import common_conditions
from enrollment.diagnosis_codes.shipped import FY2026, FY2027, shipped_changes
from enrollment.models import DiagnosisCode, DiagnosisRelease, Enrollment
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import a_world
from tests.test_access import signed_in

LAST, FIRST = date(2026, 9, 30), date(2026, 10, 1)
ROWS = """code,description,billable
E11,Type 2 diabetes mellitus,no
E11.00,Type 2 diabetes mellitus with hyperosmolarity without nonketotic hyperglycemic-hyperosmolar coma,yes
E11.65,Type 2 diabetes mellitus with hyperglycemia,yes
E11.9,Type 2 diabetes mellitus without complications,yes
H35.031,"Hypertensive retinopathy, right eye",yes
I10,Essential (primary) hypertension,yes
I11.0,Hypertensive heart disease with heart failure,yes
I42.0,Dilated cardiomyopathy,yes
I42.8,Other cardiomyopathies,yes
I50.22,Chronic systolic (congestive) heart failure,yes
I50.9,"Heart failure, unspecified",yes
I97.130,Postprocedural heart failure following cardiac surgery,yes
J44.9,"Chronic obstructive pulmonary disease, unspecified",yes
Z13.1,Encounter for screening for diabetes mellitus,yes
"""
CHANGES = """code,description,billable,change
I42.0,Dilated cardiomyopathy,no,changed
I42.00,"Dilated cardiomyopathy, unspecified",yes,new
I42.01,Familial-genetic dilated cardiomyopathy,yes,new
I42.8,Other cardiomyopathies,yes,ended
"""


@pytest.fixture
def whole(db):
    return load_codes(read_codes(ROWS), valid_from=FY2026.valid_from, facts=FY2026)


@pytest.fixture
def both(whole):
    return load_changes(read_changes(CHANGES), facts=FY2027)


@pytest.mark.parametrize(
    ("code", "on", "message"),
    [
        ("I42.0", LAST, ""),
        ("I42.00", LAST, "not an ICD-10-CM code on 2026-09-30"),
        ("I42.0", FIRST, "more exact codes below it"),
        ("I42.00", FIRST, ""),
        ("I42.8", LAST, ""),
        ("I42.8", FIRST, "not an ICD-10-CM code on 2026-10-01"),
        ("I10", FIRST, ""),
    ],
)
def test_a_code_is_checked_against_the_release_of_the_date_of_service(both, code, on, message):
    if message:
        with pytest.raises(ValidationError, match=message):
            check_diagnosis(code, on=on)
    else:
        check_diagnosis(code, on=on)
    assert (unknown_diagnoses({(code, on)}) == set()) is (message == "")


def test_an_unknown_code_under_a_release_that_is_not_whole_says_what_to_do(both):
    with pytest.raises(ValidationError, match="FY2027 is not on file in full"):
        check_diagnosis("I42.09", on=FIRST)
    with pytest.raises(ValidationError, match="Search it by a word"):
        check_diagnosis("I42.09", on=LAST)


def test_changes_are_loaded_again_without_effect_and_replaced_by_the_whole_release(both):
    before = list(DiagnosisCode.objects.order_by("code", "valid_from").values_list("code", "valid_from", "valid_to"))
    assert load_changes(read_changes(CHANGES), facts=FY2027) == both
    rows = DiagnosisCode.objects.order_by("code", "valid_from")
    assert list(rows.values_list("code", "valid_from", "valid_to")) == before
    load_codes(read_codes(ROWS), valid_from=FIRST, facts=FY2027)

    assert list(valid_on(FIRST).filter(code__startswith="I42").values_list("code", "billable")) == [
        ("I42.0", True),
        ("I42.8", True),
    ]
    assert DiagnosisRelease.objects.get(valid_from=FIRST).complete


def test_a_release_before_the_newest_is_refused(both):
    with pytest.raises(Refused, match="FY2027 is on file from 2026-10-01"):
        load_codes(read_codes(ROWS), valid_from=FY2026.valid_from)


@pytest.mark.django_db
def test_changes_need_a_release_before_them_and_codes_that_exist():
    with pytest.raises(Refused, match="after a whole release"):
        load_changes(read_changes(CHANGES), facts=FY2027)
    load_codes(read_codes(ROWS), valid_from=FY2026.valid_from)
    with pytest.raises(Refused, match="I99 is to end, but is not in force"):
        load_changes(read_changes("code,description,billable,change\nI99,x,yes,ended\n"), facts=FY2027)
    with pytest.raises(Refused, match="line 2: change is new, changed or ended, not 'gone'"):
        read_changes("code,description,billable,change\nI99,x,yes,gone\n")


def test_a_part_of_a_release_is_refused_as_a_whole_one(whole):
    part = "code,description,billable\nI10,Essential (primary) hypertension,yes\n"
    with pytest.raises(Refused, match="lacks 13 of the 14 codes"):
        load_codes(read_codes(part), valid_from=FIRST, checked=False)
    assert valid_on(FIRST).count() == 14
    assert load_codes(read_codes(part), valid_from=FIRST) == 1


def test_affected_enrollments_are_those_of_the_practice_with_the_codes_that_may_replace_it(world, both):
    Enrollment.objects.filter(pk=world.enrollment.pk).update(diagnosis="I42.0")
    (one,) = affected_by(world.practice, on=FIRST)

    assert (one.code, [row.pk for row in one.enrollments]) == ("I42.0", [world.enrollment.pk])
    assert [code.code for code in one.choices] == ["I42.00", "I42.01"]
    assert affected_by(world.practice, on=LAST) == []


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("copd", ["J44.9"]),
        ("hypert", ["I10", "I11.0"]),
        ("heart failure", ["I50.9", "I50.22", "I11.0", "I97.130"]),
        ("diabetes", ["E11.9", "E11.65", "E11.00", "Z13.1"]),
        ("chf", ["I50.9", "I50.22", "I11.0"]),
        ("i11", ["I11.0"]),
        ("x'y&|!", []),
    ],
)
def test_a_nurse_finds_the_common_condition_first(whole, words, first):
    assert [row.code for row in find_codes(words, on=LAST)][: len(first)] == first


def test_what_the_practice_uses_comes_before_common_conditions(world, whole):
    Enrollment.objects.filter(pk=world.enrollment.pk).update(diagnosis="I97.130")

    found = [row.code for row in find_codes("heart failure", on=LAST, practice=world.practice)]
    assert found == ["I97.130", "I50.9", "I50.22", "I11.0"]
    assert find_codes("heart failure", on=LAST)[0].code == "I50.9"
    assert "I97.130" not in [row.code for row in find_codes("diabetes", on=LAST, practice=world.practice)]


def test_an_ended_code_is_not_found(both):
    assert "I42.8" in [row.code for row in find_codes("i42", on=LAST)]
    assert [row.code for row in find_codes("i42", on=FIRST)] == ["I42.00", "I42.01"]


def test_the_shipped_changes_name_every_code_that_ends_or_is_no_longer_billable():
    changes = shipped_changes()

    assert (len(changes.ended), len([row for row in changes.rows if row.billable])) == (21, 77)
    assert {row.code for row in changes.rows if not row.billable} >= {"I42.0", "I42.8", "I49.8", "M72.2", "Z68.1"}


@pytest.mark.slow
@pytest.mark.django_db
def test_the_package_and_the_shipped_changes_fit_together():
    """K16, with the real codes."""
    pytest.importorskip("simple_icd_10_cm")
    call_command("load_icd10")

    for code, on, valid in (
        ("I42.0", date(2025, 10, 1), True), ("I42.00", date(2025, 10, 1), False),
        ("I42.0", FIRST, False), ("I42.00", FIRST, True), ("T52.8X1A", LAST, True), ("T52.8X1A", FIRST, False),
    ):  # fmt: skip
        assert (unknown_diagnoses({(code, on)}) == set()) is valid, (code, on)
    common = {condition.code for condition in common_conditions()}
    assert set(valid_on(FIRST).filter(code__in=common, billable=True).values_list("code", flat=True)) == common
    for words, code in (("copd", "J44.9"), ("hypert", "I10"), ("heart failure", "I50.9"), ("diabetes", "E11.9")):
        assert find_codes(words, on=FIRST)[0].code == code


def upload(client, text, **more):
    values = {"name": "FY2027", "valid_from": "2026-10-01", "source": "CDC, order file", "kind": "changes"} | more
    return client.post("/settings/diagnosis-codes/", values | {"file": SimpleUploadedFile("codes.csv", text.encode())})


@pytest.fixture
def alone(whole):
    """A world that is the only practice of the installation."""
    return a_world(with_other=False)


def test_an_administrator_loads_a_release_and_a_manager_sees_the_patients(alone):
    Enrollment.objects.filter(pk=alone.enrollment.pk).update(diagnosis="I42.0")
    admin, manager = signed_in(alone.user("admin")), signed_in(alone.user("manager"))
    answer = upload(admin, CHANGES)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/diagnosis-codes/?on=2026-10-01")
    page = admin.get(answer["Location"]).content.decode()

    assert "1 open enrollment with a diagnosis that is not valid on" in page
    assert "I42.00 Dilated cardiomyopathy, unspecified" in " ".join(page.split())
    assert str(alone.patient) not in page
    assert str(alone.patient) in manager.get(answer["Location"]).content.decode()
    event = Event.objects.get(action="load_diagnosis_codes")
    assert event.detail == {"release": "FY2027", "valid_from": "2026-10-01", "codes": 15}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("a,b\n", {}, "The first line must be: code,description,billable,change"),
        (ROWS, {"kind": "changes"}, "The first line must be"),
        ("code,description,billable\nI10,x,yes\n", {"kind": "whole"}, "lacks 13 of the 14 codes"),
        (CHANGES, {"valid_from": "soon"}, "Correct the fields below"),
        (CHANGES, {"valid_from": "2025-09-30"}, "FY2026 is on file from 2025-10-01"),
    ],
)
def test_a_refused_release_says_what_is_wrong_and_changes_nothing(alone, text, more, message):
    answer = upload(signed_in(alone.user("admin")), text, **more)

    assert (answer.status_code, message in answer.content.decode()) == (422, True)
    assert (DiagnosisCode.objects.count(), DiagnosisRelease.objects.count()) == (14, 1)


def test_with_several_practices_none_loads_codes_for_the_others(world, whole):
    admin = signed_in(world.user("admin"))
    assert "The operator of the installation" in admin.get("/settings/diagnosis-codes/").content.decode()
    assert upload(admin, CHANGES).status_code == 422
    assert DiagnosisRelease.objects.count() == 1


def test_the_known_changes_are_loaded_by_one_button(alone):
    rows = "".join(f"{code},x,yes\n" for code in shipped_changes().ended)
    more = "".join(f"{row.code},x,yes\n" for row in shipped_changes().rows if not row.billable and row.code not in ROWS)
    load_codes(read_codes(ROWS + rows + more), valid_from=FY2026.valid_from, facts=FY2026)
    answer = signed_in(alone.user("admin")).post("/settings/diagnosis-codes/", {"act": "shipped"})

    assert answer.status_code == 302
    assert (DiagnosisRelease.objects.get(valid_from=FIRST).name, unknown_diagnoses({("I42.01", FIRST)})) == (
        "FY2027", set(),
    )  # fmt: skip
