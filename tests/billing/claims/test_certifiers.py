"""The physician who certified a therapy plan of care is the referring provider of the claim."""

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.claims.certifiers import claim_level
from billing.claims.formats import csv_file
from billing.claims.formats.content import Content, ProviderName
from billing.claims.ready_claims import claims_of
from billing.models import Charge, Submission
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.billing.facts.test_recorded import plan_of, therapy  # noqa: F401 - a fixture
from tests.billing.sending_world import complete, leave, live_at, sealed
from tests.builders import NPI, NPI_2, seal

ITO, CHO = ProviderName("Ito", "Dana", NPI), ProviderName("Cho", "", NPI_2)
CERTIFIED = {"certified_by": "Ito", "certified_given": "Dana", "certified_npi": NPI}


def ready(therapy, **plan):  # noqa: F811
    """The therapist's claim of a sealed March, under a plan of care."""
    world, row = therapy
    complete(world)
    live_at(row.patient)
    Charge.objects.create(practice=world.practice, code="98980", starts_on=date(2025, 1, 1), amount=Decimal(60))
    plan_of(world, row, **plan)
    close = compute(world)
    approve_all(close, world)
    seal(close, world, now=AFTER)
    (claim,) = claims_of(close)
    return world, close, claim


def test_the_certifying_physician_is_on_the_claim_and_in_the_file(therapy):  # noqa: F811
    world, close, claim = ready(therapy, **CERTIFIED)
    assert (claim.content.referring, claim.content.services[0].referring) == (ITO, None)
    assert claim.wrong == []
    assert Content.from_json(claim.content.as_json()) == claim.content
    submission = leave(world, close)
    segments = bytes(Submission.objects.get(pk=submission.pk).body).decode().split("~\n")
    named = segments.index(f"NM1*DN*1*ITO*DANA****XX*{NPI}")
    assert segments[named + 1].startswith("NM1*82*1*")


@pytest.mark.parametrize("npi", ["", "1234567890"])
def test_a_medicare_claim_of_therapy_waits_for_a_valid_npi_of_the_certifying_physician(therapy, npi):  # noqa: F811
    _, _, claim = ready(therapy, **CERTIFIED | {"certified_npi": npi})
    assert claim.wrong == ["The plan of care for 98980 lacks the name or NPI of who certified it (Billing facts)."]


def test_the_plan_of_the_date_of_service_names_the_physician(therapy):  # noqa: F811
    """The plan until March 31 was certified by Ito, that from April 1 by Cho; the line is dated March 31."""
    world, row = therapy
    plan_of(world, row, starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 29), certified_by="Cho", certified_npi=NPI_2)
    _, _, claim = ready(therapy, **CERTIFIED | {"ends_on": date(2026, 3, 31)})
    assert claim.content.referring == ITO


def test_a_claim_without_therapy_has_no_referring_provider(world):
    complete(world)
    close = sealed(world)
    assert {claim.content.referring for claim in claims_of(close)} == {None}
    assert b"NM1*DN" not in bytes(leave(world, close).body)


def test_a_second_certifying_physician_is_named_on_the_line(therapy):  # noqa: F811
    _, _, claim = ready(therapy, **CERTIFIED)
    first = replace(claim.content.services[0], referring=ITO)
    other = replace(first, control="b", referring=CHO)
    named, lines = claim_level((first, other))
    assert (named, [line.referring for line in lines]) == (ITO, [None, CHO])
    assert claim_level((replace(first, referring=None),))[0] is None
    rows = csv.DictReader(csv_file.write([replace(claim.content, services=lines)]).splitlines())
    assert [row["referring_npi"] for row in rows] == [NPI, NPI_2]
