"""Claims as FHIR R4: a Bundle of Claim resources, each containing its patient, coverage and providers."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from billing.claims.formats.content import Address, Content, ProviderName, Service

_NPI, _ICD10 = "http://hl7.org/fhir/sid/us-npi", "http://hl7.org/fhir/sid/icd-10-cm"
_CPT, _TAX = "http://www.ama-assn.org/go/cpt", "urn:oid:2.16.840.1.113883.4.4"
_PLACE = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_ROLE = f"{_HL7}claimcareteamrole"
_SEX = {"F": "female", "M": "male"}


def write(claims: Iterable[Content], *, number: int, at: datetime) -> str:
    """The Bundle as JSON. A replacement (7) names the claim before by the payer's number; a void (8) is cancelled."""
    entries = [{"fullUrl": f"urn:claim:{claim.control}", "resource": _claim(claim, at)} for claim in claims]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": at.isoformat(),
        "identifier": {"system": "urn:export", "value": str(number)},
        "entry": entries,
    }
    return json.dumps(bundle, ensure_ascii=False, indent=1)


def _insurance(claim: Content) -> dict[str, object]:
    """The coverage, with the numbers of its prior authorizations."""
    insurance: dict[str, object] = {"sequence": 1, "focal": True, "coverage": {"reference": "#coverage"}}
    numbers = sorted({line.authorization for line in claim.services if line.authorization})
    return insurance | ({"preAuthRef": numbers} if numbers else {})


def _claim(claim: Content, at: datetime) -> dict[str, object]:
    people = _people(claim)
    # The billing provider first, then those who ordered. A person with both roles is listed twice.
    ordering = list(dict.fromkeys(people[line.ordering] for line in claim.services if line.ordering is not None))
    team = [(people[claim.rendering], "primary"), *((name, "other") for name in ordering)]
    resource: dict[str, object] = {
        "resourceType": "Claim",
        "contained": [
            _patient(claim),
            _organization(claim),
            _payer(claim),
            _coverage(claim),
            *(_practitioner(name, person) for person, name in people.items()),
        ],
        "identifier": [{"value": claim.control}],
        "status": "cancelled" if claim.frequency == "8" else "active",
        "type": _coded(f"{_HL7}claim-type", "professional"),
        "use": "claim",
        "patient": {"reference": "#patient"},
        "created": f"{at:%Y-%m-%d}",
        "insurer": {"reference": "#payer"},
        "provider": {"reference": "#practice"},
        "priority": _coded(f"{_HL7}processpriority", "normal"),
        "careTeam": [
            {"sequence": number, "provider": {"reference": f"#{name}"}, "role": _coded(_ROLE, role)}
            for number, (name, role) in enumerate(team, start=1)
        ],
        "diagnosis": [
            {"sequence": number, "diagnosisCodeableConcept": _coded(_ICD10, code)}
            for number, code in enumerate(claim.diagnoses, start=1)
        ],
        "insurance": [_insurance(claim)],
        "item": [
            _item(
                line,
                number,
                line.place or claim.place,
                2 + ordering.index(people[line.ordering]) if line.ordering else None,
            )
            for number, line in enumerate(claim.services, start=1)
        ],
        "total": _dollars(claim.total),
    }
    if claim.original:
        resource["related"] = [
            {
                "relationship": _coded(f"{_HL7}ex-relatedclaimrelationship", "prior"),
                "reference": {"value": claim.original},
            }
        ]
    return resource


def _people(claim: Content) -> dict[ProviderName, str]:
    """The providers on the claim with their ids: the billing provider first, then those who ordered."""
    named = [claim.rendering, *(line.ordering for line in claim.services if line.ordering is not None)]
    return {person: f"person-{number}" for number, person in enumerate(dict.fromkeys(named), start=1)}


def _item(line: Service, number: int, place: str, ordering: int | None) -> dict[str, object]:
    """A line; `ordering` is the ordering provider's position in the care team."""
    item: dict[str, object] = {
        "sequence": number,
        "careTeamSequence": [1] if ordering is None else [1, ordering],
        "diagnosisSequence": list(line.pointers),
        "productOrService": _coded(_CPT, line.code),
        "servicedDate": line.dos,
        "locationCodeableConcept": _coded(_PLACE, place),
        "quantity": {"value": line.units},
        "unitPrice": _dollars(str(Decimal(line.charge) / line.units)),
        "net": _dollars(line.charge),
        "extension": [{"url": "urn:line-control", "valueString": line.control}],
    }
    if line.modifiers:
        item["modifier"] = [_coded(_CPT, modifier) for modifier in line.modifiers]
    return item


def _patient(claim: Content) -> dict[str, object]:
    return {
        "resourceType": "Patient",
        "id": "patient",
        "name": [{"family": claim.family, "given": [claim.given]}],
        "gender": _SEX.get(claim.sex, "unknown"),
        "birthDate": claim.born,
        "address": [_address(claim.address)],
    }


def _organization(claim: Content) -> dict[str, object]:
    numbers = [{"system": _NPI, "value": claim.practice_npi}, {"system": _TAX, "value": claim.tax_id}]
    return {
        "resourceType": "Organization",
        "id": "practice",
        "identifier": numbers,
        "name": claim.practice,
        "address": [_address(claim.practice_address)],
    }


def _payer(claim: Content) -> dict[str, object]:
    return {
        "resourceType": "Organization",
        "id": "payer",
        "identifier": [{"value": claim.payer_id}],
        "name": claim.payer,
    }


def _coverage(claim: Content) -> dict[str, object]:
    return {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "subscriberId": claim.member_id,
        "beneficiary": {"reference": "#patient"},
        "payor": [{"reference": "#payer"}],
        "relationship": _coded(f"{_HL7}subscriber-relationship", "self"),
    }


def _practitioner(name: str, person: ProviderName) -> dict[str, object]:
    return {
        "resourceType": "Practitioner",
        "id": name,
        "identifier": [{"system": _NPI, "value": person.npi}],
        "name": [{"family": person.family, "given": [person.given]}],
    }


def _address(address: Address) -> dict[str, object]:
    return {"line": [address.street], "city": address.city, "state": address.state, "postalCode": address.postal}


def _coded(system: str, code: str) -> dict[str, object]:
    return {"coding": [{"system": system, "code": code}]}


def _dollars(amount: str) -> dict[str, object]:
    # A JSON number with cents: a float is exact enough for two decimals.
    return {"value": float(Decimal(amount).quantize(Decimal("0.01"))), "currency": "USD"}
