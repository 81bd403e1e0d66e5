"""Files of real exports on the file page: read right, asked about, or refused with a sentence; and remembered."""

import json
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from monitoring.intake import manual_entry
from monitoring.models import Reading, RememberedFormat, UnmatchedReading
from tests.builders import at
from tests.conftest import SHARED

CASES = SHARED / "cases" / "readings"
BACKEND = "rpm_portal.accounts.backends.PortalBackend"
needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the shared folder is absent")
pytestmark = pytest.mark.django_db


class Page:
    """The file page of one patient, with a device since April."""

    def __init__(self, world):
        self.client = Client()
        self.client.force_login(world.user("clinical_staff"), backend=BACKEND)
        self.path = reverse("monitoring:bring_file", args=[world.enrollment.public_id])
        self.device = str(manual_entry.assignments_of(world.enrollment)[0].pk)

    def look(self, text, **more):
        return self.client.post(self.path, {"text": text, "device": self.device, **more})

    def keep(self, text, **more):
        return self.look(text, keep="1", **more)


@pytest.fixture
def file_page(world, monkeypatch):
    monkeypatch.setattr("monitoring.views.readings.timezone.now", lambda: at("2026-09-01"))
    return Page(world)


def mapping(metric, moment, first, **more):
    empty = dict.fromkeys(("time", "second", "pulse", "unit", "only_column", "only_value"), "")
    return {"metric": metric, "moment": moment, "first": first, **empty, **more}


def stored():
    rows = Reading.objects.order_by("measured_at")
    return [(f"{r.measured_at:%m-%d %H:%M}", *(f"{v:f}".rstrip("0").rstrip(".") for v in (r.value, r.value_2, r.value_3)))
            for r in rows]  # fmt: skip


def shared(name):
    return (CASES / name).read_bytes().decode("utf-8-sig")


@needs_cases
@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        ("X01_omron_us", {}, [("06-01 13:15", "128", "82", "64"), ("06-03 02:00", "131", "80", "70")]),
        ("X02_omron_eu_sysdia", {}, [("06-03 19:10", "129", "83", "65"), ("06-04 05:05", "127", "81", "66")]),
        ("X03_uk_ddmmyyyy", {}, [(f"06-{d} 13:00", v, "82", "64") for d, v in (("03", "128"), ("04", "129"), ("25", "130"))]),
        ("X07_clarity_mmol_semicolon", {}, [("06-08 13:00", "111.7", "0", "0"), ("06-08 13:05", "180.16", "0", "0")]),
        (
            "X08_german_semicolon",
            mapping("blood_pressure", "Datum", "Systolisch (mmHg)", time="Uhrzeit", second="Diastolisch (mmHg)",
                    pulse="Puls (bpm)"),
            [("06-09 13:00", "128", "82", "64"), ("06-10 13:00", "129", "83", "65")],
        ),
        ("X09_pulse_dash", {}, [("06-11 13:00", "128", "82", "0"), ("06-12 13:00", "129", "83", "0")]),
        ("X10_nnbsp_ampm", {}, [("06-14 01:15", "128", "82", "64"), ("06-14 13:15", "129", "83", "65")]),
        ("X11_comma_date_24h", {}, [("06-16 02:15", "128", "82", "64")]),
        (
            "X12_iso_offset",
            mapping("blood_pressure", "Measured At", "Systolic", second="Diastolic", pulse="Heart Rate"),
            [("06-16 13:00", "128", "82", "64")],
        ),
        ("X13_withings_bp", {}, [("06-17 13:15", "128", "82", "64")]),
        ("X14_vitadock_units_in_cells", {}, [("06-19 00:14", "104", "68", "72")]),
        ("X17_dst_gap", {}, []),
        ("X20_bom_crlf", {}, [("06-22 13:00", "128", "82", "64")]),
        ("X21_preamble_libre3", {}, [("06-23 13:00", "112", "0", "0")]),
        ("X23_weight_lb_cells", mapping("weight", "Date", "Weight (lb)"), [("06-24 13:00", "82.74", "0", "0")]),
    ],
)  # fmt: skip
def test_a_file_of_a_real_sender_is_read_right(file_page, name, form, expected):
    text = shared(f"{name}.csv")
    file_page.look(text, **form)
    file_page.keep(text, **form)

    assert stored() == expected


