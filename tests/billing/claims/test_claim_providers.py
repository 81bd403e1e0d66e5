"""The providers on a claim by code and payer: DN, 82 with its taxonomy, 77, DQ and DK, in every file."""

import json
from dataclasses import replace
from datetime import date

import pytest

from billing.claims.claim_providers import ClaimProviders
from billing.claims.formats import cms1500, fhir_claim, x12_837p
from billing.claims.formats.content import Address, Content, ProviderName, ServiceLocation
from billing.claims.ready_claims import claims_of
from billing.models import Charge, PayerPolicy, ProviderTaxonomy
from enrollment.services import sign_order
from tests.billing.claims.test_send import ENVELOPE, a_claim, validated
from tests.billing.close.test_close import approve_all, compute
from tests.billing.facts.test_recorded import plan_of, therapy  # noqa: F401 - a fixture
from tests.billing.sending_world import complete, leave, sealed
from tests.builders import at

ITO, LIND = ProviderName("Ito", "Mara", "1999999984"), ProviderName("Lind", "Ada", "1881761864")
THERAPY = {"GP": "PT", "GO": "OT", "GN": "SLP"}


def depart(world, key, value):
    departure = {"key": key, "value": value, "from": "2019-01-01", "source": "manual"}
    PayerPolicy.objects.filter(payer=world.payer).update(departures=[departure])


def segments(claim):
    text = "".join(x12_837p.write(ENVELOPE, [claim]))
    assert validated(text) == []
    return text.split("~\n")


@pytest.mark.parametrize(
    ("value", "same_person", "named"),
    [
        ("always", True, True),
        ("always", False, True),
        ("when_different", True, False),
        ("when_different", False, True),
        ("never", False, False),
    ],
)
def test_the_payers_policy_decides_when_a_line_names_its_ordering_provider(world, value, same_person, named):
    depart(world, "send_ordering_provider", value)
    complete(world)
    if not same_person:
        world.enrollment.billing_provider = world.members["qhp"]
        world.enrollment.save()
    (claim,) = claims_of(sealed(world))

    assert {line.ordering is not None for line in claim.content.services} == {named}


@pytest.mark.parametrize(
    ("value", "same_person", "named"),
    [("when_different", True, False), ("when_different", False, True), ("never", False, False)],
)
def test_the_payers_policy_decides_whether_a_claim_names_who_supervised(world, value, same_person, named):
    depart(world, "send_supervising_provider", value)
    complete(world)
    if not same_person:
        world.enrollment.supervised_by = world.members["qhp"]
        world.enrollment.save()
    (claim,) = claims_of(sealed(world))

    assert (claim.content.supervising is not None) is named
    assert not named or claim.content.supervising.npi == world.members["qhp"].npi


def therapy_claim(world):
    complete(world)
    Charge.objects.create(practice=world.practice, code="98980", starts_on=date(2025, 1, 1), amount="60")
    close = compute(world)
    approve_all(close, world)
    return next(one for one in claims_of(close) if any("GP" in line.modifiers for line in one.content.services))


def test_a_therapy_claim_names_the_certifier_and_never_its_therapist_as_ordering(therapy):  # noqa: F811
    world, row = therapy
    depart(world, "send_ordering_provider", "always")
    plan_of(world, row, certified_npi=ITO.npi, certified_given="Mara")
    therapist = world.members["therapist"]
    sign_order(enrollment=row, ordered_by=therapist, measures="motion", frequency="daily", starts_on=date(2026, 3, 1), now=at("2026-03-01"))  # fmt: skip
    claim = therapy_claim(world)

    assert claim.content.referring == ITO
    assert {line.ordering for line in claim.content.services} == {None}
    assert claim.content.rendering.npi == world.members["therapist"].npi


def test_two_supervisors_block_a_claim_and_are_named(world, monkeypatch):
    complete(world)
    close = sealed(world)
    monkeypatch.setattr(ClaimProviders, "supervisors", lambda *_: frozenset({ITO, LIND}))
    (claim,) = claims_of(close)

    assert claim.content.supervising is None
    assert [sentence.partition(";")[0] for sentence in claim.wrong] == ["Ada Lind, Mara Ito supervised the lines"]


def test_the_taxonomy_of_the_person_is_on_the_claim_from_its_first_day(world):
    complete(world)
    member = world.members["physician"]
    ProviderTaxonomy.objects.create(practice=world.practice, member=member, starts_on=date(2026, 4, 1), taxonomy="207R00000X")  # fmt: skip
    close = sealed(world)
    assert claims_of(close)[0].content.rendering.taxonomy == ""
    ProviderTaxonomy.objects.create(practice=world.practice, member=member, starts_on=date(2026, 3, 31), taxonomy="207RC0000X")  # fmt: skip

    assert claims_of(close)[0].content.rendering.taxonomy == "207RC0000X"


FULL = {
    "referring": ITO,
    "supervising": LIND,
    "rendering": replace(LIND, npi="1245319599", taxonomy="225100000X"),
    "location": ServiceLocation("Lakeside", "1999999984", Address("1 Shore Rd", "Evanston", "IL", "602010001")),
    "pay_to": Address("PO Box 4", "Chicago", "IL", "606010004"),
    "phone": "3125550100",
}


