"""Claims as FHIR: references are contained, totals add up, replacement and void are marked."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.claims.formats import fhir_claim
from billing.claims.formats.content import ProviderName
from billing.claims.ready_claims import claims_of
from billing.models import ClaimCopy
from tests.billing.claims.test_cms1500 import CLAIM
from tests.billing.sending_world import complete, leave, sealed

AT = datetime(2026, 4, 3, 12, tzinfo=UTC)


def bundle_of(*claims):
    return json.loads(fhir_claim.write(claims, number=7, at=AT))


def references(part):
    """Every reference anywhere in a resource."""
    if isinstance(part, dict):
        if isinstance(part.get("reference"), str):
            yield part["reference"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_a_claim_contains_all_that_the_837p_contains():
    bundle = bundle_of(CLAIM)
    (entry,) = bundle["entry"]
    claim = entry["resource"]

    assert (bundle["resourceType"], bundle["type"], bundle["identifier"]["value"]) == ("Bundle", "collection", "7")
    assert (claim["status"], claim["use"], claim["created"]) == ("active", "claim", "2026-04-03")
    assert claim["identifier"] == [{"value": CLAIM.control}]
    contained_ids = {f"#{resource['id']}" for resource in claim["contained"]}
    assert set(references(claim)) <= contained_ids
    assert len(contained_ids) == len(claim["contained"])
    assert [item["sequence"] for item in claim["item"]] == list(range(1, len(CLAIM.services) + 1))
    for item, line in zip(claim["item"], CLAIM.services, strict=True):
        assert item["productOrService"]["coding"][0]["code"] == line.code
        assert (item["servicedDate"], item["quantity"]["value"]) == (line.dos, line.units)
        assert item["diagnosisSequence"] == list(line.pointers)
        assert Decimal(str(item["net"]["value"])) == Decimal(line.charge)
        assert item["extension"][0]["valueString"] == line.control
    assert sum(Decimal(str(item["net"]["value"])) for item in claim["item"]) == Decimal(str(claim["total"]["value"]))
    assert [d["diagnosisCodeableConcept"]["coding"][0]["code"] for d in claim["diagnosis"]] == list(CLAIM.diagnoses)
    patient = next(resource for resource in claim["contained"] if resource["resourceType"] == "Patient")
    assert (patient["name"][0]["family"], patient["birthDate"]) == (CLAIM.family, CLAIM.born)


def test_ordering_providers_are_in_the_care_team_and_each_line_names_its_own():
    other = ProviderName("Ito", "Ben", "1881761864")
    first = CLAIM.services[0]
    second = replace(first, control="SECOND", code="99457", ordering=other)
    claim = replace(CLAIM, services=(replace(first, ordering=CLAIM.rendering), second))
    resource = bundle_of(claim)["entry"][0]["resource"]

    team = {
        entry["sequence"]: (entry["provider"]["reference"], entry["role"]["coding"][0]["code"])
        for entry in resource["careTeam"]
    }
    assert team == {1: ("#person-1", "primary"), 2: ("#person-1", "other"), 3: ("#person-2", "other")}
    assert [item["careTeamSequence"] for item in resource["item"]] == [[1, 2], [1, 3]]
    npis = [
        entry["identifier"][0]["value"] for entry in resource["contained"] if entry["resourceType"] == "Practitioner"
    ]
    assert npis == [CLAIM.rendering.npi, other.npi]
    alone = bundle_of(replace(CLAIM, services=(replace(first, ordering=None),)))["entry"][0]["resource"]
    assert alone["item"][0]["careTeamSequence"] == [1]


@pytest.mark.parametrize(("frequency", "status"), [("7", "active"), ("8", "cancelled")])
def test_a_replacement_and_a_void_name_the_claim_before(frequency, status):
    claim = bundle_of(replace(CLAIM, frequency=frequency, original="P-900/1"))["entry"][0]["resource"]
    assert claim["status"] == status
    assert [related["reference"]["value"] for related in claim["related"]] == ["P-900/1"]
    assert "related" not in bundle_of(CLAIM)["entry"][0]["resource"]


def test_units_and_modifiers_and_a_name_that_is_hostile():
    line = replace(CLAIM.services[0], units=3, charge="100.00", modifiers=("GP", "CQ"))
    claim = bundle_of(replace(CLAIM, services=(line,), total="100.00", family='O"Neil\n</script>'))["entry"][0][
        "resource"
    ]
    (item,) = claim["item"]
    assert (item["unitPrice"]["value"], item["net"]["value"]) == (33.33, 100.0)
    assert [modifier["coding"][0]["code"] for modifier in item["modifier"]] == ["GP", "CQ"]
    assert claim["contained"][0]["name"][0]["family"] == 'O"Neil\n</script>'


def test_claims_are_sent_as_fhir_from_the_same_sealed_lines(world):
    complete(world)
    close = sealed(world)
    (ready,) = claims_of(close)
    export = leave(world, close, shape="fhir")

    assert isinstance(export, ClaimCopy)
    claim = json.loads(export.as_sent())["entry"][0]["resource"]
    assert [item["productOrService"]["coding"][0]["code"] for item in claim["item"]] == [
        line.code for line in ready.content.services
    ]
    assert claim["total"]["value"] == float(export.total)
