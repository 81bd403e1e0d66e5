"""The number of a prior authorization on the claim: REF*G1 of the claim or of each line, box 23, and FHIR."""

from dataclasses import replace

import pytest

from billing.claims.formats import cms1500, fhir_claim, x12_837p
from billing.claims.ready_claims import claims_of
from billing.models import ClaimLine
from tests.billing.claims.test_cms1500 import CLAIM, LINE
from tests.billing.claims.test_send import ENVELOPE, a_claim, validated
from tests.billing.facts.test_recorded import authorize, require_authorization
from tests.billing.sending_world import complete, sealed
from tests.builders import at

FIRST = replace(LINE, modifiers=(), authorization="PA-1")
SECOND = replace(FIRST, control="l2", code="99457", dos="2026-03-31", authorization="PA-2")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("PA-1", "PA-1", [("CLM", "PA-1")]),
        ("PA-1", "PA-2", [("DTP", "PA-1"), ("DTP", "PA-2")]),
        ("", "PA-2", [("DTP", "PA-2")]),
        ("", "", []),
    ],
)
def test_a_number_that_all_lines_share_is_on_the_claim_and_others_are_on_their_lines(first, second, expected):
    lines = (replace(FIRST, authorization=first), replace(SECOND, authorization=second))
    text = "".join(x12_837p.write(ENVELOPE, [a_claim(services=lines, total="130.00")]))
    segments = text.split("~\n")
    numbers = [place for place, segment in enumerate(segments) if segment.startswith("REF*G1*")]

    assert [(segments[place - 1].split("*")[0], segments[place][7:]) for place in numbers] == expected
    assert validated(text) == []


@pytest.mark.slow
def test_the_number_of_a_replacement_claim_precedes_the_payers_number():
    claim = a_claim(services=(FIRST,), total="65.00", frequency="7", original="ICN1")
    text = "".join(x12_837p.write(ENVELOPE, [claim]))

    assert "REF*G1*PA-1~\nREF*F8*ICN1~" in text
    assert validated(text) == []


def test_lines_under_different_authorizations_are_on_different_forms():
    lines = (FIRST, SECOND, replace(FIRST, control="l3", dos="2026-03-30"))
    boxes = list(cms1500.forms(replace(CLAIM, services=lines)))

    assert [(form[40, 50], form[43, 25], form.get((45, 25))) for form in boxes] == [
        ("PA 1", "99454", "99454"),
        ("PA 2", "99457", None),
    ]


def test_a_claim_without_authorization_has_an_empty_box_23():
    (form,) = cms1500.forms(CLAIM)

    assert (40, 50) not in form


def test_the_fhir_claim_names_its_authorizations():
    text = fhir_claim.write([replace(CLAIM, services=(FIRST, SECOND))], at=at("2026-04-03"), number=1)

    assert text.count('"preAuthRef"') == 1
    assert '"PA-1"' in text
    assert '"PA-2"' in text


def test_a_sealed_line_takes_its_number_to_the_claim(world):
    require_authorization(world)
    authorize(world, number="PA-77")
    complete(world)
    close = sealed(world)
    (ready,) = claims_of(close)
    numbers = ClaimLine.objects.filter(close=close, state="approved").values_list("authorization", flat=True)

    assert {service.authorization for service in ready.content.services} == {"PA-77"}
    assert set(numbers) == {"PA-77"}
