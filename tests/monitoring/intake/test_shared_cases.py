"""Copies of real senders' bodies and files, sent to the real API addresses and the real file page.

Each case says what must happen (`right`). `CASES` has the same as facts: the readings that count, their days, and what
waits for a person.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from enrollment import services as enrollment
from monitoring.intake import manual_entry
from monitoring.models import Alert, DeviceContact, Reading, ReadingDay, UnmatchedReading
from monitoring.services import open_source, set_threshold
from rpm_portal.core.identifiers import luhn_digit
from tests.builders import at
from tests.conftest import SHARED

FOLDER = SHARED / "cases" / "readings"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.exists(), reason="the shared folder is absent"),
]
BACKEND = "rpm_portal.accounts.backends.PortalBackend"
IMEI = "35787204001234" + luhn_digit("35787204001234")
SERIALS = (
    "SN-77", "chi-bp", "chi-scale", "chi-oxi", "W-DEV-1", "WDEV9f8e7d", "864593054464085", IMEI,
    "0a1b2c3d-1111-4222-8333-444455556666", "A10000FEFF0000B1.A0000F00B001",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What a case must lead to: readings that count (values, and the pulse after a slash), days, waiting entries."""

    readings: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    waiting: int = 0
    statuses: tuple[int, ...] = (200,)
    # Words of the answer, or of the message of a waiting entry.
    words: str = ""


def one(value, day):
    return Case((value,), (f"2026-{day}",))


CASES = {
    # BodyTrace
    "B01": one("69.8", "05-01"), "B02": one("128/79/66", "05-02"), "B03": one("96", "05-03"), "B04": Case(),
    "B06": Case(waiting=1), "B07": one("70.2", "05-07"), "B08": one("70.2", "05-08"),
    # FHIR
    "F01": Case(waiting=1, words="The device is missing"), "F02": one("44", "05-02"), "F03": one("83.91", "05-03"),
    "F04": one("113.5", "05-04"), "F05": one("95", "05-05"), "F06": one("116/71", "05-06"), "F07": one("83.9", "05-07"),
    "F09": Case(("70", "71", "72"), ("2026-05-10", "2026-05-11", "2026-05-12")),
    "F10": Case(("60", "61", "62", "65", "66", "67"), ("2026-05-13", "2026-05-14", "2026-05-15")),
    "F11": Case(("61", "62"), ("2026-05-16", "2026-05-17")), "F12": Case(("61", "62"), ("2026-05-18", "2026-05-19")),
    "F13": Case(("64",), ("2026-05-20",)), "F14": Case(), "F15": Case(),
    "F16": Case(("63",), ("2026-05-23",), waiting=1), "F17": Case(waiting=1, words="diastolic is missing"),
    # Of a transaction with a refused entry nothing is stored.
    "F18": one("121/79", "05-25"), "F20": Case(statuses=(422,), words="OperationOutcome"), "F22": one("68", "05-29"),
    "F23": Case(waiting=1, words="must be a number, not a text"), "F24": Case(), "F25": one("118/76", "06-01"),
    "F26": one(">600", "06-02"), "F27": one(">600", "06-03"), "F28": one("123/77", "06-04"),
    "F29": Case(statuses=(400,), words="Bundle"), "F30": Case(statuses=(415,), words="JSON"),
    "F31": one("69", "06-06"), "F32": Case(("129.71", "140"), ("2026-06-07",)), "F33": one("58", "06-08"),
    "F34": one("58", "06-09"), "F35": one("57", "06-10"), "F36": one("56", "06-11"), "F40": one("55", "06-13"),
    "F41": Case(waiting=1, statuses=(422,), words="OperationOutcome"), "F45": one("64", "06-18"),
    "F46": Case(("61", "62"), ("2026-06-19",), waiting=1, words="must be a moment with its offset"), "F47": Case(("37", "37"), ("2026-06-20",)),
    "F48": one("124/80", "06-21"), "F49": one("61", "06-22"), "F50": Case(statuses=(422,), words="The device is missing"),
    "F51": one("125/81/70", "06-24"), "F52": Case(waiting=1, words="The device is missing"), "F53": Case(),
    # Telli Health
    "L01": one("122/98/62", "05-01"), "L02": one("123/81/62", "05-02"), "L03": Case(), "L04": one("124/80", "05-04"),
    "L05": Case(("422.34", "99.09"), ("2026-05-05",)), "L06": Case(waiting=1), "L07": Case(waiting=1, words="mmol/L"),
    "L08": one("122/80", "05-08"),
    # Our own batch
    "P01": one("128/79/66", "05-01"), "P02": one("128/79/66", "05-02"), "P03": one("128/79/66", "05-03"),
    "P04": Case(waiting=3), "P05": Case(waiting=1, words="systolic"), "P06": Case(waiting=1),
    "P07": Case(waiting=1, words="diastolic"), "P08": Case(statuses=(400,), words="readings"),
    "P09": Case(statuses=(400,), words="byte-order mark"), "P12": Case(waiting=1, words="battery"),
    "P13": Case(("127/79/66", "128/79/66"), ("2026-05-13", "2026-05-14")),
    "P14": Case(("128/79/66", "128/79/66"), ("2026-05-15", "2026-05-16")),
    "P15": Case(("128/79/66", "131/79/66"), ("2026-05-17", "2026-08-17"), waiting=1), "P16": Case(statuses=(400,)),
    "P17": Case(statuses=(400,), words="Telli Health"), "P18": Case(statuses=(400,), words="Telli Health"),
    "P19": Case(waiting=1),
    # Tenovi
    "T01": one("120/80/64", "05-01"), "T02": one("97", "05-02"), "T03": one("322/1.85", "05-03"),
    "T04": Case(waiting=1, words="Choose it on the source"), "T05": Case(), "T06": Case(), "T07": one("112/70", "05-07"),
    "T08": Case(waiting=1, words="Choose it on the source"), "T09": one("84.01", "05-09"), "T10": one("113/70", "05-10"),
    "T11": Case(waiting=1, words="value_2"), "T12": one("114/70/66", "05-12"),
    # Withings
    "W01": Case(), "W02": Case(), "W03": Case(), "W04": Case(statuses=(202,)),
    "W05": Case(("128/79/66", "72.34"), ("2026-05-01",)), "W06": Case(("36.7", "61"), ("2026-05-02",)),
    "W07": Case(waiting=1), "W08": one("71.5", "05-04"),
}  # fmt: skip
# Cases of the transport and of searching have their own tests.
ELSEWHERE = {"F37", "F38", "F39", "P10", "P11", "P20", "P21", "P22", "P24"}
# Single Observations and entries that are refused are answered with 422 or 200, by the rules of the answers.
ACCEPTED = {200, 201, 202, 422}


