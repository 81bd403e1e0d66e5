"""What every address of the FHIR server has in common: discovery, methods, formats, credentials, and errors."""

import json

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from monitoring.models import Reading
from rpm_portal.fhir import urls
from rpm_portal.fhir.registry import registry
from tests.builders import days
from tests.conftest import SHARED
from tests.fhir.fhir_clients import ALL, FhirApi, a_client, an_api, issue, observation, token_of

CASES = SHARED / "cases" / "readings"
pytestmark = pytest.mark.django_db
# Addresses without a token: they describe the server. The others of the package are pages of people.
PUBLIC = {"metadata", "smart", "token", "unknown", "clients", "client", "revoke_client"}


@pytest.fixture
def api(world):
    return an_api(world)


def test_the_capability_statement_is_read_without_a_token(db):
    answer = Client().get("/api/fhir/metadata")

    content = answer.json()
    assert (answer.status_code, content["resourceType"], content["fhirVersion"]) == (
        200,
        "CapabilityStatement",
        "4.0.1",
    )
    (rest,) = content["rest"]
    kinds = {row["type"]: {code["code"] for code in row["interaction"]} for row in rest["resource"]}
    assert kinds["Observation"] == {"read", "search-type", "vread", "create", "update"}
    assert kinds["Patient"] == {"read", "search-type"}
    # A client that finds OAuth addresses here waits for a person to sign in.
    assert "extension" not in rest["security"]


def test_every_search_parameter_of_the_statement_is_accepted(world):
    api = an_api(world, [f"system/{kind.name}.rs" for kind in registry().values() if not kind.scope_of])
    for kind in api.get("/metadata").json()["rest"][0]["resource"]:
        for row in kind.get("searchParam", []):
            value = {"date": "2026-01-01", "reference": "x"}.get(row["type"], "x")
            assert api.get(f"/{kind['type']}?{row['name']}={value}").status_code == 200, (kind["type"], row)


def test_the_smart_configuration_names_the_token_address(db):
    content = Client().get("/api/fhir/.well-known/smart-configuration").json()

    assert content["token_endpoint"] == "http://testserver/api/oauth/token"
    assert content["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert "issuer" not in content
    assert "system/Observation.crus" in content["scopes_supported"]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["/metadata", "/Patient", "/Observation", "/.well-known/smart-configuration"])
def test_an_address_works_with_and_without_its_slash(api, path, slash):
    assert api.get(path + slash).status_code == 200


def addresses(kind):
    """Every address of the package that needs a token, for one resource type."""
    given = {"kind": kind, "own": "x", "number": "1"}
    for pattern in urls.urlpatterns:
        if pattern.name in PUBLIC:
            continue
        names = pattern.pattern.regex.groupindex
        yield pattern.name, reverse(f"fhir:{pattern.name}", kwargs={name: given[name] for name in names})


@pytest.mark.parametrize("kind", registry())
def test_no_resource_is_answered_without_a_token(world, kind):
    world.read(days("2026-03-01", "2026-03-01"))
    for name, address in addresses(kind):
        for method in ("GET", "POST", "PUT"):
            for headers in ({}, {"authorization": "Bearer nothing"}, {"authorization": "Basic eDp5"}):
                answer = Client().generic(method, address, "{}", content_type="application/json", headers=headers)
                assert answer.status_code in {401, 405}, (name, method)
                assert "Ortega" not in answer.content.decode()
    assert {name for name, _ in addresses(kind)} == {"base", "background", "type", "search", "instance", "version"}


@pytest.mark.parametrize("kind", registry())
def test_a_scope_for_another_type_or_act_is_not_enough(world, kind):
    name, is_searched = registry()[kind].scope_of or kind, registry()[kind].is_searched
    client = a_client(world, ALL)
    other = FhirApi(token_of(client, ["system/Device.rs" if name == "Patient" else "system/Patient.rs"]), client)
    for path in (f"/{kind}/reading-1", *([f"/{kind}"] if is_searched else [])):
        answer = other.get(path)
        assert (answer.status_code, issue(answer)["code"]) == (403, "forbidden"), path
    only_read = FhirApi(token_of(client, [f"system/{name}.r"]), client)
    assert only_read.get(f"/{kind}").status_code == (403 if is_searched else 405)
    assert only_read.get(f"/{kind}/x").status_code == 404


