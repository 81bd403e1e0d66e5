"""The token endpoint: which assertions are accepted, scopes, replays, and what an answer reveals."""

import base64
import json
import time

import jwt
import pytest
from django.db import connection
from django.test import Client

from rpm_portal.fhir.clients import change_client, revoke_client
from rpm_portal.fhir.models import FhirAssertion, FhirToken
from tests.builders import at, at_once
from tests.fhir.fhir_clients import (
    ALL,
    ASSERTION_TYPE,
    AUDIENCE,
    FhirApi,
    a_client,
    ask_token,
    assertion,
    claims,
    post_form,
    private_key,
    public_jwk,
    token_of,
)

NOW = at("2026-03-20")
pytestmark = pytest.mark.django_db


def encoded(part):
    return (
        base64.urlsafe_b64encode(part if isinstance(part, bytes) else json.dumps(part).encode()).rstrip(b"=").decode()
    )


def unsigned(client):
    return f"{encoded({'alg': 'none', 'kid': 'ES384-1'})}.{encoded(claims(client))}."


def with_public_key_as_secret(client):
    """HS384 with the public key as the secret, as a library that trusts `alg` would accept it."""
    head = {"alg": "HS384", "kid": "ES384-1"}
    text = f"{encoded(head)}.{encoded(claims(client))}"
    secret = json.dumps(public_jwk()).encode()
    return f"{text}.{encoded(jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA384).sign(text.encode(), secret))}"


def signed(client, payload, **headers):
    """A payload of any form, signed with the right key."""
    text = f"{encoded({'alg': 'ES384', 'kid': 'ES384-1'} | headers)}.{encoded(payload)}"
    algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA384)
    return f"{text}.{encoded(algorithm.sign(text.encode(), private_key()))}"


GOOD = {
    "ES384": lambda c: assertion(c),
    "RS384": lambda c: assertion(c, kind="RS384"),
    "a list of audiences": lambda c: assertion(c, aud=["https://other.example", AUDIENCE]),
}
BAD = {
    "another key with the same kid": lambda c: assertion(c, key="2"),
    "HS384 with the public key": with_public_key_as_secret,
    "none": unsigned,
    "RS256": lambda c: jwt.encode(claims(c), private_key("RS384"), algorithm="RS256", headers={"kid": "RS384-1"}),
    "another audience": lambda c: assertion(c, aud="https://other.example/token"),
    "a longer audience": lambda c: assertion(c, aud=f"{AUDIENCE}/"),
    "no audience": lambda c: assertion(c, aud=None),
    "iss is not sub": lambda c: assertion(c, sub="another"),
    "no sub": lambda c: assertion(c, sub=None),
    "no jti": lambda c: assertion(c, jti=None),
    "a jti that is a number": lambda c: signed(c, claims(c, jti=7)),
    "an empty jti": lambda c: signed(c, claims(c, jti="")),
    "a jti of 201 characters": lambda c: assertion(c, jti="j" * 201),
    "no exp": lambda c: assertion(c, exp=None),
    "exp a day ahead": lambda c: assertion(c, exp=int(time.time()) + 86_400),
    "exp 340 seconds ahead": lambda c: assertion(c, exp=int(time.time()) + 340),
    "an exp without end": lambda c: signed(c, (json.dumps(claims(c))[:-1] + ', "exp": Infinity}').encode()),
    "expired": lambda c: assertion(c, exp=int(time.time()) - 60),
    "iat in the future": lambda c: assertion(c, iat=int(time.time()) + 120),
    "nbf in the future": lambda c: assertion(c, nbf=int(time.time()) + 120),
    "an unknown kid": lambda c: assertion(c, headers={"kid": "other"}),
    "a kid that is a list": lambda c: signed(c, claims(c), kid=["ES384-1"]),
    "crit": lambda c: signed(c, claims(c), crit=["exp"]),
    "the key of another algorithm": lambda c: assertion(c, headers={"kid": "RS384-1"}),
    "a list as the payload": lambda c: signed(c, [claims(c)]),
    "garbage": lambda c: "x.y.z",
    "nothing": lambda c: "",
    "a very long text": lambda c: "a" * 9_000,
}


@pytest.fixture
def client(world):
    return a_client(world, ALL, keys=[public_jwk(), public_jwk("RS384")])