def test_every_case_is_expected_or_tested_elsewhere():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CASES) | ELSEWHERE


@pytest.fixture
def devices(world, monkeypatch):
    """The devices of the cases, assigned to the patient before the cases begin."""
    nurse = world.user("clinical_staff")
    for serial in SERIALS:
        device = enrollment.add_device(model=world.cuff, serial=serial, by=nurse)
        enrollment.assign_device(
            device=device, enrollment=world.enrollment, starts_at=at("2026-04-01", "00:00:00"), by=nurse
        )
    set_threshold(enrollment=world.enrollment, metric="glucose", by=world.user("physician"), critical_high=400)
    now = at("2026-09-01")
    monkeypatch.setattr("monitoring.views.api.timezone.now", lambda: now)
    monkeypatch.setattr("monitoring.views.readings.timezone.now", lambda: now)
    return now


def text(row):
    bounds = [*row.bounds.split(","), "", ""]
    values = [row.value, row.value_2, row.value_3]
    if row.metric not in {"blood_pressure", "peak_flow"}:
        values = values[:1]
    parts = [f"{bound}{value.normalize():f}" for bound, value in zip(bounds, values, strict=False)]
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return "/".join(parts)


def send(case, step, *, path, key):
    """One step of a case; the answer is followed as a client would."""
    body = step["text"] if "text" in step else json.dumps(step["body"]) if "body" in step else ""
    headers = {"x-api-key": key, **case.get("headers", {}), **step.get("headers", {})}
    media = headers.pop("Content-Type", "application/json")
    return Client().generic(case.get("method", "POST"), path, body, content_type=media, headers=headers)


def path_of(case, step, key):
    if "path" in case:
        return case["path"].format(key=key)
    if case["door"] == "fhir":
        body = step.get("body")
        is_single = isinstance(body, dict) and body.get("resourceType") == "Observation"
        return "/api/fhir/Observation" if is_single else "/api/fhir/"
    return {"portal": "/api/readings/", "tenovi_lb": "/api/tenovi/"}.get(case["door"], f"/api/{case['door']}/")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_case_has_the_expected_readings(world, devices, name):
    case, expected = json.loads((FOLDER / f"{name}.json").read_text()), CASES[name]
    shape = case["door"].removesuffix("_lb")
    unit = "lb" if case["door"].endswith("_lb") else ""
    _, key = open_source(
        practice=world.practice, name=name, shape=shape, weight_unit=unit, now=devices - timedelta(days=200)
    )
    answers = []
    for step in case.get("steps") or [case]:
        answers.append(send(case, step, path=path_of(case, step, key), key=key))
    statuses = {answer.status_code for answer in answers}
    if expected.statuses == (200,):
        assert statuses <= ACCEPTED
    else:
        assert statuses == set(expected.statuses)

    rows = Reading.objects.filter(voided_at__isnull=True)
    waiting = list(UnmatchedReading.objects.filter(resolved_at__isnull=True))
    assert sorted(text(row) for row in rows) == sorted(expected.readings), [row.message for row in waiting]
    days = ReadingDay.objects.filter(automatic__gt=0).values_list("local_day", flat=True)
    assert sorted({str(day) for day in days}) == sorted(expected.days)
    assert len(waiting) == expected.waiting, [row.message for row in waiting]
    said = " ".join([*(answer.content.decode() for answer in answers), *(row.message for row in waiting)])
    assert expected.words in said
    assert Alert.objects.filter(severity="critical").count() == (name in {"F26", "F27"})
    if name == "P15":
        assert waiting[0].reason == "same_name"


