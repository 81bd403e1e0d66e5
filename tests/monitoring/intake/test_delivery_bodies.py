"""Bodies of deliveries: separate rows, stored byte for byte; what happens after a body was deleted."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitoring.ingest import BadBody
from monitoring.intake import replay, take_in
from monitoring.models import Delivery, DeliveryBody, Reading, UnmatchedReading
from monitoring.services import open_source
from rpm_portal.core.refusals import Refused
from tests.builders import a_world, at

NOW = at("2026-06-30", "12:00:00")
MOMENT = at("2026-05-20", "07:00:00")
NO_BODY = "The body is no longer kept; it cannot be tried again."


@pytest.fixture
def source(world):
    return open_source(practice=world.practice, name="One", shape="portal", now=NOW)[0]


def body_of(*serials):
    entries = [
        {"device": serial, "metric": "weight", "weight_kg": 80, "measured_at": (MOMENT + timedelta(minutes=n)).isoformat()}
        for n, serial in enumerate(serials)
    ]  # fmt: skip
    return json.dumps({"readings": entries}).encode()


def refused(source, body=b"\x00\xff not JSON"):
    with pytest.raises(BadBody):
        take_in.take_in(source=source, body=body, now=NOW)
    return Delivery.objects.latest("pk")


def drop_bodies():
    """Delete the bodies as detaching a partition would: without triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM monitoring_deliverybody")
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_body_is_stored_byte_for_byte_with_its_delivery(world, source, settings):
    good, later = body_of(world.serial), body_of(*[world.serial] * 3)
    take_in.take_in(source=source, body=good, now=NOW)
    refused(source)
    settings.INTAKE_AT_ONCE = 2
    assert take_in.take_in(source=source, body=later, now=NOW).later
    bodies = DeliveryBody.objects.order_by("pk")

    assert "body" not in {field.column for field in Delivery._meta.concrete_fields}
    assert [bytes(row.body) for row in bodies] == [good, b"\x00\xff not JSON", later]
    assert [row.delivery.body for row in bodies] == [good, b"\x00\xff not JSON", later]
    assert {(row.received_at, row.practice_id) for row in bodies} == {(NOW, world.practice.pk)}
    assert DeliveryBody.objects.count() == Delivery.objects.count() == 3
    refused(source)
    assert DeliveryBody.objects.count() == 3


def test_a_refused_delivery_without_its_body_cannot_be_replayed(world, source):
    delivery = refused(source)
    drop_bodies()
    delivery = Delivery.objects.get(pk=delivery.pk)

    assert delivery.body is None
    with pytest.raises(Refused, match=NO_BODY):
        replay.play_again(delivery=delivery, now=NOW)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    answer = client.post(reverse("monitoring:play_again", args=[delivery.public_id]))
    assert (answer.status_code, NO_BODY in answer.content.decode()) == (422, True)
    delivery.refresh_from_db()
    assert delivery.state == "refused"


def test_of_all_waiting_deliveries_only_those_with_a_body_are_replayed(world, source):
    take_in.take_in(source=source, body=body_of("not-here"), now=NOW)
    refused(source)
    drop_bodies()
    take_in.take_in(source=source, body=body_of("nor-here"), now=NOW)

    assert UnmatchedReading.objects.filter(resolved_at__isnull=True).count() == 2
    assert replay.play_all_again(world.practice.pk, now=NOW) == 1
    assert Delivery.objects.get(state="waiting").unmatched.get().serial == "nor-here"


def test_a_waiting_delivery_without_its_body_is_refused_with_the_reason(world, source, settings):
    settings.INTAKE_AT_ONCE = 1
    kept_as = take_in.take_in(source=source, body=body_of(world.serial, world.serial), now=NOW).kept_as
    drop_bodies()

    assert take_in.work(kept_as, now=NOW) is None
    delivery = Delivery.objects.get(pk=kept_as)
    assert (delivery.state, delivery.message, delivery.due_at) == ("refused", NO_BODY, None)
    assert not Reading.objects.exists()


def test_a_processed_delivery_is_not_changed_without_its_body(world, source):
    take_in.take_in(source=source, body=body_of(world.serial), now=NOW)
    drop_bodies()
    before = Delivery.objects.values().get()

    assert take_in.work(before["id"], now=NOW) is None
    assert Delivery.objects.values().get() == before


def test_the_same_body_is_known_by_its_digest_after_it_was_deleted(world, source):
    body = body_of(*[world.serial] * 100)
    assert take_in.take_in(source=source, body=body, now=NOW).new == 100
    drop_bodies()

    assert take_in.take_in(source=source, body=body, now=NOW).known == 100
    assert (Delivery.objects.get().times, DeliveryBody.objects.count()) == (2, 0)


def test_an_announcement_without_its_body_announces_nothing(world):
    source, _ = open_source(practice=world.practice, name="W", shape="withings", now=NOW)
    body = b"userid=12345&startdate=1779278400&enddate=1779278401&appli=1"
    kept_as = take_in.take_in(source=source, body=body, now=NOW).kept_as
    assert replay.announced(kept_as) is not None
    drop_bodies()

    assert replay.announced(kept_as) is None


def test_the_list_of_deliveries_reads_no_body(world, source):
    refused(source)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("monitoring:unmatched")).content.decode()

    assert "Not understood" in page
    assert not [query for query in queries if "deliverybody" in query["sql"]]


@pytest.mark.parametrize(
    "statement", ["UPDATE monitoring_deliverybody SET received_at = now()", "DELETE FROM monitoring_deliverybody"]
)
def test_a_body_is_never_changed(world, source, statement):
    refused(source)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_body_belongs_to_the_practice_of_its_delivery_and_there_is_one(world, source):
    delivery = refused(source)
    other = a_world(name="Elsewhere", prefix="e", with_other=False)
    drop_bodies()

    def add(practice):
        with transaction.atomic(), connection.cursor() as cursor:
            DeliveryBody.objects.create(practice=practice, delivery=delivery, received_at=NOW, body=b"x")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError):
        add(other.practice)
    add(world.practice)
    with pytest.raises(IntegrityError):
        add(world.practice)
