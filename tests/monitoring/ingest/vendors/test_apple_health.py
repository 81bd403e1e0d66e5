"""Apple Health exports: read as a stream, bounded, and without entities."""

import io
import json
import zipfile
from datetime import date

import pytest

from monitoring.ingest import BadBody, Measurement, entries_of
from monitoring.ingest.vendors import apple_health
from monitoring.ingest.vendors.apple_health import read_export

DAY = date(2026, 6, 1)
DTD = "<!DOCTYPE HealthData [\n<!ELEMENT HealthData (Record*)>\n<!ATTLIST HealthData locale CDATA #REQUIRED>\n]>\n"


def record(kind, value, unit, *, at="2026-06-01 08:15:00 -0500", source="Scale"):
    return (
        f'<Record type="HKQuantityTypeIdentifier{kind}" sourceName="{source}" unit="{unit}" startDate="{at}" '
        f'endDate="{at}" value="{value}"><MetadataEntry key="HKWasUserEntered" value="0"/></Record>\n'
    )


def export(*records, dtd=DTD, root="HealthData"):
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{dtd}<{root} locale="en_US">\n{"".join(records)}</{root}>\n'
    return io.BytesIO(text.encode())


def zipped(stream, name="apple_health_export/export.xml"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("apple_health_export/export_cda.xml", b"<ClinicalDocument/>" * 1000)
        archive.writestr(name, stream.getvalue())
    packed.seek(0)
    return packed


def read(stream, metric="weight", since=DAY):
    return read_export(stream, metric=metric, serial="A-1", since=since)


@pytest.mark.parametrize(
    ("metric", "kind", "value", "unit", "kept"),
    [
        ("weight", "BodyMass", "157.4", "lb", 71.4),
        ("weight", "BodyMass", "71.4", "kg", 71.4),
        ("glucose", "BloodGlucose", "112", "mg/dL", 112),
        ("glucose", "BloodGlucose", "6.2", "mmol&lt;180.1558800000541&gt;/L", 111.7),
        ("spo2", "OxygenSaturation", "0.97", "%", 97),
        ("spo2", "OxygenSaturation", "97", "%", 97),
        ("temperature", "BodyTemperature", "98.6", "degF", 37),
        ("temperature", "BodyTemperature", "37", "degC", 37),
        ("heart_rate", "HeartRate", "61", "count/min", 61),
        ("peak_flow", "PeakExpiratoryFlowRate", "410", "L/min", 410),
    ],
)
def test_each_metric_is_read_in_its_own_unit(metric, kind, value, unit, kept):
    excerpt = read(zipped(export(record(kind, value, unit))), metric)
    (entry,) = entries_of("apple", json.dumps({"readings": excerpt.readings}).encode())

    assert isinstance(entry, Measurement)
    assert (entry.metric, float(entry.values[0]), entry.source_kind) == (metric, kept, "file")
    assert entry.measured_at.isoformat() == "2026-06-01T08:15:00-05:00"


def test_a_pressure_is_one_reading_although_its_records_are_written_twice():
    pair = record("BloodPressureSystolic", 128, "mmHg") + record("BloodPressureDiastolic", 79, "mmHg")
    other = record("BloodPressureSystolic", 131, "mmHg", source="Watch")
    excerpt = read(export(pair, f"<Correlation>{pair}</Correlation>", other), "blood_pressure")

    assert [(row["systolic"], row["diastolic"]) for row in excerpt.readings] == [(128, 79)]
    assert excerpt.unreadable == 1


def test_readings_of_earlier_days_and_other_metrics_are_left_out():
    days = [f"2026-0{day} 23:59:59 -0500" for day in ("5-31", "6-01")]
    excerpt = read(export(*(record("BodyMass", 70, "kg", at=at) for at in days), record("StepCount", 9, "count")))

    assert [row["measured_at"] for row in excerpt.readings] == ["2026-06-01T23:59:59-05:00"]
    assert (excerpt.older, excerpt.unreadable) == (1, 0)


@pytest.mark.parametrize(
    ("value", "unit", "at"),
    [
        ("x", "kg", "2026-06-01 08:15:00 -0500"), ("70", "", "2026-06-01 08:15:00 -0500"),
        ("70", "st", "2026-06-01 08:15:00 -0500"), ("70", "kg", "2026-06-01 08:15:00"),
        ("\u0667\u0660", "kg", "2026-06-01 08:15:00 -0500"),
    ],
)  # fmt: skip
def test_a_record_that_is_not_understood_is_counted(value, unit, at):
    excerpt = read(export(record("BodyMass", value, unit, at=at)))

    assert (excerpt.readings, excerpt.unreadable) == ([], 1)


BOMB = '<!DOCTYPE HealthData [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE HealthData [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (export(record("BodyMass", "&b;", "kg"), dtd=BOMB), "entities"),
        (export(record("BodyMass", "&a;", "kg"), dtd=EXTERNAL), "entities"),
        (export(root="Other"), "HealthData"),
        (io.BytesIO(b"date,weight\n"), "no readable export.xml"),
        (io.BytesIO(b""), "incomplete"),
        (io.BytesIO(export(record("BodyMass", 70, "kg")).getvalue()[:-20]), "incomplete"),
        (export("<x>" * 30 + "</x>" * 30), "nest too deep"),
        (io.BytesIO(b"PK\x03\x04 damaged"), "damaged"),
        (zipped(export(), name="notes.txt"), "no export.xml"),
    ],
    ids=["many entities", "an external entity", "another root", "no XML", "empty", "cut off", "deep", "damaged", "other"],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_a_sentence(stream, message):
    with pytest.raises(BadBody, match=message):
        read(stream)


def test_a_zip_that_grows_a_thousandfold_is_refused_before_it_is_read(monkeypatch):
    packed = zipped(io.BytesIO(b" " * 5_000_000))
    monkeypatch.setattr(apple_health, "_limited", lambda stream: pytest.fail("it was read"))

    with pytest.raises(BadBody, match="grows"):
        read(packed)


@pytest.mark.parametrize(("limit", "is_refused"), [(0, False), (-1, True)], ids=["at the limit", "a byte above it"])
def test_the_size_is_counted_while_reading(monkeypatch, limit, is_refused):
    stream = export(record("BodyMass", 70, "kg"))
    monkeypatch.setattr(apple_health, "MAX_XML_BYTES", len(stream.getvalue()) + limit)

    if is_refused:
        with pytest.raises(BadBody, match="1 GB"):
            read(stream)
    else:
        assert len(read(stream).readings) == 1


@pytest.mark.parametrize(("count", "is_refused"), [(5, False), (6, True)])
def test_more_readings_than_the_limit_are_refused(monkeypatch, count, is_refused):
    monkeypatch.setattr(apple_health, "MAX_READINGS", 5)
    stream = export(*(record("BodyMass", 70, "kg", at=f"2026-06-01 08:15:0{n} -0500") for n in range(count)))

    if is_refused:
        with pytest.raises(BadBody, match="later day"):
            read(stream)
    else:
        assert len(read(stream).readings) == count


def test_a_text_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(apple_health, "MAX_SILENT_BYTES", 1000)

    with pytest.raises(BadBody, match="too long"):
        read(export(record("BodyMass", 7 * "x" * 400_000, "kg")))
