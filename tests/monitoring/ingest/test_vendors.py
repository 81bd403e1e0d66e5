"""Parsers of the vendors' published formats: entries, units, and the reasons of refusals."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ingest import (
    BadBody,
    ContactEntry,
    Measurement,
    NoReading,
    PullNotice,
    RefusedEntry,
    Retraction,
    entries_of,
)
from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.units import UNITS, UnknownUnit, in_own_unit, number
from monitoring.ingest.vendors.files import entries, recognize, table_of
from rpm_portal.core.identifiers import luhn_digit

AT = "2026-11-21T08:14:00-06:00"
EPOCH = 1795270440


def parsed(shape, body, unit=""):
    return entries_of(shape, json.dumps(body).encode(), {"weight": unit})


def tenovi(**more):
    return {"metric": "blood_pressure", "hwi_device_id": "T1", "hardware_uuid": "gateway", "timestamp": AT,
            "value_1": "128", "value_2": 79, **more}  # fmt: skip


def test_tenovi_joins_the_pulse_to_its_pressure_and_identifies_the_device_by_its_own_id():
    rows = [
        tenovi(filter_params={"measurement_index": 1}),
        tenovi(metric="pulse", value_1="66", value_2=None, filter_params={"measurement_index": 1}),
        tenovi(metric="pulse", value_1="70", value_2=None, filter_params={"measurement_index": 2}),
    ]
    pressure, alone = parsed("tenovi", rows)

    assert pressure.serial == "T1"
    assert pressure.values == (Decimal(128), Decimal(79), Decimal(66))
    assert (alone.metric, alone.values) == ("heart_rate", (Decimal(70),))


@pytest.mark.parametrize(
    ("row", "unit", "expected"),
    [
        (tenovi(metric="weight", value_1=154), "lb", Decimal("69.85")),
        (tenovi(metric="weight", value_1=154, unit="kg"), "lb", Decimal(154)),
        (tenovi(metric="weight", value_1=154), "", "unknown_unit"),
        (tenovi(metric="weight", value_1=154, unit="stone"), "", "unknown_unit"),
        (tenovi(metric="temperature", value_1=98.6), "", "unknown_unit"),
        (tenovi(metric="mood"), "", "unreadable"),
        (tenovi(value_1="NaN"), "", "unreadable"),
        (tenovi(value_1=-5), "", "impossible"),
        (tenovi(timestamp="2026-11-21T08:14:00"), "", "unreadable"),
        (tenovi(hwi_device_id=""), "", "unreadable"),
    ],
)
def test_tenovi_values_units_and_refusals(row, unit, expected):
    (entry,) = parsed("tenovi", row, unit)

    assert (entry.reason if isinstance(entry, RefusedEntry) else entry.values[0]) == expected


def test_tenovi_marks_estimated_moments_and_makes_contacts_of_other_metrics():
    assert parsed("tenovi", tenovi(estimated_timestamp=True))[0].time_source == "estimated"
    assert parsed("tenovi", tenovi(metric="battery_percentage", value_1="61")) == [
        ContactEntry("T1", datetime.fromisoformat(AT), battery=61)
    ]
    assert isinstance(parsed("tenovi", tenovi(metric="steps"))[0], ContactEntry)


@pytest.mark.parametrize("body", [{}, [], [7], [{"metric": "x"}, 3], "x", [tenovi()] * 1001])
def test_tenovi_refuses_what_is_no_measurement(body):
    with pytest.raises(BadBody):
        parsed("tenovi", body)


def scale(**more):
    return {"deviceId": 35693803564380, "ts": EPOCH * 1000, "batteryVoltage": 5522, "rssi": 91,
            "values": {"unit": 1, "weight": 69800, "tare": 0}} | more  # fmt: skip


def test_bodytrace_sends_grams_and_an_imei_without_its_last_digit():
    weight, heard = parsed("bodytrace", scale())

    assert (weight.serial, weight.values) == ("356938035643809", (Decimal("69.80"),))
    assert heard.signal == 91
    assert parsed("bodytrace", scale(deviceId="356938035643809"))[0].serial == "356938035643809"
    assert luhn_digit("49015420323751") == "8"  # the standard's own example


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"weight": 69800, "tare": 100}, None),
        ({"weight": 69800, "tare": 101}, "impossible"),
        ({"weight": 900, "tare": 0}, "impossible"),
        ({"weight": "x"}, "unreadable"),
        ({}, None),
        ({"unit": 1}, "unreadable"),
        (7, "unreadable"),
    ],
)
def test_a_scale_that_was_zeroed_under_load_is_suspect(values, reason):
    first = parsed("bodytrace", scale(values=values))[0]

    assert getattr(first, "reason", None) == reason


@pytest.mark.parametrize("device", [None, "", "12", "3569380356438O", 7, True, "1234567890123456"])
def test_bodytrace_refuses_what_is_no_imei(device):
    with pytest.raises(BadBody):
        parsed("bodytrace", scale(deviceId=device))


def withings(*measures, **more):
    group = {"grpid": 12, "attrib": 0, "date": EPOCH, "category": 1, "deviceid": "W1", "measures": list(measures)}
    return {"status": 0, "body": {"measuregrps": [group | more]}}


def measure(kind, value, unit):
    return {"type": kind, "value": value, "unit": unit}


def test_withings_values_are_powers_of_ten():
    (pressure,) = parsed("withings", withings(measure(10, 128, 0), measure(9, 79, 0), measure(11, 66, 0)))
    (weight,) = parsed("withings", withings(measure(1, 71230, -3)))

    assert pressure.values == (Decimal(128), Decimal(79), Decimal(66))
    assert (weight.values, weight.vendor_id) == ((Decimal("71.23"),), "12")


@pytest.mark.parametrize(
    ("attrib", "kind"), [(0, "automatic"), (5, "automatic"), (2, "patient"), (4, "patient"), (1, None), ([], None)]
)
def test_withings_attrib_decides_who_measured(attrib, kind):
    (entry,) = parsed("withings", withings(measure(1, 70, 0), attrib=attrib))

    assert getattr(entry, "source_kind", None) == kind


def test_withings_goals_are_no_readings_and_an_expired_token_is_no_answer():
    assert [type(entry) for entry in parsed("withings", withings(measure(1, 70, 0), category=2))] == [NoReading]
    with pytest.raises(BadBody, match="401"):
        parsed("withings", {"status": 401})


def test_a_withings_notification_names_what_to_fetch():
    form = f"userid=12345&appli=4&startdate={EPOCH}&enddate={EPOCH + 60}".encode()

    assert entries_of("withings", form) == [
        PullNotice("12345", datetime.fromtimestamp(EPOCH, UTC), datetime.fromtimestamp(EPOCH + 60, UTC))
    ]
    for bad in (b"", b"userid=1", b"userid=1&startdate=x&enddate=2", b"userid=..%2F&startdate=1&enddate=2", b"\xff"):
        with pytest.raises(BadBody):
            entries_of("withings", bad)


def observation(code="29463-7", value=70, unit="kg", **more):
    return {
        "resourceType": "Observation", "id": "not-read", "identifier": [{"value": "o1"}], "status": "final", "effectiveDateTime": AT,
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "device": {"identifier": {"value": "F1"}},
        "valueQuantity": {"value": value, "code": unit}, **more,
    }  # fmt: skip


def component(code, value, unit="mm[Hg]"):
    return {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value, "code": unit}}


@pytest.mark.parametrize(
    ("code", "value", "unit", "metric", "kept"),
    [
        ("29463-7", 154, "[lb_av]", "weight", "69.85"),
        ("29463-7", 69800, "g", "weight", "69.80"),
        ("2339-0", 110, "mg/dL", "glucose", "110"),
        ("41653-7", 110, "mg/dL", "glucose", "110"),
        ("15074-8", 6.1, "mmol/L", "glucose", "109.90"),
        ("59408-5", 97, "%", "spo2", "97"),
        ("2708-6", 97, "%", "spo2", "97"),
        ("8310-5", 98.6, "[degF]", "temperature", "37"),
        ("8310-5", 37, "Cel", "temperature", "37"),
        ("19935-6", 400, "L/min", "peak_flow", "400"),
        ("33452-4", 6.5, "L/s", "peak_flow", "390"),
        ("8867-4", 66, "/min", "heart_rate", "66"),
    ],
)
def test_fhir_codes_and_units(code, value, unit, metric, kept):
    (entry,) = parsed("fhir", observation(code, value, unit))

    assert (entry.metric, entry.values[0], entry.vendor_id) == (metric, Decimal(kept), "o1")


def test_fhir_blood_pressure_in_components():
    parts = [component("8480-6", 17.1, "kPa"), component("8462-4", 79), component("8867-4", 66, "/min")]
    body = observation("85354-9", component=parts)
    del body["valueQuantity"]
    (entry,) = parsed("fhir", body)

    assert entry.values == (Decimal("128.26"), Decimal(79), Decimal(66))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "preliminary"}, "unreadable"),
        ({"status": {}}, "unreadable"),
        ({"effectiveDateTime": "2026-11-21"}, "unreadable"),
        ({"effectiveDateTime": None}, "unreadable"),
        ({"device": None}, "unreadable"),
        ({"code": {"coding": []}}, "unreadable"),
        ({"code": {"coding": [{"system": "http://snomed.info/sct", "code": "29463-7"}]}}, "unreadable"),
        ({"valueQuantity": {"value": 70, "code": "stone"}}, "unknown_unit"),
        ({"valueQuantity": {"value": 70}}, "unknown_unit"),
        ({"valueQuantity": {"value": 70, "code": "kg", "comparator": "ad"}}, "unreadable"),
        ({"valueQuantity": {"value": "70", "code": "kg"}}, "unreadable"),
        ({"valueQuantity": {"value": -70, "code": "kg"}}, "impossible"),
        ({"valueQuantity": None}, "unreadable"),
        ({"resourceType": 7}, "unreadable"),
        ({"code": {"coding": [{"code": "29463-7"}, {"code": "8867-4"}]}}, "unreadable"),
        ({"valueQuantity": {"value": 70, "code": "kg", "unit": "lb"}}, "unknown_unit"),
    ],
)
def test_a_bad_entry_among_good_ones_is_refused_alone(change, reason):
    good = [{"resource": observation(id=f"g{n}", value=60 + n / 10)} for n in range(99)]
    body = {"resourceType": "Bundle", "entry": [*good[:50], {"resource": {**observation(), **change}}, *good[50:]]}
    results = parsed("fhir", body)

    assert [entry.reason for entry in results if isinstance(entry, RefusedEntry)] == [reason]
    assert sum(isinstance(entry, Measurement) for entry in results) == 99


def test_fhir_retracts_what_was_entered_in_error_and_knows_who_reported():
    (retraction,) = parsed("fhir", observation(status="entered-in-error"))
    assert (type(retraction), retraction.serial, retraction.metric, retraction.name) == (
        Retraction,
        "F1",
        "weight",
        ("", "o1"),
    )
    assert parsed("fhir", observation(performer=[{"reference": "Patient/1"}]))[0].source_kind == "automatic"
    assert parsed("fhir", observation(device={"reference": "Device/F2"}))[0].serial == "F2"


def test_portal_metrics_are_all_described():
    rows = [
        {"metric": "temperature", "temperature_c": 37.2}, {"metric": "heart_rate", "heart_rate_per_min": 66},
        {"metric": "peak_flow", "peak_flow_l_min": 410, "fev1_l": 2.8}, {"metric": "peak_flow", "peak_flow_l_min": 410},
    ]  # fmt: skip
    results = parsed("portal", {"readings": [{"device": "P", "measured_at": AT, "id": "n", **row} for row in rows]})

    assert [entry.metric for entry in results] == ["temperature", "heart_rate", "peak_flow", "peak_flow"]


@given(st.sampled_from(["kg", "lb", "g", "[lb_av]"]), st.integers(20, 400))
def test_a_weight_means_the_same_in_every_unit(unit, kilograms):
    grams = {"kg": Decimal(1000), "g": Decimal(1), "lb": Decimal("453.59237"), "[lb_av]": Decimal("453.59237")}[unit]
    raw = str((Decimal(kilograms * 1000) / grams).quantize(Decimal("0.01")))

    assert abs(in_own_unit("weight", raw, unit) - kilograms) <= Decimal("0.01")


@given(st.one_of(st.text(), st.none(), st.booleans(), st.lists(st.integers()), st.floats()))
def test_a_number_is_a_number_or_refused(raw):
    try:
        assert number(raw).is_finite()
    except ValueError:
        assert raw is None or not isinstance(raw, int) or isinstance(raw, bool)


def test_every_metric_refuses_an_unknown_unit():
    for metric in set(UNITS) - {"therapy"}:
        with pytest.raises(UnknownUnit):
            in_own_unit(metric, 1, "furlong")


DEXCOM = """Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,Source Device ID,Glucose Value (mg/dL)
1,,FirstName,,Ana,,,
2,2026-11-20T23:58:11,EGV,,,,G7,142
3,2026-11-21T00:03:11,EGV,,,,G7,Low
4,2026-11-21T00:05:00,Carbs,,,,G7,30
5,2026-11-21T00:08:11,EGV,,,,G7,139
"""
LIBRE = """Glucose Data,Generated on,11-21-2026 09:00 AM,Generated by,Ana
Device,Serial Number,Device Timestamp,Record Type,Historic Glucose mg/dL,Scan Glucose mg/dL
FreeStyle,ABC,11-20-2026 11:58 PM,0,142,
FreeStyle,ABC,11-21-2026 12:13 AM,1,,150
FreeStyle,ABC,11-21-2026 12:13 AM,0,139,
"""
OMRON = """Date,Time,Systolic (mmHg),Diastolic (mmHg),Pulse (bpm),Irregular heartbeat detected
Nov 21 2026,08:14 AM,128,79,66,No
Nov 21 2026,08:16 AM,79,128,66,No
"""


@pytest.mark.parametrize(
    ("text", "name", "values", "refused"),
    [
        (DEXCOM, "Dexcom Clarity", [142, 40, 139], 0),
        (LIBRE, "LibreView", [142, 150, 139], 0),
        (OMRON, "Omron", [128], 1),
        ("\ufeff" + OMRON.replace(",", ";"), "Omron", [128], 1),
    ],
)
def test_an_export_is_recognized_and_read_in_the_patients_zone(text, name, values, refused):
    table = table_of(text)
    vendor, mapping = recognize(table.columns)
    results = list(entries(table, mapping, serial="X", zone=ZoneInfo("America/Chicago")))

    assert vendor == name
    assert [entry.values[0] for entry in results if isinstance(entry, Measurement)] == values
    assert sum(isinstance(entry, RefusedEntry) for entry in results) == refused
    assert {e.time_source for e in results if isinstance(e, Measurement)} == {"wall"}


def test_any_other_table_is_read_by_its_mapping():
    table = table_of("when,lbs\n11/21/2026 08:14,154\n")
    mapping = Mapping("weight", "when", "lbs", unit="lb")

    assert recognize(table.columns) == ("", None)
    (entry,) = entries(table, mapping, serial="X", zone=ZoneInfo("America/Chicago"))
    assert (entry.values[0], entry.measured_at) == (Decimal("69.85"), datetime(2026, 11, 21, 14, 14, tzinfo=UTC))


def test_a_local_time_that_never_existed_is_refused_and_an_ambiguous_one_is_the_first():
    table = table_of("when,kg\n2026-03-08 02:30,70\n2026-11-01 01:30,70\n")
    skipped, repeated = entries(
        table, Mapping("weight", "when", "kg", unit="kg"), serial="X", zone=ZoneInfo("America/Chicago")
    )

    assert isinstance(skipped, RefusedEntry)
    assert repeated.measured_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "one column\n1\n", "1,2\n3,4\n", "x" * 5000])
def test_a_file_without_a_header_is_refused(text):
    with pytest.raises(BadBody):
        table_of(text)
