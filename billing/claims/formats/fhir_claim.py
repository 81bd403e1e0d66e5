"""Claims as FHIR R4: a Bundle of Claim resources, each containing its patient, coverage and providers."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from billing.claims.formats.content import Address, Content, ProviderName, Service

_NPI, _ICD10 = "http://hl7.org/fhir/sid/us-npi", "http://hl7.org/fhir/sid/icd-10-cm"
_CPT, _TAX = "http://www.ama-assn.org/go/cpt", "urn:oid:2.16.840.1.113883.4.4"
_SSN, _TAXONOMY = "http://hl7.org/fhir/sid/us-ssn", "http://nucc.org/provider-taxonomy"
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
    team += [(people[person], role) for person, role in _other_roles(claim)]
    resource: dict[str, object] = {
        "resourceType": "Claim",
        "contained": [
            _patient(claim),
            _organization(claim),
            _payer(claim),
            _coverage(claim),
            *(_practitioner(name, person) for person, name in people.items()),
            *_location(claim),
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
            _member(number, name, role, claim.rendering.taxonomy if role == "primary" else "")
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
    if claim.location is not None:
        resource["facility"] = {"reference": "#location"}
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
    named += [person for person, _ in _other_roles(claim)]
    return {person: f"person-{number}" for number, person in enumerate(dict.fromkeys(named), start=1)}


def _other_roles(claim: Content) -> list[tuple[ProviderName, str]]:
    """Who referred (the certifier of a therapy plan) and who supervised, with their role in the care team."""
    named = ((claim.referring, "other"), (claim.supervising, "supervisor"))
    return [(person, role) for person, role in named if person is not None]


def _member(number: int, name: str, role: str, taxonomy: str) -> dict[str, object]:
    """A member of the care team, with the taxonomy code if there is one."""
    member: dict[str, object] = {
        "sequence": number,
        "provider": {"reference": f"#{name}"},
        "role": _coded(_ROLE, role),
    }
    return member | ({"qualification": _coded(_TAXONOMY, taxonomy)} if taxonomy else {})


def _location(claim: Content) -> list[dict[str, object]]:
    """The service location as a list of one resource; empty if it is the billing address."""
    if claim.location is None:
        return []
    location: dict[str, object] = {
        "resourceType": "Location",
        "id": "location",
        "name": claim.location.name,
        "address": _address(claim.location.address),
    }
    return [location | ({"identifier": [{"system": _NPI, "value": claim.location.npi}]} if claim.location.npi else {})]


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
    kind = _SSN if claim.tax_id_kind == "SY" else _TAX
    numbers = [{"system": _NPI, "value": claim.practice_npi}, {"system": kind, "value": claim.tax_id}]
    addresses = [_address(claim.practice_address)]
    addresses += [_address(claim.pay_to) | {"use": "billing"}] if claim.pay_to is not None else []
    return {
        "resourceType": "Organization",
        "id": "practice",
        "identifier": numbers,
        "name": claim.practice,
        "address": addresses,
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
