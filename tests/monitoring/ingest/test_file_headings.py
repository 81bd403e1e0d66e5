"""The columns of a table of no known vendor, proposed from its headings and its cells."""

from zoneinfo import ZoneInfo

import pytest

from monitoring.ingest import Measurement
from monitoring.ingest.file_headings import plain_heading
from monitoring.ingest.vendors.files import entries, proposed_mapping, table_of
from monitoring.intake.file_choices import choices_of

CHICAGO = ZoneInfo("America/Chicago")
# The table, what was measured, and each value in the metric's own unit at its local time.
TABLES = {
    "German": ("Datum;Uhrzeit;Systolisch (mmHg);Diastolisch (mmHg);Puls (bpm)\n09.06.2026;08:00;128;82;64\n", "06-09 08:00 128/82/64"),
    "French": ("Date;Heure;Systolique;Diastolique;Pouls\n25/06/2026;08:00;128;82;64\n", "06-25 08:00 128/82/64"),
    "Spanish": ("Fecha,Hora,Sistólica,Diastólica,Pulso\n25/06/2026,08:00,128,82,64\n", "06-25 08:00 128/82/64"),
    "Italian": ("Data;Ora;Sistolica;Diastolica;Polso\n25/06/2026;08:00;128;82;64\n", "06-25 08:00 128/82/64"),
    "Portuguese": ("Data,Hora,Sistólica,Diastólica,Pulsação\n25/06/2026,08:00,128,82,64\n", "06-25 08:00 128/82/64"),
    "Dutch": ("Datum;Tijd;Systolisch;Diastolisch;Hartslag\n25-06-2026;08:00;128;82;64\n", "06-25 08:00 128/82/64"),
    "Swedish": ("Datum,Systoliskt,Diastoliskt,Puls\n2026-06-19 08:00,128,82,64\n", "06-19 08:00 128/82/64"),
    "the moment in another column than Date": ("Measured At,Systolic,Diastolic,Date\n2026-06-16T13:00:00Z,128,82,x\n", "06-16 08:00 128/82"),
    "its time zone": ("Date,Time,Time Zone,Systolic,Diastolic\n2026-06-16,15:00,Europe/Berlin,128,82\n", "06-16 08:00 128/82"),
    "its time zone in German": ("Datum,Zeit,Zeitzone,Systole,Diastole\n2026-06-16,15:00,Europe/Berlin,128,82\n", "06-16 08:00 128/82"),
    "an offset": ("Timestamp,Systolic,Diastolic\n2026-06-16 08:00:00 -0500,128,82\n", "06-16 08:00 128/82"),
    "UTC": ("Timestamp,Systolic,Diastolic\n2026-06-16 13:00:00 UTC,128,82\n", "06-16 08:00 128/82"),
    "a weekday": ('Date,Systolic,Diastolic\n"Wednesday, June 17, 2026 at 8:15 AM",128,82\n', "06-17 08:15 128/82"),
    "an average": ("Date,Time,Avg Systolic,Systolic,Diastolic\n2026-06-17,08:15,100,128,82\n", "06-17 08:15 128/82"),
    "two headings Date": ("Date,Time,Systolic,Diastolic,Date\n2026-06-17,08:15,128,82,x\n", "06-17 08:15 128/82"),
    "kilopascals": ("Date,Systolic (kPa),Diastolic (kPa)\n2026-06-17 08:15,16.0,10.7\n", "06-17 08:15 120.01/80.26"),
    "a line for Excel": ("sep=;\nDate;Time;Systolic;Diastolic\n2026-06-17;08:15;128;82\n", "06-17 08:15 128/82"),
    "bars": ("Date|Time|Systolic|Diastolic\n2026-06-17|08:15|128|82\n", "06-17 08:15 128/82"),
    "weight in pounds": ("Date,Weight (lb),Fat mass (lb)\n2026-06-24 08:00,182.4,40\n", "06-24 08:00 82.74"),
    "fat before weight": ("Date,Body Fat Weight (lb),Weight (lb)\n2026-06-24 08:00,40,182.4\n", "06-24 08:00 82.74"),
    "pounds in the cells": ("Date,Time,Weight\n06/24/2026,08:00 AM,182.4 lbs\n", "06-24 08:00 82.74"),
    "kilograms with a comma": ("Datum;Gewicht (kg)\n09.06.2026 08:00;82,4\n", "06-09 08:00 82.4"),
    "glucose": ("Date,Time,Glucose (mg/dL)\n06/17/2026,8:15 AM,112\n", "06-17 08:15 112"),
    "glucose by its unit alone": ("Date;Time;mg/dL;Temperature warning\n17.06.2026;08:15;HI;\n", "06-17 08:15 >600"),
    "glucose in mmol/L": ("Date,Glucose (mmol/L)\n2026-06-17 08:15,6.2\n", "06-17 08:15 111.7"),
    "a scan in a column of its own": ("Horodatage,Historique de la glycémie mg/dL,Numérisation de la glycémie mg/dL\n25-06-2026 08:00,,112\n25-06-2026 08:15,113,\n", "06-25 08:00 112, 06-25 08:15 113"),
    "a rate of change": ("Timestamp,Glucose Rate of Change (mg/dL/min),Glucose (mg/dL)\n2026-06-17 08:15,1.2,112\n", "06-17 08:15 112"),
    "saturation": ("Date,SpO2 (%),Pulse\n2026-06-17 08:15,97,66\n", "06-17 08:15 97"),
    "Fahrenheit": ("Date,Temperature (°F)\n2026-06-17 08:15,98.4\n", "06-17 08:15 36.89"),
    "heart rate": ("Date,Heart Rate\n2026-06-17 08:15,66\n", "06-17 08:15 66"),
    "peak flow and FEV1": ("Date,Peak Flow (L/min),FEV1 (L)\n2026-06-17 08:15,320,1.85\n", "06-17 08:15 320/1.85"),
}  # fmt: skip


