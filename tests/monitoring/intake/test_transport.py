"""Transport of deliveries: compression, chunks, addresses, networks, signatures, and the queue above the rate."""

import base64
import gzip
import hashlib
import hmac
import io
import json
import zlib

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from monitoring import queries
from monitoring.intake import take_in, transport
from monitoring.models import Delivery, Reading, Source, UnmatchedReading
from monitoring.services import open_source, renew_key, revoke_source, set_source
from rpm_portal.core.refusals import Refused
from tests.builders import at

NOON = at("2026-03-20", "12:00:00")


def batch(world, minute=0, **more):
    reading = {
        "device": world.serial, "metric": "blood_pressure", "systolic": 128, "diastolic": 79,
        "measured_at": at("2026-03-20", f"07:{minute:02d}:00").isoformat(), **more,
    }  # fmt: skip
    return json.dumps({"readings": [reading]}).encode()


def send(key, body, path="/api/readings/", **headers):
    return Client().post(
        path, body, content_type=headers.pop("content_type", "application/json"), headers={"x-api-key": key, **headers}
    )


def test_a_gzip_body_is_read_and_stored_decompressed(world):
    answer = send(world.key, gzip.compress(batch(world)), **{"content-encoding": "gzip"})

    assert (answer.status_code, answer.json()["new"]) == (200, 1)
    assert Delivery.objects.get().body == batch(world)
    two = gzip.compress(batch(world, 1)[:40]) + gzip.compress(batch(world, 1)[40:])
    assert send(world.key, two, **{"content-encoding": "x-gzip"}).json()["new"] == 1


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_another_encoding_is_refused_with_the_name_of_the_right_one(world, encoding):
    answer = send(world.key, batch(world), **{"content-encoding": encoding})

    assert (answer.status_code, answer["Accept-Encoding"]) == (415, "gzip")
    assert "gzip" in answer.json()["detail"]
    assert not Delivery.objects.exists()


def test_a_body_that_grows_to_two_gigabytes_is_never_decompressed(world, monkeypatch):
    block = zlib.compressobj(9, wbits=31)
    part = block.compress(b" " * (8 * 1024 * 1024))
    bomb = part + block.flush()
    produced = []
    original = zlib.decompressobj

    class Counted:
        def __init__(self, bits):
            self.inner = original(bits)

        def decompress(self, raw, most):
            out = self.inner.decompress(raw, most)
            produced.append(len(out))
            return out

        def __getattr__(self, name):
            return getattr(self.inner, name)

    monkeypatch.setattr(transport.zlib, "decompressobj", Counted)
    answer = send(world.key, bomb, **{"content-encoding": "gzip"})

    assert (answer.status_code, sum(produced)) == (413, transport.MAX_BODY + 1)
    assert not Delivery.objects.exists()


def test_the_limit_of_a_decompressed_body_is_exact():
    assert len(transport.decompress(gzip.compress(b" " * transport.MAX_BODY))) == transport.MAX_BODY
    with pytest.raises(transport.TransportError) as error:
        transport.decompress(gzip.compress(b" " * (transport.MAX_BODY + 1)))
    assert error.value.status == 413


@pytest.mark.parametrize("body", [b"{}", gzip.compress(b"{}", mtime=0)[:-4], gzip.compress(b"{}", mtime=0) + b"x"])
def test_a_damaged_gzip_body_is_refused_with_a_sentence(world, body):
    answer = send(world.key, body, **{"content-encoding": "gzip"})

    assert answer.status_code == 400
    assert "gzip" in answer.json()["detail"]


def chunked(body, *, terminated=True):
    request = RequestFactory().post("/api/readings/", b"", content_type="application/json")
    request.META |= {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(body)}
    request.META["wsgi.input_terminated"] = terminated
    return request


def test_a_chunked_body_is_read_to_its_end_and_not_beyond_the_limit():
    assert transport.read_body(chunked(b'{"a": 1}')) == (b'{"a": 1}', b'{"a": 1}')
    assert len(transport.read_body(chunked(b" " * transport.MAX_BODY))[0]) == transport.MAX_BODY
    with pytest.raises(transport.TransportError) as error:
        transport.read_body(chunked(b" " * (transport.MAX_BODY + 1)))
    assert error.value.status == 413