def test_the_file_has_the_provider_loops_in_the_order_of_the_guide():
    claim = a_claim(**FULL)
    names = [line for line in segments(claim) if line.startswith(("NM1*", "PRV*"))]
    of_claim = names[next(place for place, line in enumerate(names) if line.startswith("NM1*PR*")) + 1 :]

    assert of_claim == [
        "NM1*DN*1*ITO*MARA****XX*1999999984",
        "NM1*82*1*LIND*ADA****XX*1245319599",
        "PRV*PE*PXC*225100000X",
        "NM1*77*2*LAKESIDE*****XX*1999999984",
        "NM1*DQ*1*LIND*ADA****XX*1881761864",
        "NM1*DK*1*PATEL*ANIKA****XX*1234567893",
    ]
    assert "NM1*87*2" in names
    assert segments(claim)[segments(claim).index("NM1*87*2") + 1] == "N3*PO BOX 4"


def test_a_location_without_an_npi_and_a_social_security_number_are_accepted():
    location = replace(FULL["location"], npi="")
    found = segments(a_claim(location=location, tax_id_kind="SY"))

    assert "NM1*77*2*LAKESIDE" in found
    assert "REF*SY*123456789" in found


@pytest.mark.parametrize(
    ("changes", "qualifier", "name"),
    [
        ({}, "DN", "MARA ITO"),
        ({"referring": None}, "DK", "ANIKA PATEL"),
        ({"referring": None, "services": ()}, "DQ", "ADA LIND"),
    ],
)
def test_box_17_names_one_provider_the_referring_one_first(changes, qualifier, name):
    (form,) = cms1500.forms(a_claim(**FULL | changes))

    assert (form[34, 1], form[34, 4]) == (qualifier, name)


def test_the_form_has_location_billing_provider_phone_and_kind_of_tax_id():
    (form,) = cms1500.forms(a_claim(**FULL, tax_id_kind="SY", practice="Prairie Lakes Family Medicine G"))

    assert (form[58, 23], form[59, 23], form[60, 23], form[61, 24]) == (
        "LAKESIDE", "1 SHORE RD", "EVANSTON IL 60201-0001", "1999999984",
    )  # fmt: skip
    assert (form[58, 50], form[61, 51]) == ("PRAIRIE LAKES FAMILY MEDICINE", "1881761864")
    assert (form[57, 66], form[57, 70]) == ("312", "5550100")
    assert (form.get((56, 17)), form.get((56, 19))) == ("X", None)


def test_lines_of_two_ordering_providers_are_on_two_forms():
    first = a_claim().services[0]
    second = replace(first, control="l2", code="99454", ordering=LIND)
    forms = list(cms1500.forms(a_claim(services=(first, second), total="140.00")))

    assert [(form[34, 33], form[43, 25]) for form in forms] == [(first.ordering.npi, "99457"), (LIND.npi, "99454")]


def test_the_fhir_claim_names_supervisor_taxonomy_facility_and_pay_to_address():
    claim = json.loads(fhir_claim.write([a_claim(**FULL)], number=1, at=at("2026-04-03")))["entry"][0]["resource"]
    team = {one["role"]["coding"][0]["code"]: one for one in claim["careTeam"]}
    people = {one["id"]: one for one in claim["contained"]}

    assert people[team["supervisor"]["provider"]["reference"][1:]]["identifier"][0]["value"] == LIND.npi
    assert team["primary"]["qualification"]["coding"][0]["code"] == "225100000X"
    assert claim["facility"] == {"reference": "#location"}
    assert people["location"]["name"] == "Lakeside"
    assert [one.get("use", "") for one in people["practice"]["address"]] == ["", "billing"]
    assert {one["identifier"][0]["value"] for one in people.values() if one["resourceType"] == "Practitioner"} >= {
        ITO.npi
    }


def test_the_content_of_a_claim_is_the_same_after_it_was_stored():
    claim = a_claim(**FULL)

    assert Content.from_json(json.loads(json.dumps(claim.as_json()))) == claim
    assert Content.from_json(json.loads(json.dumps(a_claim().as_json()))) == a_claim()


def test_a_claim_without_an_ordering_provider_is_sent(world):
    complete(world)
    text = leave(world, sealed(world)).as_sent().decode()

    assert "NM1*DK*" not in text
    assert validated(text) == []


KINDS = {
    "primary": {},
    "replacement": {"frequency": "7", "original": "2026330000021"},
    "void": {"frequency": "8", "original": "2026330000021"},
    "therapy": {"services": (replace(a_claim().services[0], code="98980", modifiers=("GP", "CQ")),)},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("full", [True, False])
def test_the_guides_validator_accepts_each_kind_of_claim_of_three_billing_providers(kind, full):
    values = KINDS[kind] | (FULL if full else {})
    npis = ("1881761864", "1999999984", "1245319599", "1881761864")
    claims = [a_claim(**values, control=f"CLAIM{number}", practice_npi=npi) for number, npi in enumerate(npis)]
    text = "".join(x12_837p.write(ENVELOPE, claims))

    assert validated(text) == []
    assert text.count("NM1*85*") == 3, "the fourth claim follows the first under its billing provider"
    assert text.index("CLM*CLAIM3*") < text.index("CLM*CLAIM1*")
