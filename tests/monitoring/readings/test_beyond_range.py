"""Values outside a device's range: stored as bounds that count and alert, and shown as bounds."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from monitoring.fhir import observations
from monitoring.ingest import Measurement, RefusedEntry, entries_of
from monitoring.ingest.units import UnknownUnit
from monitoring.ingest.values import value_of
from monitoring.ingest.vendors.files import entries, left_out, recognize, table_of
from monitoring.intake import manual_entry, take_in
from monitoring.models import Alert, Reading, ReadingDay, Standing, UnmatchedReading
from monitoring.readings.glucose_profile import day_profile
from monitoring.readings.table import reading_page
from monitoring.readings.trend_svg import LineLimits, Point, draw
from monitoring.readings.words import mean_bound, note_facts, value_words
from monitoring.rules.multi_value import rule_of
from monitoring.rules.thresholds import Limit, breaches
from monitoring.services import add_rule, open_source, set_threshold
from rpm_portal.pages.chart.trends import trends_of
from rpm_portal.pages.export.bundle import write_archive
from tests.builders import at

NOON = at("2026-06-02", "12:00:00")
AT = "2026-06-02T07:00:00-05:00"
BACKEND = "rpm_portal.accounts.backends.PortalBackend"


def glucose(serial, **value):
    return {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": AT,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2339-0"}]},
        "device": {"identifier": {"value": serial}}, **value,
    }  # fmt: skip


def quantity(value, comparator=None, unit="mg/dL"):
    result = {"value": value, "unit": unit, "code": unit}
    return {"valueQuantity": result | ({"comparator": comparator} if comparator else {})}


def interpretation(sign):
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return {"interpretation": [{"coding": [{"system": system, "code": sign}]}]}


FHIR = [
    (quantity(600, ">"), 600, ">"), (quantity(20, "<"), 20, "<"), (quantity(500, ">="), 500, ">="),
    (quantity(40, "<="), 40, "<="), (quantity(33.3, ">", "mmol/L"), Decimal("599.92"), ">"),
    ({"valueString": "HI"}, 600, ">"), ({"valueString": "high"}, 600, ">"), ({"valueString": " Lo "}, 20, "<"),
    ({"valueString": "LOW"}, 20, "<"), ({"valueString": ">600"}, 600, ">"), ({"valueString": "< 20 mg/dL"}, 20, "<"),
    ({"valueString": ">33.3 mmol/L"}, Decimal("599.92"), ">"), ({"valueString": "\u2265500 mg/dL"}, 500, ">="),
    ({"valueCodeableConcept": {"text": "HI"}}, 600, ">"),
    ({"valueCodeableConcept": {"coding": [{"code": "x", "display": "LO"}]}}, 20, "<"),
    ({"dataAbsentReason": {"text": "error"}, **interpretation(">")}, 600, ">"),
    ({**quantity(600), **interpretation(">")}, 600, ">"), ({**quantity(112), **interpretation("H")}, 112, ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "kept", "bound"), FHIR, ids=range(len(FHIR)))
def test_fhir_has_many_forms_of_a_value_outside_the_range(value, kept, bound):
    (entry,) = entries_of("fhir", json.dumps(glucose("F1", **value)).encode())

    assert isinstance(entry, Measurement), entry
    assert (entry.values[0], entry.bounds[0]) == (kept, bound)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"valueString": "112"}, "unreadable"), ({"valueString": "about 600"}, "unreadable"),
        ({"valueString": ">33.3"}, "unknown_unit"), (quantity(600, "ad"), "unreadable"),
        (quantity(600, 7), "unreadable"), (quantity(6000, ">"), "impossible"), ({"valueString": ">"}, "unreadable"),
        ({"code": {"coding": [{"code": "8310-5"}]}, "valueString": "HI"}, "unknown_unit"),
    ],
)  # fmt: skip
def test_an_invalid_bound_waits_for_a_person(value, reason):
    (entry,) = entries_of("fhir", json.dumps(glucose("F1", **value)).encode())

    assert isinstance(entry, RefusedEntry)
    assert entry.reason == reason


def parsed(shape, body, unit=""):
    return entries_of(shape, json.dumps(body).encode(), unit)[0]


def test_every_format_can_send_a_bound():
    portal = {"device": "P", "metric": "glucose", "measured_at": AT}
    telli = {"deviceId": "T", "readingType": "BloodGlucose", "time": "1780401600000"}
    tenovi = {"metric": "glucose", "hwi_device_id": "V", "timestamp": AT}
    results = [
        parsed("portal", {"readings": [portal | {"glucose_mg_dl": ">600"}]}),
        parsed("portal", {"readings": [portal | {"glucose_mg_dl": "HI"}]}),
        parsed("telli", telli | {"data": {"glucose": "HI", "unit": "mmol/L"}}),
        parsed("telli", telli | {"data": {"glucose": ">33.3", "unit": "mmol/L"}}),
        parsed("tenovi", tenovi | {"value_1": "High"}),
        parsed("bodytrace", {"deviceId": 35693803564380, "ts": 1780401600000, "values": {"weight": ">200000"}}),
    ]

    assert [(f"{entry.values[0].normalize():f}", entry.bounds[0]) for entry in results] == [
        ("600", ">"), ("600", ">"), ("600", ">"), ("599.92", ">"), ("600", ">"), ("200", ">"),
    ]  # fmt: skip
    plain = parsed("portal", {"readings": [portal | {"glucose_mg_dl": "128"}]})
    assert "glucose_mg_dl must be a number" in plain.message
    with pytest.raises(UnknownUnit, match="range of the device"):
        value_of("temperature", "HI", "C")


def test_a_pressure_has_a_bound_for_each_part(world):
    entry = {"device": world.serial, "metric": "blood_pressure", "measured_at": AT, "systolic": ">280",
             "diastolic": 120, "pulse": ">=199"}  # fmt: skip
    world.send([entry, entry], now=NOON)

    row = Reading.objects.get()
    words = value_words(row.metric, row.value, row.value_2, row.bounds, units="us")
    assert (row.bounds, words) == (">,,>=", ">280/120 mmHg")
    ((shown,), _) = reading_page(world.enrollment, before=None, units="us")
    assert (shown.text, shown.pulse, shown.flag) == (">280/120", "\u2265199", "HH")
    parts = observations(world.practice.pk, [row])[0]["component"]
    assert [part["valueQuantity"].get("comparator") for part in parts] == [">", None, ">="]


@pytest.mark.parametrize(
    ("value", "bound", "limits", "severity"),
    [
        (600, ">", {"high": 600}, "high"), (600, ">", {"high": 601}, None), (600, ">=", {"high": 600}, None),
        (600, ">=", {"high": 599}, "high"), (600, ">", {"critical_high": 400}, "critical"),
        (20, "<", {"low": 20}, "high"), (20, "<", {"low": 19}, None), (20, "<=", {"low": 20}, None),
        (20, "<", {"critical_low": 54}, "critical"), (20, "<", {"high": 10}, None), (600, ">", {"low": 700}, None),
        (600, "", {"high": 600}, None),
    ],
)  # fmt: skip
def test_a_bound_breaks_a_limit_if_every_value_it_can_mean_does(value, bound, limits, severity):
    limit = Limit("glucose", 1, **{name: Decimal(edge) for name, edge in limits.items()})
    severities = [breach.severity for breach in breaches("glucose", [Decimal(value)], [limit], [bound])]

    assert severities == ([severity] if severity else [])


def high_reading(world, value=">600", moment=AT):
    taken = world.send(
        [{"device": world.serial, "metric": "glucose", "measured_at": moment, "glucose_mg_dl": value}], now=NOON
    )
    return taken.new


def test_a_reading_above_the_meters_range_counts_and_alerts_and_is_shown_as_a_bound(world):
    set_threshold(
        enrollment=world.enrollment, metric="glucose", by=world.user("physician"), low=Decimal(70), high=Decimal(180),
        critical_low=Decimal(54), critical_high=Decimal(300),
    )  # fmt: skip
    assert high_reading(world) == 1

    assert ReadingDay.objects.get().automatic == 1
    assert not UnmatchedReading.objects.exists()
    assert Alert.objects.get().severity == "critical"
    assert Standing.objects.get(enrollment=world.enrollment).last_bounds == ">"
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    for path in (
        f"/patients/{world.patient.public_id}/", "/alerts/", "/",
        f"/patients/readings/{world.enrollment.public_id}/",
    ):  # fmt: skip
        answer = client.get(path)
        if answer.status_code == 200:
            page = answer.content.decode()
            assert "&gt;600" in page or ">600" in page.replace(">>600", ""), path


def test_the_archive_marks_the_bound(world):
    high_reading(world)
    high_reading(world, 112, "2026-06-02T06:00:00-05:00")
    file = io.BytesIO()
    write_archive(file, world.practice, patient=None, now=NOON)
    with zipfile.ZipFile(file) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("csv/readings.csv").decode())))
        resources = [json.loads(line) for line in archive.read("fhir/Observation.ndjson").splitlines()]

    # A cell that a spreadsheet would run as a formula gets an apostrophe; this one does not need it.
    assert [(row["bounds"], row["value"]) for row in rows] == [(">", "600.00"), ("", "112.00")]
    assert [resource["valueQuantity"].get("comparator") for resource in resources] == [">", None]


def test_the_standing_is_updated_when_the_bound_is_amended_to_a_number(world):
    entry = {"device": world.serial, "metric": "glucose", "measured_at": AT, "id": "g", "glucose_mg_dl": "HI"}
    world.send([entry], now=NOON)
    world.send([entry | {"glucose_mg_dl": 600}], now=NOON)

    standing = Standing.objects.get(enrollment=world.enrollment)
    assert (standing.last_value, standing.last_bounds) == (600, "")
    assert [row.bounds for row in Reading.objects.order_by("pk")] == [">", ""]


def test_a_chart_marks_a_bound_and_never_draws_it_as_a_number():
    start = at("2026-06-01")
    points = [Point(start, Decimal(112)), Point(start + timedelta(hours=1), Decimal(600), ">", "H")]
    chart = draw(
        title="Blood glucose", unit="mg/dL", series=[("glucose", points)], start=start,
        end=start + timedelta(days=1), zone="America/Chicago", limits=[LineLimits(low=Decimal(70), high=Decimal(600))],
    )  # fmt: skip

    assert [(bound["text"], bound["up"]) for bound in chart.bounds] == [(">600", True)]
    assert len(chart.series[0]["dots"]) == 1
    assert chart.points[1][2:] == (">600 mg/dL", "high")
    assert chart.label == "Blood glucose, 2 values, latest >600 mg/dL, 1 outside limits"


def test_a_chart_of_many_values_keeps_the_mark(world):
    source, _ = open_source(practice=world.practice, name="F", shape="portal", now=NOON)
    rows = [
        {"device": world.serial, "metric": "glucose", "glucose_mg_dl": "LO" if n == 300 else "HI" if n == 400 else 120,
         "measured_at": (NOON - timedelta(minutes=10 * n)).isoformat()}
        for n in range(800)
    ]  # fmt: skip
    take_in.take_in(source=source, body=json.dumps({"readings": rows}).encode(), now=NOON)
    trends = trends_of(world.enrollment, days=30, reviews=[], calls=[], now=NOON, units="us")

    assert sorted(bound["text"] for bound in trends["charts"][0].bounds) == ["<20", ">600"]
    assert trends["profile"].mean == "~120"
    profile = day_profile(
        world.enrollment.pk, start=NOON - timedelta(minutes=2990), end=NOON, known=NOON, zone="America/Chicago"
    )
    assert profile.mean == "120"


def test_an_average_with_a_bound_is_shown_as_at_least(world):
    high_reading(world, 100, "2026-06-02T06:00:00-05:00")
    high_reading(world)
    facts = note_facts(world.enrollment.pk, zone="America/Chicago", now=NOON, units="us")

    assert (facts["average"], facts["latest"].split()[-2]) == ("\u2265350 mg/dL", ">600")
    assert [mean_bound(sides) for sides in ((), ("", ">"), ("<=", ""), (">", "<"))] == ["", ">=", "<=", "~"]


def test_a_rule_over_several_values_takes_the_nearest_that_a_bound_can_be(world):
    spec = {"kind": "average", "metric": "glucose", "days": 3, "above": 600}
    assert rule_of(spec)
    add_rule(enrollment=world.enrollment, spec=spec, severity="critical", by=world.user("physician"))
    for hour in (5, 6):
        high_reading(world, moment=f"2026-06-02T0{hour}:00:00-05:00")
    assert not Alert.objects.exists()
    high_reading(world)

    assert Alert.objects.get().severity == "critical"


LIBRE = """Glucose Data,Generated on,06-28-2026 10:00 AM UTC,Generated by,P P
Device,Serial Number,Device Timestamp,Record Type,Historic Glucose mg/dL,Scan Glucose mg/dL,Notes,Strip Glucose mg/dL
FreeStyle LibreLink,AAAA-1,06-01-2026 08:00 AM,0,112,,,
FreeStyle LibreLink,AAAA-1,06-01-2026 08:20 AM,1,,121,,
FreeStyle LibreLink,AAAA-1,06-01-2026 08:35 AM,1,,HI,,
FreeStyle LibreLink,AAAA-1,06-01-2026 08:50 AM,0,LO,,,
FreeStyle LibreLink,AAAA-1,06-01-2026 09:00 AM,2,,,,133
FreeStyle LibreLink,AAAA-1,06-01-2026 09:05 AM,2,,,,HI
FreeStyle LibreLink,AAAA-1,06-01-2026 09:10 AM,6,,,walked,
FreeStyle LibreLink,AAAA-1,06-01-2026 09:15 AM,0,,,,
"""


def test_a_libreview_export_brings_history_scans_and_strips_and_counts_the_rest():
    table = table_of(LIBRE)
    name, mapping = recognize(table.columns)
    results = list(entries(table, mapping, serial="X", zone=ZoneInfo("America/Chicago")))

    assert name == "LibreView"
    assert [(int(entry.values[0]), entry.bounds[0]) for entry in results] == [
        (112, ""), (121, ""), (400, ">"), (40, "<"), (133, ""), (600, ">"),
    ]  # fmt: skip
    assert left_out(table, mapping) == 2
    mmol = LIBRE.replace("mg/dL", "mmol/L").replace("112", "6,2").replace("121", "6.7").replace("133", "7.4")
    table = table_of(mmol.replace(",6,2,", ',"6,2",'))
    results = list(entries(table, recognize(table.columns)[1], serial="X", zone=ZoneInfo("America/Chicago")))
    assert (results[2].values[0], results[2].bounds[0]) == (400, ">")


def test_a_clarity_export_keeps_high_and_low():
    text = (
        "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Glucose Value (mg/dL)\n"
        "1,2026-06-01T08:00:00,EGV,,High\n2,2026-06-01T08:05:00,EGV,,Low\n3,2026-06-01T08:10:00,Carbs,,\n"
    )
    table = table_of(text)
    mapping = recognize(table.columns)[1]
    results = list(entries(table, mapping, serial="X", zone=ZoneInfo("America/Chicago")))

    assert [(int(entry.values[0]), entry.bounds[0]) for entry in results] == [(400, ">"), (40, "<")]
    assert left_out(table, mapping) == 1


def test_the_file_page_shows_the_bounds_and_what_is_left_out_and_keeps_all(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend=BACKEND)
    path = f"/enrollments/{world.enrollment.public_id}/readings/file/"
    from django.urls import reverse

    path = reverse("monitoring:bring_file", args=[world.enrollment.public_id])
    device = manual_entry.assignments_of(world.enrollment)[0]
    form = {"text": LIBRE, "device": str(device.pk)}
    page = client.post(path, form).content.decode()
    assert "&gt;400" in page
    assert "2 rows without a reading" in page
    # The mapping as the page's own form sends it back.
    _, mapping = recognize(table_of(LIBRE).columns)
    back = {k: v for k, v in mapping.as_dict().items() if k in {"metric", "moment", "first", "unit", "only_column"}}
    back |= {"only_value": "0,1,2", "more": list(mapping.more)}
    client.post(path, form | back | {"keep": "1"})

    rows = Reading.objects.order_by("measured_at").values_list("value", "bounds")
    assert [(int(value), bounds) for value, bounds in rows] == [
        (112, ""), (121, ""), (400, ">"), (40, "<"), (133, ""), (600, ">"),
    ]  # fmt: skip