def test_reading_does_not_allow_writing(world):
    api = an_api(world, ["system/Observation.rs"])
    body = observation(world)
    entry = {"resource": body, "request": {"method": "POST", "url": "Observation"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}

    assert api.post("/Observation", body).status_code == 403
    assert api.post("/", bundle).status_code == 403
    assert api.put("/Observation/reading-1", body | {"id": "reading-1"}).status_code == 403
    assert not Reading.objects.exists()


def test_another_practices_rows_do_not_exist(world, api):
    world.other.read(days("2026-03-01", "2026-03-01"), serial=world.other.serial)
    row = Reading.objects.get()
    custody = world.other.enrollment.assignments.select_related("device").get()
    paths = [
        f"/Patient/{world.other.patient.public_id}", f"/Observation/reading-{row.pk}",
        f"/Observation/reading-{row.pk}/_history/1", f"/Device/device-{custody.device.public_id}-{custody.pk}",
    ]  # fmt: skip
    for path in paths:
        answer = api.get(path)
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found"), path
        assert answer.json() == api.get(path.replace(path.split("/")[2], "x9", 1)).json()
    assert [api.get(f"/{kind}").json().get("entry", []) for kind in ("Observation",)] == [[]]
    assert api.get(f"/Observation?patient={world.other.patient.public_id}").json().get("entry", []) == []
    assert (
        api.put(f"/Observation/reading-{row.pk}", observation(world) | {"id": f"reading-{row.pk}"}).status_code == 405
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("DELETE", "/Observation/reading-1", 405, "GET, HEAD, PUT"), ("PATCH", "/Observation/reading-1", 405, "GET, HEAD, PUT"),
        ("GET", "/", 405, "POST"), ("GET", "", 405, "POST"), ("POST", "/metadata", 405, "GET, HEAD"),
        ("POST", "/Patient", 405, "GET, HEAD"), ("PUT", "/Patient/x", 405, "GET, HEAD"), ("PUT", "/Observation", 405, "GET, HEAD, POST"),
        ("GET", "/Observation/_search", 405, "POST"), ("GET", "/Nothing", 404, None), ("GET", "/x/y/z", 404, None),
        ("GET", "/.well-known/openid-configuration", 404, None), ("GET", "/Observation/a b", 404, None),
        ("PUT", "/Observation/abc", 405, "GET, HEAD"),
    ],
)  # fmt: skip
def test_what_is_not_possible_is_an_outcome_too(world, api, method, path, status, allow):
    answer = api.send(method, path, observation(world) if method in {"PUT", "POST"} else None)

    assert (answer.status_code, answer.get("Allow")) == (status, allow)
    assert issue(answer)["diagnostics"]
    assert answer["Content-Type"].startswith("application/fhir+json")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200), ("*/*", 200), ("application/json", 200), ("application/fhir+json", 200),
        ("application/fhir+json; fhirVersion=4.0", 200), ("application/fhir+xml, application/fhir+json;q=0.5", 200),
        ("application/fhir+xml", 406), ("application/fhir+json; fhirVersion=5.0", 406), ("text/csv", 406),
    ],
)  # fmt: skip
def test_only_json_of_r4_is_answered(api, accept, status):
    answer = api.get("/Patient", accept=accept)

    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/fhir+json")


def test_a_database_that_is_away_is_an_outcome_with_a_wait(api, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr("rpm_portal.fhir.views.read.search", fail)
    answer = api.get("/Patient")
    assert (answer.status_code, issue(answer)["code"], answer["Retry-After"]) == (503, "transient", "30")


def test_a_defect_is_an_outcome_without_details(api, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyError("Ortega")

    monkeypatch.setattr("rpm_portal.fhir.views.read.search", fail)
    answer = api.get("/Patient")
    assert (answer.status_code, issue(answer)["code"]) == (500, "exception")
    assert "Ortega" not in json.dumps(answer.json())


def test_a_client_above_its_rate_waits(world, monkeypatch):
    api = an_api(world)
    type(api.client).objects.filter(pk=api.client.pk).update(per_minute=3)

    answers = [api.get("/Patient") for _ in range(4)]
    assert [row.status_code for row in answers] == [200, 200, 200, 429]
    assert issue(answers[3])["code"] == "throttled"
    assert int(answers[3]["Retry-After"]) > 0


@pytest.mark.skipif(not CASES.exists(), reason="the shared folder is absent")
@pytest.mark.parametrize(("name", "status"), [("F37", 200), ("F38", 200), ("F39", 405)])
def test_a_shared_case_of_reading_and_updating_is_answered(api, name, status):
    case = json.loads((CASES / f"{name}.json").read_text())
    answer = api.send(case["method"], case["path"].removeprefix("/api/fhir"), case.get("body"))

    kinds = {"F37": "CapabilityStatement", "F38": "Bundle", "F39": "OperationOutcome"}
    assert (answer.status_code, answer.json()["resourceType"]) == (status, kinds[name])
