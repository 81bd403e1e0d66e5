"""The place of service of a line: by payer and code from a day on, on the claim or on its own line."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claims.formats import cms1500, csv_file, x12_837p
from billing.claims.places import Places
from billing.claims.ready_claims import claims_of
from billing.models import PlaceOfService
from enrollment.models import Payer
from tests.billing.claims.test_cms1500 import LINE
from tests.billing.claims.test_send import ENVELOPE, a_claim, validated
from tests.billing.sending_world import complete, sealed

PLAIN = replace(LINE, modifiers=())


def place(world, code, place, *, payer=None, starts_on=date(2026, 1, 1)):
    PlaceOfService.objects.create(practice=world.practice, payer=payer, code=code, place=place, starts_on=starts_on)


def test_the_place_of_payer_and_code_precedes_the_payers_and_the_codes(world):
    other = Payer.objects.create(practice=world.practice, name="BlueCo")
    place(world, "99454", "22")
    place(world, "", "19", payer=world.payer)
    place(world, "99454", "12", payer=world.payer)
    place(world, "99454", "10", payer=world.payer, starts_on=date(2026, 3, 12))
    places, on = Places(world.practice.pk, default="11"), date(2026, 3, 11)

    assert places.place_of(world.payer.pk, "99454", on) == "12"
    assert places.place_of(world.payer.pk, "99454", date(2026, 3, 12)) == "10"
    assert places.place_of(world.payer.pk, "99457", on) == "19"
    assert places.place_of(other.pk, "99454", on) == "22"
    assert places.place_of(other.pk, "99457", on) == "11"
    assert places.place_of(world.payer.pk, "99454", date(2025, 12, 31)) == "11"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("codes", "of_claim", "of_lines"),
    [((), "11", ["", "", ""]), (("99454",), "11", ["", "12", ""]), (("99453", "99454", "99457"), "12", ["", "", ""])],
)
def test_a_claim_has_the_place_of_all_its_lines_and_a_line_its_own_if_it_differs(world, codes, of_claim, of_lines):
    complete(world)
    for code in codes:
        place(world, code, "12")
    (ready,) = claims_of(sealed(world))
    services = {line.code: line.place for line in ready.content.services}

    assert ready.content.place == of_claim
    assert [services[code] for code in ("99453", "99454", "99457")] == of_lines


def test_every_file_shows_the_place_of_the_line():
    claim = a_claim(
        services=(PLAIN, replace(PLAIN, control="l2", code="99457", dos="2026-03-31", place="12")), total="130.00"
    )
    text = "".join(x12_837p.write(ENVELOPE, [claim]))
    (form,) = cms1500.forms(claim)

    assert "*UN*1*12**1~" in text
    assert "*UN*1***1~" in text
    assert validated(text) == []
    assert (form[43, 19], form[45, 19]) == ("11", "12")
    assert csv_file.write([claim]).count(",12,") == 1