def read(text):
    table = table_of(text)
    name, mapping = proposed_mapping(table)
    assert name == ""
    choices = choices_of(table, mapping)
    assert not choices.asked
    return list(entries(table, choices.mapping, serial="SN", zone=CHICAGO))


def words(entry):
    bounds = (*entry.bounds, "", "", "")
    values = "/".join(f"{b}{v.normalize():f}" for b, v in zip(bounds, entry.values, strict=False) if v)
    return f"{entry.measured_at.astimezone(CHICAGO):%m-%d %H:%M} {values}"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_as_proposed(name):
    text, expected = TABLES[name]

    assert ", ".join(words(entry) for entry in read(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Date,Mood\n2026-06-17 08:15,good\n",
        # Its pulse alone would be half of what was measured.
        "Date,Blood Pressure,Pulse\n2026-06-17 08:15,128/82,64\n",
        "Name,Weight (lb)\nA,182.4\n",
        "Date,Target weight\n2026-06-17 08:15,70\n",
    ],
)
def test_nothing_is_proposed_without_a_value_and_a_moment(text):
    assert proposed_mapping(table_of(text)) == ("", None)


def test_a_weight_without_a_unit_is_asked():
    table = table_of("Date,Weight\n2026-06-24 08:00,182.4\n")

    assert choices_of(table, proposed_mapping(table)[1]).asked == {"unit"}


@pytest.mark.parametrize("written", ["19 juni 2026", "06/17/26", "٢٠٢٦-06-17"])
def test_a_date_that_is_not_read_is_refused_with_the_forms_that_are(written):
    (entry,) = read(f"Datum,Tid,Systoliskt,Diastoliskt\n{written},08:00,128,82\n")

    assert not isinstance(entry, Measurement)
    assert "Write it like 2026-06-19 08:00" in entry.message


def test_headings_are_compared_without_case_accents_and_marks():
    assert plain_heading("Sistólica\u00a0(MMHG)") == "sistolica mmhg"
    assert plain_heading("Vægt [kg]") == "vaegt kg"


@pytest.mark.slow
@pytest.mark.parametrize("count", [60, 200_000])
def test_a_header_of_many_columns_is_bounded(count):
    header = ",".join(["Date", "Weight (lb)", *["x"] * count])
    table = table_of(f"{header}\n2026-06-24 08:00,182.4{',' * count}\n")

    assert len(set(table.columns)) == count + 2
    assert proposed_mapping(table)[1].first == "Weight (lb)"
