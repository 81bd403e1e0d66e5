"""Clients of the FHIR server in tests: key pairs, registered clients, assertions, tokens, and requests."""

import json
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client
from django.utils import timezone

from rpm_portal.fhir.clients import register_client
from rpm_portal.fhir.models import FhirClient, FhirToken
from rpm_portal.fhir.tokens import digest_of

AUDIENCE = "http://testserver/api/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALL = ["system/Patient.rs", "system/Observation.rs", "system/Observation.cu", "system/Device.rs"]


@cache
def private_key(kind="ES384", name="1"):
    """A private key; each name has its own."""
    if kind == "RS384":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP384R1())


def public_jwk(kind="ES384", name="1", kid=None):
    """The public part of a key as JWK."""
    public = private_key(kind, name).public_key()
    make = jwt.algorithms.RSAAlgorithm if kind == "RS384" else jwt.algorithms.ECAlgorithm
    key = make.to_jwk(public, as_dict=True)
    return {name: key[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in key} | {
        "alg": kind, "kid": kid or f"{kind}-{name}"
    }  # fmt: skip


def a_client(world, scopes=None, *, name="Acme", clinics=(), role="manager", keys=None):
    """A registered client with one ES384 key."""
    return register_client(
        name=name, jwks=json.dumps({"keys": keys or [public_jwk()]}), scopes=scopes or ALL, clinics=list(clinics),
        per_minute=6000, by=world.members[role], now=timezone.now(),
    )  # fmt: skip


def claims(client, **changes):
    """The claims of a good assertion with changes; None leaves a claim out."""
    public_id = client if isinstance(client, str) else client.public_id
    good = {"iss": public_id, "sub": public_id, "aud": AUDIENCE, "exp": int(time.time()) + 240, "jti": uuid.uuid4().hex}
    return {name: value for name, value in (good | changes).items() if value is not None}


def assertion(client, *, kind="ES384", key="1", headers=None, **changes):
    """A signed assertion."""
    return jwt.encode(
        claims(client, **changes), private_key(kind, key), algorithm=kind,
        headers={"kid": f"{kind}-1"} | (headers or {}),
    )  # fmt: skip


def ask_token(text, scope="system/Patient.rs", **more):
    """The answer of the token endpoint."""
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": text}
    return post_form("/api/oauth/token", form | {"scope": scope} | more)


def post_form(path, form, **headers):
    """The answer to a form, encoded as browsers do."""
    body = urlencode(form, doseq=True)
    return Client().post(path, body, content_type="application/x-www-form-urlencoded", headers=headers)


@dataclass
class FhirApi:
    """Requests with one token."""

    token: str
    client: FhirClient

    def send(self, method, path, body=None, **headers):
        """The answer to a request below /api/fhir."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        media = headers.pop("content_type", "application/fhir+json")
        headers = {"authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return Client().generic(method, f"/api/fhir{path}", raw, content_type=media, headers=headers)

    def get(self, path, **headers):
        """The answer to a GET."""
        return self.send("GET", path, **headers)

    def post(self, path, body, **headers):
        """The answer to a POST."""
        return self.send("POST", path, body, **headers)

    def put(self, path, body, **headers):
        """The answer to a PUT."""
        return self.send("PUT", path, body, **headers)


def token_of(client, scopes=None):
    """A token of a client, without an assertion."""
    token, now = uuid.uuid4().hex, timezone.now()
    FhirToken.objects.create(
        practice_id=client.practice_id, client=client, digest=digest_of(token), scopes=scopes or client.scopes,
        made_at=now, expires_at=now + timedelta(minutes=5),
    )  # fmt: skip
    return token


def an_api(world, scopes=None, **facts):
    """The requests of a new client."""
    client = a_client(world, scopes, **facts)
    return FhirApi(token_of(client), client)


def observation(world, value=70, *, at="2026-03-20T08:00:00-05:00", name="o1", **more):
    """A weight as a client sends it."""
    return {
        "resourceType": "Observation", "identifier": [{"system": "urn:acme", "value": name}], "status": "final",
        "effectiveDateTime": at, "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "device": {"identifier": {"value": world.serial}},
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "kg"}, **more,
    }  # fmt: skip


def issue(answer):
    """The first issue of an OperationOutcome."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    return body["issue"][0]
