"""The page of clients: registering with step-up, keys, scopes, clinics, changes, revoking, and disclosures."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from enrollment.models import Clinic
from monitoring.models import Source
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from rpm_portal.fhir.clients import check_scopes, register_client
from rpm_portal.fhir.models import FhirClient
from tests.builders import PASSWORD, at, days
from tests.fhir.fhir_clients import FhirApi, a_client, ask_token, assertion, private_key, public_jwk, token_of

pytestmark = pytest.mark.django_db
BACKEND = "rpm_portal.accounts.backends.PortalBackend"
FORM = {
    "name": "Acme EHR", "scopes": ["system/Patient.rs", "system/Observation.cu"], "per_minute": "600",
    "jwks": json.dumps({"keys": [public_jwk()]}), "password": PASSWORD,
}  # fmt: skip


def signed_in(world, role="manager"):
    client = Client()
    client.force_login(world.user(role), backend=BACKEND)
    return client


def test_a_manager_registers_a_program_that_then_gets_a_token(world):
    page = signed_in(world).post(reverse("fhir:clients"), FORM)

    row = FhirClient.objects.get()
    shown = page.content.decode()
    assert (page.status_code, row.name) == (200, "Acme EHR")
    assert row.public_id in shown
    assert "http://testserver/api/oauth/token" in shown
    assert ask_token(assertion(row)).status_code == 200
    assert row.source.shape == "fhir"
    event = Event.objects.get(action="register_fhir_client")
    assert event.detail == {"scopes": FORM["scopes"], "clinics": 0}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "wrong"}, "not your password"), ({"password": ""}, "Enter your password"), ({"name": ""}, "marked fields"),
        ({"scopes": []}, "marked fields"), ({"scopes": ["system/Patient.cu"]}, "marked fields"), ({"jwks": "x"}, "not JSON"),
        ({"jwks": '{"keys": []}'}, "1 to 10 keys"), ({"per_minute": "0"}, "marked fields"), ({"jwks": '{"keys": [7]}'}, "not an object"),
    ],
)  # fmt: skip
def test_an_invalid_registration_is_refused_with_what_to_do(world, change, sentence):
    page = signed_in(world).post(reverse("fhir:clients"), FORM | change)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not FhirClient.objects.exists()
    assert not Source.objects.filter(name="Acme EHR").exists()


def private_jwk():
    from jwt.algorithms import ECAlgorithm

    return ECAlgorithm.to_jwk(private_key(), as_dict=True) | {"kid": "1"}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ([private_jwk], "private key"),
        ([lambda: {"kty": "oct", "k": "c2VjcmV0", "kid": "1"}], "private key"),
        ([lambda: public_jwk() | {"alg": "ES256"}], "RS384"),
        ([lambda: public_jwk() | {"crv": "P-256"}], "cannot be read"),
        ([lambda: public_jwk() | {"x": "AA"}], "cannot be read"),
        ([lambda: public_jwk() | {"kid": ""}], "kid"),
        ([public_jwk, public_jwk], "same kid"),
        ([public_jwk] * 11, "1 to 10 keys"),
    ],
)
def test_a_key_that_cannot_be_used_safely_is_refused(world, keys, sentence):
    with pytest.raises(Refused, match=sentence):
        a_client(world, keys=[key() for key in keys])


def test_a_name_is_used_once_in_a_practice(world):
    a_client(world)
    with pytest.raises(Refused, match="Another client has this name"):
        a_client(world)
    assert a_client(world.other).name == "Acme"
    assert Source.objects.filter(name="Acme", practice=world.practice).count() == 1


def test_clinics_of_another_practice_cannot_be_chosen(world):
    clinic = Clinic.objects.create(practice=world.other.practice, name="North")
    with pytest.raises(Refused, match="clinics of this practice"):
        a_client(world, clinics=[clinic.pk])


def test_an_unknown_scope_cannot_be_given(world):
    for scope in ("system/Nothing.r", "system/Patient.c"):
        with pytest.raises(Refused):
            check_scopes([scope], by=world.members["admin"])


def test_a_change_ends_the_tokens_and_keeps_the_keys(world):
    row = a_client(world)
    api = FhirApi(token_of(row), row)
    form = {"scopes": ["system/Patient.rs"], "per_minute": "60", "jwks": "", "password": PASSWORD}
    page = signed_in(world).post(reverse("fhir:client", args=[row.public_id]), form)

    row.refresh_from_db()
    assert (page.status_code, row.scopes, row.per_minute) == (200, ["system/Patient.rs"], 60)
    assert api.get("/Patient").status_code == 401
    assert ask_token(assertion(row)).status_code == 200
    assert Event.objects.get(action="change_fhir_client").detail["new_keys"] is False


def test_new_keys_replace_the_old_ones(world):
    row = a_client(world)
    keys = json.dumps({"keys": [public_jwk(name="2", kid="new")]})
    form = {"scopes": ["system/Patient.rs"], "per_minute": "60", "jwks": keys, "password": PASSWORD}
    signed_in(world).post(reverse("fhir:client", args=[row.public_id]), form)

    assert ask_token(assertion(row)).status_code == 401
    assert ask_token(assertion(row, key="2", headers={"kid": "new"})).status_code == 200


def test_revoking_needs_the_password_and_ends_the_source_too(world):
    row, client = a_client(world), signed_in(world)
    path = reverse("fhir:revoke_client", args=[row.public_id])
    assert client.post(path, {"password": "wrong"}).status_code == 422
    assert client.post(path, {"password": PASSWORD}).status_code == 302

    row.refresh_from_db()
    assert row.revoked_at is not None
    assert row.source.revoked_at is not None
    assert client.post(path, {"password": PASSWORD}).status_code == 422
    page = client.get(reverse("fhir:client", args=[row.public_id])).content.decode()
    assert "What it wrote stays" in page


def test_what_a_program_read_is_in_the_patients_accounting_of_disclosures(world):
    row = a_client(world)
    api = FhirApi(token_of(row), row)
    world.read(days("2026-03-01", "2026-03-03"))
    api.get("/Observation?code=85354-9")
    api.get(f"/Patient/{world.patient.public_id}")
    page = signed_in(world, "auditor").get(reverse("disclosures", args=[world.patient.public_id])).content.decode()

    assert "FHIR Observation, 3 on this day" in page
    assert "FHIR Patient, 1 on this day" in page
    assert "Acme" in page


def test_registering_is_recorded_with_the_person(world):
    row = register_client(
        name="A", jwks=FORM["jwks"], scopes=["system/Patient.rs"], clinics=[], per_minute=60,
        by=world.members["admin"], now=at("2026-03-20"),
    )  # fmt: skip

    assert (row.made_by, row.source.made_by) == (world.user("admin"), world.user("admin"))
