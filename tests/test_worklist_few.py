"""Filters that name few people: read by their keys, they give the same pages as looked for along each order."""

import itertools

import pytest

from enrollment.models import Clinic, Enrollment, Patient, Payer
from rpm_portal.worklist import panel
from rpm_portal.worklist.filters import Filters
from rpm_portal.worklist.keeping import keep_fresh
from rpm_portal.worklist.models import Kept
from tests.builders import a_patient, a_world, an_enrollment, at, days

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "08:00:00")
NAMED = (
    {"mine": "1"}, {"rpm": "1"}, {"rtm": "1"}, {"spanish": "1"}, {"payer": "Small Plan"}, {"clinic": "East"}, {"owner": "nobody"},
    {"condition": "Asthma"}, {"mine": "1", "spanish": "1"}, {"clinic": "East", "payer": "Small Plan"}, {"clinic": "none such"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_found_today(monkeypatch):
    monkeypatch.setattr(panel, "_MANY", {})


@pytest.fixture
def world(db):
    """Fourteen patients: every second one of the nurse, every third Spanish, in the East or with the small plan; three are
    put off.
    """
    made = a_world()
    nurse, small = made.members["clinical_staff"], Payer.objects.create(practice=made.practice, name="Small Plan")
    east = Clinic.objects.create(practice=made.practice, name="East")
    for number in range(13):
        facts = {"payer": small} if number % 3 == 0 else {}
        patient = a_patient(made.practice, nurse.user, mrn=f"F{number}", family=f"Fam{number % 4}")
        row = an_enrollment(made, patient, serial=f"f{number}", **facts)
        Patient.objects.filter(pk=patient.pk).update(language="es" if number % 3 == 1 else "en")
        Enrollment.objects.filter(pk=row.pk).update(
            looked_after_by=nurse if number % 2 else None,
            clinic=east if number % 3 == 0 else None,
            condition="Asthma" if number % 5 == 0 else "",
        )
        if number % 4:
            made.read(days("2026-03-01", f"2026-03-{10 + number % 10}"), serial=f"f{number}", systolic=120 + number * 7)
        if number % 3:
            made.call("2026-03-12", row=row)
        if number % 6 == 1:
            Kept.objects.filter(enrollment=row).update(snoozed_until="2026-03-25", snoozed_at=NOW)
    keep_fresh(made.practice, now=NOW)
    return made


def walked(world, asked):
    """Every page of each band: whom it shows in which order, and what the first pages count."""
    found = []
    for band in "123":
        after = ""
        for _ in range(20):
            filters = Filters.of(asked | {"band": band, "after": after})
            page = panel.placed(world.practice, filters, member=world.members["clinical_staff"].pk, now=NOW)
            found.append(([row.enrollment_id for row in page.places.get(int(band), [])], page.counts, page.urgent))
            after = page.after.get(int(band), "")
            if not after:
                break
        assert not after
    return found


def test_few_and_many_give_the_same_pages(world, monkeypatch):
    monkeypatch.setattr("rpm_portal.worklist.statement.PAGE", 3)
    few = panel._few
    orders, chips, more = (
        ("", "name", "reading", "days"),
        ("", "quiet", "ends"),
        ({}, {"steady": "1"}, {"snoozed": "1"}),
    )
    for named, sort, chip, beside in itertools.product(NAMED, orders, chips, more):
        asked = named | beside | {"sort": sort} | ({chip: "1"} if chip else {})
        ways = []
        for way in (lambda *_: None, few):
            monkeypatch.setattr(panel, "_few", way)
            ways.append(walked(world, asked))
        assert ways[0] == ways[1], asked


def test_the_filters_name_some_and_not_all(world):
    """What the comparison above rests on: each of them is about somebody, and none about everybody."""
    sizes = {}
    for named in NAMED:
        pages = walked(world, named)
        sizes["+".join(named.values()) + "+".join(named)] = sum(len(page) for page, *_ in pages)

    assert sorted(sizes.values())[0] == 0
    assert len({size for size in sizes.values() if 0 < size < 14}) >= 4


def keys(world, asked, *, member=None):
    member = member or world.members["clinical_staff"]
    filters = Filters.of(asked)
    return panel._few(filters, panel.parameters(world.practice, filters, member=member.pk, now=NOW))


def test_many_are_not_read_by_their_keys(world, monkeypatch):
    assert Filters.of({"mine": "1", "quiet": "1"}).people == Filters(on=("mine",))
    assert len(keys(world, {"mine": "1", "quiet": "1"}).split(",")) == 6
    monkeypatch.setattr(panel, "_size", lambda *_: 0)
    assert keys(world, {"mine": "1", "quiet": "1"}) is None


def test_a_filter_that_has_found_many_today_asks_no_more(world, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(panel, "_size", lambda *_: 0)
    with django_assert_num_queries(1):
        assert keys(world, {"mine": "1"}) is None
    with django_assert_num_queries(0):
        assert keys(world, {"mine": "1"}) is None
        assert keys(world, {"mine": "1", "quiet": "1"}) is None


def test_another_practices_names_find_nobody(world):
    other = world.other
    Clinic.objects.create(practice=other.practice, name="Their clinic")
    Payer.objects.create(practice=other.practice, name="Their plan")
    stranger = other.members["clinical_staff"]
    for asked in ({"clinic": "Their clinic"}, {"payer": "Their plan"}, {"owner": stranger.public_id}):
        assert all(not rows for rows, *_ in walked(world, asked)), asked
    assert keys(world, {"mine": "1"}, member=stranger) == "{}"
