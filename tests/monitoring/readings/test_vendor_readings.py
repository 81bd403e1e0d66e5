"""Senders' identifiers of readings: separate rows, written with the reading, never changed."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from monitoring.intake import take_in
from monitoring.models import Reading, SenderStatement, VendorReading
from monitoring.services import open_source
from tests.builders import a_world, at

NOW = at("2026-06-30", "12:00:00")
MOMENT = at("2026-05-20", "07:00:00")
# Text that COPY, JSON or SQL would interpret if it were not escaped.
HOSTILE = ["\\N", "a\tb", "a\nb", "back\\slash", "'; --", '"', "{}", "%s", "ü\u200bß", "\\."]


@pytest.fixture
def sender(world):
    return Sender(world, "One")


@pytest.fixture
def other_sender(world):
    return Sender(world, "Two")


class Sender:
    """A sender of weights with identifiers."""

    def __init__(self, world, name):
        self.world = world
        self.source, _ = open_source(practice=world.practice, name=name, shape="portal", now=NOW)

    def send(self, *entries):
        body = json.dumps({"readings": list(entries)}).encode()
        return take_in.take_in(source=self.source, body=body, now=NOW)

    def weight(self, name, kilograms, *, minutes=0, **more):
        moment = MOMENT + timedelta(minutes=minutes)
        return {"device": self.world.serial, "metric": "weight", "weight_kg": kilograms, "id": name,
                "measured_at": moment.isoformat(), **more}  # fmt: skip


def in_force():
    return sorted(float(row.value) for row in Reading.objects.filter(voided_at__isnull=True))


def names(value):
    return sorted(VendorReading.objects.filter(reading__value=value).values_list("sender__name", "vendor_id"))


def test_a_reading_has_no_column_for_its_name():
    columns = {field.column for field in Reading._meta.concrete_fields}

    assert not columns & {"vendor_id", "vendor_system", "sender_id"}


def test_a_first_or_later_name_is_a_row_and_a_version_takes_the_first(sender):
    sender.send(sender.weight("a", 80))
    sender.send(sender.weight("b", 80))
    sender.send(sender.weight("b", 81, status="amended"))

    assert names(80) == [("One", "a"), ("One", "b")]
    assert names(81) == [("One", "a")]
    first, later = VendorReading.objects.filter(reading__value=80).order_by("pk")
    assert (first.delivery, first.entry) == (None, None)
    assert (later.delivery is not None, later.entry) == (True, 0)
    assert in_force() == [81]
    assert not SenderStatement.objects.exists()
    assert sender.send(sender.weight("a", 80), sender.weight("b", 81)).known == 2
    assert (in_force(), VendorReading.objects.count()) == ([81], 3)


def test_what_has_no_name_has_no_row(sender):
    entry = sender.weight("a", 80)
    del entry["id"]
    assert sender.send(entry).new == 1

    assert not VendorReading.objects.exists()


def test_a_version_by_another_sender_is_found_by_every_name_of_its_reading(sender, other_sender):
    sender.send(sender.weight("a", 80))
    other_sender.send(other_sender.weight("b", 80))
    other_sender.send(other_sender.weight("b", 81, status="amended"))
    assert in_force() == [81]

    assert sender.send(sender.weight("a", 80)).known == 1
    assert other_sender.send(other_sender.weight("b", 82, status="amended")).new == 1
    assert in_force() == [82]


@pytest.mark.parametrize("count", [len(HOSTILE), 250])
def test_names_are_stored_unchanged_by_array_and_by_copy(sender, count):
    wanted = [HOSTILE[n] if n < len(HOSTILE) else f"n{n}" for n in range(count)]
    taken = sender.send(*(sender.weight(name, 60 + n % 50, minutes=n) for n, name in enumerate(wanted)))

    assert taken.new == count
    stored = VendorReading.objects.order_by("reading__measured_at").values_list("vendor_id", flat=True)
    assert list(stored) == wanted
    assert all(row.reading_measured_at == row.reading.measured_at for row in VendorReading.objects.all())
    again = sender.send(*(sender.weight(name, 60 + n % 50, minutes=n) for n, name in enumerate(wanted)))
    assert (again.known, VendorReading.objects.count()) == (count, count)


def test_any_number_of_names_runs_the_same_number_of_statements(sender):
    def counted(first, count):
        with CaptureQueriesContext(connection) as queries:
            sender.send(*(sender.weight(f"n{n}", 70, minutes=n) for n in range(first, first + count)))
        return [query["sql"] for query in queries]

    counted(0, 2)
    few, many = counted(10, 2), counted(100, 150)

    assert len(many) <= len(few)
    assert sum("INTO monitoring_vendorreading" in sql for sql in many) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE monitoring_vendorreading SET vendor_id = 'x'",
        "DELETE FROM monitoring_vendorreading",
    ],
)
def test_a_name_is_never_changed(sender, statement):
    sender.send(sender.weight("a", 80))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)

    assert names(80) == [("One", "a")]


def test_a_name_of_another_practice_or_moment_is_refused(sender):
    sender.send(sender.weight("a", 80))
    reading = Reading.objects.get()
    other = a_world(name="Elsewhere", prefix="e", with_other=False)
    theirs, _ = open_source(practice=other.practice, name="Theirs", shape="portal", now=NOW)

    def add(value, *, practice=sender.world.practice, sender=sender.source, moment=MOMENT):
        with transaction.atomic(), connection.cursor() as cursor:
            VendorReading.objects.create(
                practice=practice, sender=sender, vendor_id=value, reading=reading, reading_measured_at=moment
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    for more in (
        {"practice": other.practice, "sender": theirs},
        {"sender": theirs},
        {"moment": MOMENT + timedelta(microseconds=1)},
    ):
        with pytest.raises(IntegrityError):
            add("b", **more)
    with pytest.raises(IntegrityError, match="vendorreading_once"):
        add("a")
    add("b")

    assert names(80) == [("One", "a"), ("One", "b")]