@needs_cases
@pytest.mark.parametrize("name", ["X18_latin1", "X19_utf16"])
def test_a_file_in_another_encoding_is_refused_with_what_to_do(file_page, name):
    upload = SimpleUploadedFile("f.csv", (CASES / f"{name}.csv").read_bytes())
    answer = file_page.client.post(file_page.path, {"file": upload, "device": file_page.device})

    assert (answer.status_code, "CSV UTF-8" in answer.content.decode()) == (422, True)


@needs_cases
def test_month_names_of_another_language_are_refused_with_the_forms_that_are_read(file_page):
    form = mapping("blood_pressure", "Datum", "Systoliskt (mmHg)", time="Tid", second="Diastoliskt (mmHg)")
    answer = file_page.look(shared("X16_swedish_months.csv"), **form).content.decode()

    assert "Write it like 2026-06-19 08:00" in answer


HEADER = "Date,Time,Systolic (mmHg),Diastolic (mmHg),Pulse (bpm)\n"
AMBIGUOUS = HEADER + "03/06/2026,08:00,128,82,64\n04/06/2026,08:00,129,82,64\n"
FORM = mapping(
    "blood_pressure",
    "Date",
    "Systolic (mmHg)",
    time="Time",
    second="Diastolic (mmHg)",
    pulse="Pulse (bpm)",
    unit="mmHg",
)
READ_AS = {"as-date_order": "", "as-unit": "mmHg", "as-zone": "America/Chicago"}


def test_an_ambiguous_date_is_asked_about_and_nothing_is_stored_before(file_page):
    answer = file_page.keep(AMBIGUOUS).content.decode()
    assert "more than one way" in answer
    assert "03/06/2026 in this file" in answer
    assert file_page.keep(AMBIGUOUS, **FORM, **READ_AS).status_code == 200
    assert stored() == []

    file_page.keep(AMBIGUOUS, **FORM, **READ_AS | {"as-date_order": "dmy"})
    assert [row[0] for row in stored()] == ["06-03 13:00", "06-04 13:00"]


def test_a_suggested_order_is_shown_and_can_be_changed(file_page):
    text = AMBIGUOUS.replace("08:00", "8:00 AM")
    answer = file_page.look(text).content.decode()
    assert '<option value="mdy" selected' in answer
    assert "more than one way" not in answer

    file_page.keep(text, **FORM, **READ_AS | {"as-date_order": "dmy"})
    assert [row[0] for row in stored()] == ["06-03 13:00", "06-04 13:00"]


def test_the_choice_is_remembered_for_this_header_and_practice_alone(world, file_page):
    file_page.keep(AMBIGUOUS, **FORM, **READ_AS | {"as-date_order": "dmy"})
    later = AMBIGUOUS.replace("/06/", "/07/")
    answer = file_page.keep(later)

    assert answer.status_code == 200
    assert [row[0] for row in stored()][2:] == ["07-03 13:00", "07-04 13:00"]
    assert RememberedFormat.objects.get().practice == world.practice
    assert "more than one way" in Page(world.other).look(AMBIGUOUS).content.decode()
    assert "more than one way" in file_page.look(AMBIGUOUS.replace("Pulse (bpm)", "Pulse")).content.decode()


def test_a_row_that_proves_the_order_is_above_what_is_remembered(file_page):
    file_page.keep(AMBIGUOUS, **FORM, **READ_AS | {"as-date_order": "dmy"})
    file_page.keep(HEADER + "06/13/2026,08:00,128,82,64\n06/12/2026,08:00,129,82,64\n")

    assert [row[0] for row in stored()][2:] == ["06-12 13:00", "06-13 13:00"]


def test_dates_that_contradict_each_other_are_refused(file_page):
    answer = file_page.keep(HEADER + "13/06/2026,08:00,128,82,64\n06/14/2026,08:00,128,82,64\n")

    assert (answer.status_code, "contradict each other" in answer.content.decode()) == (422, True)
    assert stored() == []


