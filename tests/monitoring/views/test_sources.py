"""Settings of sources, and the list of their deliveries with duplicates."""

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import services
from monitoring.admin import SourceAdmin
from monitoring.models import Source
from rpm_portal.audit.models import Event
from tests.builders import at

BACKEND = "rpm_portal.accounts.backends.PortalBackend"
NOON = at("2026-03-20", "12:00:00")
FORM = {
    "per_minute": "900", "weight_unit": "", "allowed_networks": "203.0.113.7/24\n2001:db8::1", "signature_algorithm": "",
    "signature_header": "", "signature_encoding": "hex", "secret": "",
}  # fmt: skip


def client_of(world, role="manager"):
    client = Client()
    client.force_login(world.user(role), backend=BACKEND)
    return client


def save(world, **more):
    address = reverse("monitoring:source_settings", args=[world.source.public_id])
    return client_of(world).post(address, FORM | more)


def test_rate_and_networks_of_a_source_are_saved_and_recorded(world):
    answer = save(world)

    world.source.refresh_from_db()
    assert (answer.status_code, world.source.per_minute) == (200, 900)
    assert world.source.allowed_networks == ["203.0.113.0/24", "2001:db8::1/128"]
    event = Event.objects.get(action="change_source")
    assert event.detail == {"changed": ["allowed_networks", "per_minute"], "new_secret": False}


def test_a_generated_secret_is_shown_once_and_is_in_no_event(world):
    signed = {"signature_algorithm": "sha256", "signature_header": "X-Signature"}
    first, second = (save(world, **signed).content.decode() for _ in range(2))

    secret = Source.objects.get(pk=world.source.pk).signature_secret
    assert len(secret) >= 32
    assert secret in first
    assert secret not in second
    assert all(secret not in str(event.detail) for event in Event.objects.all())
    assert f"/api/signed/{world.source.public_id}/" in second


def test_no_field_of_the_admin_shows_the_secret_or_the_digest_of_the_key():
    assert set(SourceAdmin.exclude) >= {"signature_secret", "key_digest"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"per_minute": "0"}, "greater than or equal to 1"),
        ({"per_minute": "60001"}, "less than or equal to 60000"),
        ({"allowed_networks": "everywhere"}, "is no address or network"),
        ({"allowed_networks": "10.0.0.0/33"}, "is no address or network"),
        ({"allowed_networks": "\n".join(f"10.0.{n}.0/24" for n in range(51))}, "At most 50 networks"),
        ({"signature_algorithm": "sha256"}, "name of the header"),
        ({"signature_algorithm": "sha256", "signature_header": "X Signature"}, "name of the header"),
        ({"signature_algorithm": "sha256", "signature_header": "Authorization"}, "has another meaning"),
        ({"signature_algorithm": "md5", "signature_header": "X-S"}, "md5 is not one of"),
        ({"signature_algorithm": "sha1", "signature_header": "X-S", "secret": "short"}, "at least 16 characters"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_a_sentence(world, change, sentence):
    answer = save(world, **change)

    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Event.objects.filter(action="change_source").exists()


def test_a_source_of_people_or_of_another_practice_has_no_settings(world):
    hand = services.people_source(world.practice.pk, "hand", now=NOON)
    for source in (hand, world.other.source):
        for name in ("source_settings", "deliveries"):
            assert client_of(world).get(reverse(f"monitoring:{name}", args=[source.public_id])).status_code == 404


def test_duplicates_are_visible_in_the_list_of_deliveries(world):
    reading = {"device": world.serial, "metric": "blood_pressure", "measured_at": NOON.isoformat(), "systolic": 128,
               "diastolic": 79}  # fmt: skip
    for _ in range(3):
        world.send([reading], now=NOON)
    for n in range(50):
        world.send([reading, {**reading, "device": f"unknown-{n}"}], now=NOON)
    address = reverse("monitoring:deliveries", args=[world.source.public_id])
    page = client_of(world).get(address).content.decode()

    assert "53 deliveries" in page
    assert page.count('data-label="Duplicates">1<') == 50
    last = client_of(world).get(address, {"page": 2}).content.decode()
    assert last.count('data-label="Duplicates">1<') == 2
    assert last.count('data-label="New">1<') == 1
    assert "128" not in page