def test_a_chunked_body_from_a_server_that_does_not_mark_its_end_needs_a_length():
    with pytest.raises(transport.TransportError) as error:
        transport.read_body(chunked(b"{}", terminated=False))
    assert (error.value.status, "Content-Length" in error.value.detail) == (411, True)


@pytest.mark.parametrize("kind", ["application/fhir+xml", "text/xml; charset=utf-8"])
def test_xml_is_refused_before_it_is_read(world, kind):
    bomb = b'<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
    answer = send(world.key, bomb, content_type=kind)

    assert answer.status_code == 415
    assert "JSON" in answer.json()["detail"]
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("path", ["/api/readings", "/api/readings/"])
def test_an_address_works_with_and_without_its_final_slash(world, path):
    assert send(world.key, batch(world), path).json()["new"] == 1


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.113.0", True), ("203.0.113.255", True), ("203.0.112.255", False), ("203.0.114.0", False),
        ("::ffff:203.0.113.9", True), ("2001:db8::1", True), ("2001:db9::1", False), ("unix:", False), ("", False),
    ],
)  # fmt: skip
def test_a_source_sends_from_its_networks_alone(address, allowed):
    source = Source(allowed_networks=["203.0.113.0/24", "2001:db8::/32"])

    assert transport.is_allowed_address(source, address) is allowed
    assert transport.is_allowed_address(Source(allowed_networks=[]), address)


def test_a_key_from_another_network_stores_nothing(world):
    set_source(source=world.source, allowed_networks=["203.0.113.0/24"])
    answer = send(world.key, batch(world))

    assert (answer.status_code, "allow-list" in answer.json()["detail"]) == (403, True)
    assert not Delivery.objects.exists()
    inside = Client(REMOTE_ADDR="203.0.113.7").post(
        "/api/readings/", batch(world), content_type="application/json", headers={"x-api-key": world.key}
    )
    assert inside.status_code == 200


def signature(secret, body, algorithm="sha256", encoding="hex"):
    digest = hmac.new(secret.encode(), body, algorithm).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


SECRET = "a-secret-of-the-vendor"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_signature_is_compared_by_the_settings_of_the_source(algorithm, encoding):
    source = Source(signature_algorithm=algorithm, signature_encoding=encoding, signature_secret=SECRET)
    right = signature(SECRET, b"body", algorithm, encoding)

    assert transport.has_valid_signature(source, right, b"body")
    assert transport.has_valid_signature(source, f"{algorithm}={right}", b"body")
    for sent, body in [(right, b"body2"), ("", b"body"), ("ß", b"body"), (right[:-1], b"body"), (right[:20], b"body")]:
        assert not transport.has_valid_signature(source, sent, body)
    other = "base64" if encoding == "hex" else "hex"
    assert not transport.has_valid_signature(source, signature(SECRET, b"body", algorithm, other), b"body")


def sign(source, **more):
    settings = {"signature_algorithm": "sha256", "signature_header": "X-Signature", "signature_encoding": "base64"}
    set_source(source=source, secret=SECRET, **settings | more)
    source.refresh_from_db()


def test_a_signed_source_needs_its_signature_besides_the_key(world):
    sign(world.source)
    body = batch(world)

    refused = send(world.key, body)
    assert (refused.status_code, Delivery.objects.count()) == (401, 0)
    assert "HMAC-SHA256" in refused.json()["detail"]
    assert "Base64" in refused.json()["detail"]
    compressed = gzip.compress(body)
    right = {"x-signature": signature(SECRET, compressed, encoding="base64"), "content-encoding": "gzip"}
    assert send(world.key, compressed, **right).json()["new"] == 1


def test_a_signature_alone_opens_the_address_of_its_source(world):
    path = f"/api/signed/{world.source.public_id}/"
    body, right = batch(world), signature(SECRET, batch(world), encoding="base64")
    assert Client().post(path, body, content_type="application/json").status_code == 401
    sign(world.source)

    def post(address, sent):
        return Client().post(address, body, content_type="application/json", headers={"x-signature": sent})

    assert post(path, "wrong").status_code == 401
    assert post(f"/api/signed/{world.other.source.public_id}/", right).status_code == 401
    assert Delivery.objects.count() == 0
    assert post(path, right).json()["new"] == 1
    revoke_source(source=world.source, by=world.user("manager"), now=NOON)
    assert post(path, right).status_code == 401