@pytest.mark.parametrize(
    ("heading", "value", "asked"),
    [("Weight (lb)", "182.4", False), ("Weight", "182.4 lb", False), ("Weight", "182.4", True)],
)
def test_a_weight_without_a_unit_is_asked_about(file_page, heading, value, asked):
    text = f"Date,{heading}\n2026-06-24 08:00,{value}\n"
    form = mapping("weight", "Date", heading)
    answer = file_page.keep(text, **form)

    assert ("more than one way" in answer.content.decode()) is asked
    if asked:
        file_page.keep(text, **form, **READ_AS | {"as-unit": "lb"})
    assert [row[1] for row in stored()] == ["82.74"]


def test_another_zone_of_the_file_is_chosen_and_shown(file_page):
    text = HEADER + "2026-06-22,08:00,128,82,64\n"
    assert "America/Chicago" in file_page.look(text).content.decode()
    wrong = file_page.look(text, **FORM, **READ_AS | {"as-zone": "Chicago"})
    assert "IANA name" in wrong.content.decode()
    file_page.keep(text, **FORM, **READ_AS | {"as-zone": "Europe/Berlin"})

    assert [row[0] for row in stored()] == ["06-22 06:00"]


def test_a_reading_that_the_device_sent_is_not_stored_again(world, file_page):
    sent = datetime(2026, 5, 2, 13, 0, 17, tzinfo=UTC)
    entry = {"device": world.serial, "metric": "blood_pressure", "systolic": 128, "diastolic": 79, "pulse": 66}
    world.send([{**entry, "measured_at": sent.isoformat()}], now=at("2026-05-03"))
    text = HEADER + "2026-05-02,08:00,128,79,66\n2026-05-02,08:01,128,79,66\n2026-05-02,08:00,129,79,66\n"

    assert "1 that the device sent already" in file_page.look(text).content.decode()
    assert "2 new, 1 already on file" in file_page.keep(text).content.decode()
    assert "0 new, 3 already on file" in file_page.keep(text).content.decode()
    kinds = [row.source_kind for row in Reading.objects.order_by("measured_at", "value")]
    assert kinds == ["file", "automatic", "file"]


def test_a_file_of_a_million_rows_is_refused_before_it_is_parsed(file_page, monkeypatch):
    def fail(text):
        raise AssertionError("parsed")

    monkeypatch.setattr("monitoring.views.readings.table_of", fail)
    upload = SimpleUploadedFile("f.csv", (HEADER + "2026-06-22,08:00,128,82,64\n" * 1_000_000).encode())
    answer = file_page.client.post(file_page.path, {"file": upload, "device": file_page.device})

    assert (answer.status_code, "larger than 2 MB" in answer.content.decode()) == (422, True)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "status"), [(50_000, 200), (50_001, 422)])
def test_the_limit_of_rows_is_exact(file_page, monkeypatch, rows, status):
    monkeypatch.setattr("monitoring.intake.manual_entry.preview", lambda **more: None)
    answer = file_page.look("Date,Systolic,Diastolic\n" + "2026-06-22 08:00,1,2\n" * rows)

    assert answer.status_code == status


def test_a_file_with_a_clock_of_1970_or_2099_is_unmatched_or_refused_row_by_row(file_page):
    file_page.keep(HEADER + "1970-01-01,08:00,128,79,66\n2099-01-01,08:00,128,79,66\n2026-06-22,08:00,128,79,66\n")

    assert len(stored()) == 1
    assert {row.reason for row in UnmatchedReading.objects.all()} == {"not_assigned", "future"}


def test_digits_of_another_script_in_a_file_are_refused(file_page):
    file_page.keep(HEADER + "2026-06-22,08:00,١٢٨,79,66\n")

    assert stored() == []
    assert UnmatchedReading.objects.get().reason == "unreadable"


def test_the_stored_body_contains_how_it_is_read(file_page):
    file_page.keep(AMBIGUOUS, **FORM, **READ_AS | {"as-date_order": "mdy"})
    body = json.loads(Reading.objects.first().delivery.body)

    assert (body["mapping"]["date_order"], body["zone"]) == ("mdy", "America/Chicago")
