"""References to readings: id and moment of measuring, which the database checks together with the practice."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from monitoring.intake import manual_entry, take_in
from monitoring.models import Alert, Breach, Reading, SenderStatement
from monitoring.services import open_source
from tests.builders import a_world, at

NOW = at("2026-06-30", "12:00:00")
MOMENT = at("2026-05-20", "07:00:00")
# Partitions by month need the three columns; the pair alone would be one more index for each reading.
KEYS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'monitoring_reading'::regclass AND contype = 'u'"


def references():
    """The fields that refer to a reading, except those of history tables, which are copies."""
    return [
        (model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Reading and not model.__name__.startswith("Historical")
    ]


def send(world, value, *, at=MOMENT, status="final", name="n1"):
    """Send one Observation with an identifier."""
    body = {
        "resourceType": "Observation", "status": status, "effectiveDateTime": at.isoformat(),
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "identifier": [{"system": "urn:gateway", "value": name}],
        "device": {"identifier": {"value": world.serial}},
        "component": [
            {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": number, "code": "mm[Hg]"}}
            for code, number in (("8480-6", value), ("8462-4", 79))
        ],
    }  # fmt: skip
    return take_in.take_in(source=world.fhir, body=json.dumps(body).encode(), now=NOW)


@pytest.fixture
def fhir(world):
    world.fhir, _ = open_source(practice=world.practice, name="FHIR", shape="fhir", now=NOW)
    return world


@pytest.mark.django_db
def test_a_reading_is_unique_by_practice_id_and_moment_and_by_no_other_pair():
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        keys = [text for (text,) in cursor.fetchall()]

    assert keys == ["UNIQUE (practice_id, id, measured_at)"]


@pytest.mark.django_db
def test_every_reference_to_a_reading_includes_its_moment_and_is_checked_once():
    names_of_references = {f"{model.__name__}.{field.name}" for model, field in references()}
    assert names_of_references >= {"Reading.corrects", "Reading.version_of", "Alert.reading", "Breach.reading",
                     "SenderStatement.reading"}  # fmt: skip
    for model, field in references():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
                [model._meta.db_table],
            )
            keys = [text for (text,) in cursor.fetchall() if field.column in text]
        assert keys == [
            f"FOREIGN KEY (practice_id, {field.column}, {field.name}_measured_at) REFERENCES "
            "monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED"
        ], f"{model.__name__}.{field.name}"
        moment = model._meta.get_field(f"{field.name}_measured_at")
        assert moment.null == field.null
        if field.null:
            names = {constraint.name for constraint in model._meta.constraints}
            assert f"{model.__name__.lower()}_{field.name}_both" in names


def test_corrections_versions_alerts_breaches_and_statements_include_the_moment_of_their_reading(fhir):
    send(fhir, 160)
    send(fhir, 170, at=MOMENT + timedelta(minutes=3), status="amended")
    send(fhir, 170, at=MOMENT + timedelta(minutes=3), status="corrected")
    send(fhir, 175, name="n2")
    send(fhir, 175, name="n3")
    last = Reading.objects.get(value=170)
    manual_entry.correct(reading=last, values=[150, 90], reason="cuff slipped", by=fhir.user("physician"), now=NOW)
    moments = {
        f"{model.__name__}.{field.name}": [
            (row.measured_at, moment)
            for row, moment in (
                (getattr(item, field.name), getattr(item, f"{field.name}_measured_at"))
                for item in model.objects.exclude(**{field.name: None})
            )
        ]
        for model, field in references()
    }

    assert len(moments["Reading.version_of"]) == 1
    assert len(moments["Reading.corrects"]) == 2
    assert len(moments["Alert.reading"]) == 1
    assert len(moments["Breach.reading"]) == 3
    assert all(is_ == moment for pairs in moments.values() for is_, moment in pairs)
    assert Alert.objects.get().reading_measured_at in {MOMENT, MOMENT + timedelta(minutes=3)}


def test_an_alert_that_joins_a_graver_reading_takes_its_moment(fhir):
    send(fhir, 160)
    send(fhir, 190, at=MOMENT + timedelta(hours=1), name="n2")
    alert = Alert.objects.get()

    assert (alert.reading.value, alert.reading_measured_at) == (190, MOMENT + timedelta(hours=1))
    assert list(alert.history.order_by("history_id").values_list("reading_measured_at", flat=True)) == [
        MOMENT, MOMENT + timedelta(hours=1),
    ]  # fmt: skip


def breach(alert, reading, *, moment, practice):
    """Add a breach to an alert, checked now and not at the end of the transaction."""
    with transaction.atomic():
        Breach.objects.create(
            practice=practice, alert=alert, reading=reading, reading_measured_at=moment, cause="again", severity="high",
            value=1, limit=1,
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_another_moment_and_another_practice(fhir):
    send(fhir, 160)
    alert, reading = Alert.objects.get(), Reading.objects.get()
    other = a_world(name="Elsewhere", prefix="e", with_other=False)
    for moment, practice in (
        (MOMENT + timedelta(microseconds=1), fhir.practice),
        (None, fhir.practice),
        (MOMENT, other.practice),
    ):
        with pytest.raises(IntegrityError):
            breach(alert, reading, moment=moment, practice=practice)
    breach(alert, reading, moment=MOMENT, practice=fhir.practice)

    assert Breach.objects.filter(cause="again").count() == 1


@pytest.mark.parametrize(("reading", "moment"), [(True, False), (False, True)])
def test_a_reference_without_its_moment_and_a_moment_without_reference_are_refused(fhir, reading, moment):
    send(fhir, 160)
    row = Reading.objects.get()
    with pytest.raises(IntegrityError, match="both"), transaction.atomic():
        SenderStatement.objects.create(
            practice=fhir.practice, sender=fhir.fhir, vendor_id="x", kind="confirmed", delivery=row.delivery, entry=9,
            made_at=NOW, reading=row if reading else None, reading_measured_at=MOMENT if moment else None,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="both"), transaction.atomic():
        Alert.objects.create(
            practice=fhir.practice, enrollment=fhir.enrollment, cause="x", severity="high", value=1, limit=1, above=True,
            opened_at=NOW, reading=row if reading else None, reading_measured_at=MOMENT if moment else None,
        )  # fmt: skip


def test_a_reading_of_a_practice_that_is_not_its_enrollments_is_refused(fhir):
    other = a_world(name="Elsewhere", prefix="e", with_other=False)
    send(fhir, 120)
    row = Reading.objects.values().get()
    del row["id"]

    def add(practice_id, minutes):
        with transaction.atomic(), connection.cursor() as cursor:
            moment = MOMENT + timedelta(minutes=minutes)
            Reading.objects.create(**(row | {"practice_id": practice_id, "measured_at": moment}))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    for practice_id in (other.practice.pk, 0):
        with pytest.raises(IntegrityError, match="same_practice"):
            add(practice_id, 1)
    add(fhir.practice.pk, 1)

    assert Reading.objects.count() == 2