def test_a_temperature_of_tenovi_is_stored_once_its_unit_is_chosen(world, devices):
    case = json.loads((FOLDER / "T04.json").read_text())
    _, key = open_source(
        practice=world.practice, name="T", shape="tenovi", temperature_unit="[degF]", now=devices - timedelta(days=9)
    )
    send(case, case, path="/api/tenovi/", key=key)

    assert [text(row) for row in Reading.objects.all()] == ["36.89"]


def test_a_glucose_of_telli_is_stored_once_its_unit_is_chosen(world, devices):
    case = json.loads((FOLDER / "L07.json").read_text())
    _, key = open_source(
        practice=world.practice, name="L", shape="telli", glucose_unit="mmol/L", now=devices - timedelta(days=9)
    )
    send(case, case, path="/api/telli/", key=key)

    assert [text(row) for row in Reading.objects.all()] == ["327.88"]
    assert not Alert.objects.filter(severity="critical").exists()


def test_the_battery_and_an_irregular_heartbeat_of_telli_are_shown(world, devices):
    _, key = open_source(practice=world.practice, name="L", shape="telli", now=devices - timedelta(days=9))
    for name in ("L01", "L02"):
        case = json.loads((FOLDER / f"{name}.json").read_text())
        send(case, case, path="/api/telli/", key=key)

    assert DeviceContact.objects.get(device__serial="864593054464085").battery == 90
    assert [row.irregular for row in Reading.objects.order_by("measured_at")] == [False, True]
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    page = client.get(reverse("monitoring:readings", args=[world.enrollment.public_id])).content.decode()
    assert page.count("irregular heartbeat") == 1


# The readings of each file, with the local moment in the patient's zone; a text is a sentence of the page.
FILES = {
    "X01_omron_us": ["06-01 08:15 128/82/64", "06-02 21:00 131/80/70"],
    "X02_omron_eu_sysdia": ["06-03 14:10 129/83/65", "06-04 00:05 127/81/66"],
    "X03_uk_ddmmyyyy": ["06-03 08:00 128/82/64", "06-04 08:00 129/82/64", "06-25 08:00 130/82/64"],
    "X05_libreview_us": ["06-06 08:00 112", "06-06 08:20 121", "06-06 08:35 >400"],
    "X07_clarity_mmol_semicolon": ["06-08 08:00 111.7", "06-08 08:05 180.16"],
    "X08_german_semicolon": ["06-09 08:00 128/82/64", "06-10 08:00 129/83/65"],
    "X09_pulse_dash": ["06-11 08:00 128/82", "06-12 08:00 129/83"],
    "X10_nnbsp_ampm": ["06-13 20:15 128/82/64", "06-14 08:15 129/83/65"],
    "X11_comma_date_24h": ["06-15 21:15 128/82/64"],
    "X12_iso_offset": ["06-16 08:00 128/82/64"],
    "X13_withings_bp": ["06-17 08:15 128/82/64"],
    "X14_vitadock_units_in_cells": ["06-18 19:14 104/68/72"],
    "X16_swedish_months": "Write it like 2026-06-19 08:00",
    "X17_dst_gap": "clocks went forward",
    "X18_latin1": "UTF-8",
    "X19_utf16": "UTF-8",
    "X20_bom_crlf": ["06-22 08:00 128/82/64"],
    "X21_preamble_libre3": ["06-23 08:00 112"],
    "X23_weight_lb_cells": ["06-24 08:00 82.74"],
}


def test_every_file_is_expected():
    assert {path.stem for path in FOLDER.glob("*.csv")} == set(FILES) | {"X22_same_moment_as_sent"}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_imported_on_the_file_page(world, devices, name):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    path = reverse("monitoring:bring_file", args=[world.enrollment.public_id])
    device = next(row for row in manual_entry.assignments_of(world.enrollment) if row.device.serial == "SN-77")
    with (FOLDER / f"{name}.csv").open("rb") as upload:
        page = client.post(path, {"device": str(device.pk), "file": upload})
    shown = page.content.decode()
    if isinstance(FILES[name], str):
        assert FILES[name] in shown
        return
    # The page posts its hidden text and the chosen columns back, as a browser does.
    context = page.context
    form = {"device": str(device.pk), "text": context["text"], "keep": "1"}
    form |= {field.html_name: field.value() for field in context["mapping"] if field.value()}
    client.post(path, form)

    zone = world.enrollment.patient.zone
    rows = Reading.objects.filter(source_kind="file").order_by("measured_at")
    found = [f"{row.measured_at.astimezone(ZoneInfo(zone)):%m-%d %H:%M} {text(row)}" for row in rows]
    assert found == FILES[name]
    assert not ReadingDay.objects.filter(automatic__gt=0).exists()