def test_guessed_signatures_are_slowed_down(world, monkeypatch):
    sign(world.source)
    monkeypatch.setattr("monitoring.views.api_keys.WRONG_KEYS", 0)

    assert send(world.key, batch(world)).status_code == 429


def test_the_secret_is_encrypted_and_stays_with_a_renewed_key(world):
    sign(world.source)
    with_secret = Source.objects.raw("SELECT id, signature_secret AS stored FROM monitoring_source")
    stored = next(row.stored for row in with_secret if row.pk == world.source.pk)
    assert SECRET not in stored
    renewed, key = renew_key(source=world.source, by=world.user("manager"), now=NOON)

    assert queries.source_by_digest(renewed.key_digest).signature_secret == SECRET
    assert send(key, batch(world)).status_code == 401


def test_a_generated_secret_is_returned_once_and_gone_without_a_signature(world):
    settings = {"signature_algorithm": "sha256", "signature_header": "X-Signature"}
    assert len(set_source(source=world.source, **settings)) >= 32
    assert set_source(source=world.source, **settings) == ""
    set_source(source=world.source, signature_algorithm="", signature_header="X-Signature")
    world.source.refresh_from_db()
    assert (world.source.signature_secret, world.source.signature_header) == ("", "")
    revoke_source(source=world.source, by=world.user("manager"), now=NOON)
    with pytest.raises(Refused):
        set_source(source=world.source, per_minute=1)


@pytest.mark.slow
def test_a_source_above_its_rate_is_queued_and_only_far_above_it_refused(world, still_clock):
    set_source(source=world.source, per_minute=2)
    answers = [send(world.key, batch(world, n)) for n in range(23)]

    assert [answer.status_code for answer in answers] == [200] * 2 + [202] * 20 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    for pk in Delivery.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True):
        take_in.work(pk, now=timezone.now())
    assert Reading.objects.count() == 22


def test_the_result_of_a_queued_body_is_at_its_address_for_its_sender_alone(world, still_clock):
    set_source(source=world.source, per_minute=1)
    send(world.key, batch(world))
    accepted = [send(world.key, body) for body in (batch(world, 1, systolic=999), b"{")]
    addresses = [answer.json()["status"] for answer in accepted]
    assert [answer["Content-Location"] for answer in accepted] == addresses
    set_source(source=world.source, per_minute=100)
    assert Client().get(addresses[0], headers={"x-api-key": world.key}).json()["state"] == "waiting"
    for pk in Delivery.objects.filter(state="waiting").values_list("pk", flat=True):
        take_in.work(pk, now=timezone.now())

    first, second = (Client().get(address, headers={"x-api-key": world.key}).json() for address in addresses)
    assert (first["state"], first["unmatched"]) == ("done", 1)
    assert first["entries"] == [
        {"entry": 0, "result": "refused", "reason": "impossible", "message": "999 mmHg is outside 30-320 mmHg."}
    ]
    assert (second["state"], second["entries"]) == ("refused", [])
    assert "JSON" in second["message"]
    other = open_source(practice=world.practice, name="o", shape="portal", now=NOON)[1]
    for key, status in ((other, 404), (world.other.key, 404), ("guess", 401)):
        assert Client().get(addresses[0], headers={"x-api-key": key}).status_code == status
    _, renewed = renew_key(source=world.source, by=world.user("manager"), now=NOON)
    assert Client().get(addresses[0], headers={"x-api-key": renewed}).status_code == 200


def test_a_body_of_unicode_digits_is_answered_entry_by_entry(world):
    answer = send(world.key, batch(world, systolic="١٢٨"))

    assert answer.status_code == 422
    assert UnmatchedReading.objects.get().reason == "unreadable"


def test_the_digest_of_a_body_is_that_of_its_decompressed_bytes(world):
    send(world.key, gzip.compress(batch(world)), **{"content-encoding": "gzip"})

    assert Delivery.objects.get().body_digest == hashlib.sha256(batch(world)).hexdigest()