@pytest.mark.parametrize("case", GOOD)
def test_a_good_assertion_gets_a_token_for_five_minutes(client, case):
    answer = ask_token(GOOD[case](client), "system/Patient.rs system/Observation.r")

    content = answer.json()
    assert answer.status_code == 200, content
    assert (content["token_type"], content["expires_in"]) == ("bearer", 300)
    assert content["scope"] == "system/Patient.rs system/Observation.r"
    assert answer["Cache-Control"] == "no-store"
    assert FhirApi(content["access_token"], client).get("/Patient").status_code == 200
    assert FhirToken.objects.get().digest != content["access_token"]


@pytest.mark.parametrize("case", BAD)
def test_a_bad_assertion_is_refused_with_one_sentence_for_all(client, case):
    unknown = ask_token(assertion("nobody"))
    answer = ask_token(BAD[case](client))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.content
    assert answer.json() == unknown.json()
    assert not FhirToken.objects.exists()


def test_the_reason_of_a_refusal_is_on_the_clients_page_only(client):
    ask_token(assertion(client, aud="https://other.example"))
    client.refresh_from_db()

    assert "audience" in client.last_refusal.lower()


def test_the_key_address_of_a_header_is_never_read(client):
    text = assertion(client, headers={"jku": "http://127.0.0.1:1/keys", "kid": "other"})

    assert ask_token(text).status_code == 401


@pytest.mark.parametrize("seconds", [329, 331])
def test_an_assertion_is_valid_for_at_most_five_minutes_and_the_leeway(client, seconds):
    assert ask_token(assertion(client, exp=int(time.time()) + seconds)).status_code == (200 if seconds < 330 else 401)


def test_an_assertion_works_once_and_its_number_is_the_clients_own(world, client):
    other = a_client(world, name="Other")
    once = assertion(client, jti="same")

    assert ask_token(once).status_code == 200
    assert ask_token(once).status_code == 401
    assert ask_token(assertion(client, jti="same")).status_code == 401
    assert ask_token(assertion(other, jti="same")).status_code == 200
    assert FhirAssertion.objects.count() == 2


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("", "scope"),
        ("system/Coverage.rs", "system/Coverage.rs"),
        ("system/Patient.read", "system/Patient.read"),
        ("system/Patient.cruds", "system/Patient.cruds"),
        ("system/Patient.c", "system/Patient.c"),
        ("system/*.rs", "system/*.rs"),
        ("system/Observation.rs?category=laboratory", "category"),
        ("user/Patient.rs", "user/Patient.rs"),
        ("system/Patient.sr", "system/Patient.sr"),
        ("system/Patient.", "system/Patient."),
        ("system/Patient.rs openid", "openid"),
    ],
)
def test_a_scope_that_was_not_granted_is_refused_by_name(client, scope, named):
    answer = ask_token(assertion(client), scope)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert named in answer.json()["error_description"]
    assert not FhirAssertion.objects.exists()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials"] * 2}, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, "invalid_request"),
    ],
)
def test_another_grant_or_form_is_refused(client, change, error):
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "scope": "system/Patient.rs"}
    answer = post_form("/api/oauth/token", form | {"client_assertion": assertion(client)} | change)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_json_body_is_no_token_request(client):
    assert Client().post("/api/oauth/token", "{}", content_type="application/json").status_code == 400
    assert Client().get("/api/oauth/token").status_code == 405


def test_a_revoked_client_is_out_at_once(world, client):
    api = FhirApi(ask_token(assertion(client)).json()["access_token"], client)
    assert api.get("/Patient").status_code == 200
    revoke_client(client=client, by=world.members["manager"], now=NOW)

    assert api.get("/Patient").status_code == 401
    assert ask_token(assertion(client)).status_code == 401


def test_changed_scopes_count_at_once(world, client):
    api = FhirApi(token_of(client), client)
    change_client(
        client=client, jwks="", scopes=["system/Device.rs"], clinics=[], per_minute=60, by=world.members["manager"],
        now=NOW,
    )  # fmt: skip

    assert api.get("/Patient").status_code == 401
    assert ask_token(assertion(client), "system/Patient.rs").status_code == 400


def test_too_many_wrong_assertions_from_one_address_wait(client, pinned_day):
    statuses = [ask_token("x.y.z").status_code for _ in range(31)]

    assert statuses == [401] * 30 + [429]
    assert ask_token(assertion(client)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_assertion_at_the_same_time_one_wins(live_world):
    client = a_client(live_world, ALL)
    text, statuses = assertion(client), []

    def ask(_):
        statuses.append(ask_token(text).status_code)
        connection.close()

    at_once(ask, times=2)

    assert sorted(statuses) == [200, 401]
