"""The search in the page header: what it finds, for which role, and what it records."""

import pytest
from django.test import Client

from rpm_portal.audit.models import Event
from rpm_portal.pages.search.find import find
from tests.builders import a_patient, at, days

pytestmark = pytest.mark.django_db
TODAY = at("2026-03-20").date()


def names(world, words, role="clinical_staff"):
    return [(row.kind, row.name) for row in find(world.practice, words, role=role, today=TODAY)]


@pytest.mark.parametrize("words", ["obrien", "o'brien", "O\u2019Brien", "obrien nunez", "nunez", "obriennunez"])
def test_a_name_is_found_with_and_without_its_apostrophe_and_hyphen(world, words):
    nurse = world.user("clinical_staff")
    row = a_patient(world.practice, nurse, mrn="S-1", family="O'Brien-N\u00fa\u00f1ez")

    assert names(world, words) == [("patient", str(row))]


def test_it_finds_patients_devices_orders_and_claims(world):
    from billing.close.compute import compute_chunk
    from billing.close.moves import start_computing
    from billing.models import Claim
    from billing.review.queries import pending_chunks
    from rpm_portal.core.days import Month

    world.read(days("2026-02-10", "2026-03-30"))
    close = start_computing(
        practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=at("2026-04-02")
    )
    for chunk in pending_chunks(close.pk):
        compute_chunk(chunk, now=at("2026-04-02"))
    claim = Claim.objects.get(practice=world.practice)
    patient = ("patient", str(world.patient))

    assert names(world, "orteg mig") == [patient]
    assert names(world, world.serial) == [("device", world.serial)]
    for number in ("#1", "order 1", "Order No. 1"):
        assert ("order", "No. 1") in names(world, number)
    assert names(world, claim.public_id, role="biller") == [("claim", claim.public_id)]
    assert names(world, claim.public_id) == [], "a role that cannot see months finds no claim"
    assert names(world, world.serial, role="biller") == [], "a role that cannot enroll finds no device"


def test_nothing_of_another_practice_is_found(world):
    other = world.other
    a_patient(other.practice, other.user("clinical_staff"), mrn="Z9", family="Zabriskie")
    assert names(world, "zabris") == []
    assert names(world, other.serial if other.serial != world.serial else "none") == []


@pytest.mark.parametrize("words", ["", "   ", "'", "%", "((", "a" * 500, "999999999999", "🙂", "--"])
def test_hostile_words_find_nothing_and_break_nothing(world, words):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    assert client.post("/search/", {"q": words}).status_code == 200
    assert client.post("/search/found/", {"q": words}).status_code == 200


def test_search_words_are_never_stored_and_are_escaped_on_the_page(world):
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    response = client.post("/search/", {"q": "<script>Ortega"})
    assert b"<script>Ortega" not in response.content
    event = Event.objects.filter(practice=world.practice, action="search").latest("number")
    assert event.detail == {"count": 0}
