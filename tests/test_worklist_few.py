"""Filters that name people: by marks that follow every change, and the same pages for few as for many."""

import itertools

import pytest
from django.db import connection
from django.db.models import Q

from enrollment.models import Clinic, Enrollment, Patient, Payer
from monitoring.models import Standing
from rpm_portal.pages.worklist import page_query
from rpm_portal.pages.worklist.cache.refresh import keep_fresh
from rpm_portal.pages.worklist.filter_chips import counted_panel
from rpm_portal.pages.worklist.filters import SORT_WORDS, Filters
from rpm_portal.pages.worklist.models import Kept
from tests.builders import a_patient, a_world, an_enrollment, at, days
from tests.snapshot import Snapshot

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "08:00:00")
NAMED = (
    {"mine": "1"}, {"rpm": "1"}, {"rtm": "1"}, {"spanish": "1"}, {"payer": "Small Plan"}, {"clinic": "East"}, {"owner": "nobody"},
    {"condition": "Asthma"}, {"mine": "1", "spanish": "1"}, {"clinic": "East", "payer": "Small Plan"}, {"clinic": "none such"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_found_today():
    page_query.are_few.cache_clear()
    page_query._WAYS.clear()


def _fourteen():
    """Fourteen patients: every second one of the nurse, every third Spanish, in the East or with the small plan; three are
    put off, four have alerts.
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
        if number in {2, 5, 6, 9}:
            Standing.objects.filter(enrollment=row).update(open_critical=number % 2, open_high=number)
        if number % 6 == 1:
            Kept.objects.filter(enrollment=row).update(snoozed_until="2026-03-25", snoozed_at=NOW)
    keep_fresh(made.practice, now=NOW)
    return made


_panel_of_fourteen = Snapshot(_fourteen)


@pytest.fixture
def world(db):
    return _panel_of_fourteen()


# Every so manieth combination: the number shares no divisor with the lengths of the lists, so each word of each list
# occurs. At night all of them.
def every(number):
    return pytest.mark.parametrize("every", [number, pytest.param(1, marks=pytest.mark.night)])


def walked(world, asked):
    """Every page of each band: whom it shows in which order, and what the first pages count."""
    found = []
    for band in "123":
        after = ""
        for _ in range(20):
            filters = Filters.of(asked | {"band": band, "after": after})
            page = page_query.placed(world.practice, filters, member=world.members["clinical_staff"].pk, now=NOW)
            found.append(([row.enrollment_id for row in page.places.get(int(band), [])], page.counts, page.urgent))
            after = page.after.get(int(band), "")
            if not after:
                break
        assert not after
    return found


@every(7)
def test_few_and_many_give_the_same_pages(world, monkeypatch, every):
    monkeypatch.setattr("rpm_portal.pages.worklist.page_sql.PAGE", 3)
    orders, chips, more = (
        ("", "name", "reading", "days"),
        ("", "quiet", "ends"),
        ({}, {"steady": "1"}, {"snoozed": "1"}),
    )
    for named, sort, chip, beside in itertools.islice(itertools.product(NAMED, orders, chips, more), None, None, every):
        asked = named | beside | {"sort": sort} | ({chip: "1"} if chip else {})
        ways = []
        for few in (False, True):
            monkeypatch.setattr(page_query, "are_few", lambda *_, few=few: few)
            ways.append(walked(world, asked))
        assert ways[0] == ways[1], asked


@every(7)
@pytest.mark.parametrize("most", [20_000, 2])
def test_a_band_gathered_and_one_gone_along_give_the_same_pages(world, monkeypatch, most, every):
    """Also where more were gathered than may be: then the order's index is gone along after all."""
    monkeypatch.setattr("rpm_portal.pages.worklist.page_sql.PAGE", 3)
    monkeypatch.setattr("rpm_portal.pages.worklist.page_sql.GATHERED", most)
    monkeypatch.setattr(page_query, "are_few", lambda *_: False)
    combinations = itertools.product(({}, *NAMED[:4]), SORT_WORDS, ("", "quiet", "ends", "snoozed"))
    for named, (sort, _), chip in itertools.islice(combinations, None, None, every):
        asked = named | {"sort": sort} | ({chip: "1"} if chip else {})
        ways = []
        for gather in (False, True):
            monkeypatch.setattr(page_query, "_to_gather", lambda *_, gather=gather: gather)
            ways.append(walked(world, asked))
        assert ways[0] == ways[1], asked


def gathers(world, band, size, monkeypatch):
    """Whether a band of a panel of that size would be gathered, asked afresh."""
    monkeypatch.setattr(page_query, "_size", lambda *_: size)
    page_query._WAYS.clear()
    return page_query._to_gather(*the_way(world, band))


def the_way(world, band):
    given = page_query.parameters(world.practice, Filters(), member=0, now=NOW)
    return (Filters(), world.practice.pk, 0, band, 1), given


def test_what_is_rare_in_a_large_panel_is_gathered(world, monkeypatch, django_assert_num_queries):
    assert not gathers(world, 1, 1_999, monkeypatch), "a small panel is gone along"
    assert gathers(world, 1, 2_000, monkeypatch)
    monkeypatch.setattr(page_query, "_LARGE", 0)
    assert gathers(world, 1, 4, monkeypatch), "four with alerts"
    assert not gathers(world, 1, 3, monkeypatch)
    with django_assert_num_queries(0):
        assert not page_query._to_gather(*the_way(world, 1)), "asked a moment ago"
    monkeypatch.setattr(page_query, "GATHERED", 4)
    assert not gathers(world, 1, 4, monkeypatch), "more than may be gathered"


def test_a_band_that_was_gone_along_for_a_few_is_gathered_next_time(world, monkeypatch):
    monkeypatch.setattr(page_query, "_LARGE", 0)
    monkeypatch.setattr(page_query, "_size", lambda *_: 3)
    said = []
    real = page_query.statement
    monkeypatch.setattr(
        page_query, "statement", lambda filters, *more, **how: said.append(filters) or real(filters, *more, **how)
    )
    for _ in range(2):
        page_query.placed(world.practice, Filters.of({"sort": "name"}), member=0, now=NOW)

    assert [filters.gathered for filters in said] == [(), (1, 2)]


def test_a_band_of_which_too_many_were_gathered_is_gone_along_next_time(world, monkeypatch):
    monkeypatch.setattr(page_query, "_LARGE", 0)
    monkeypatch.setattr(page_query, "PAGE", 0)
    filters = Filters.of({"sort": "name"})
    page_query.placed(world.practice, filters, member=0, now=NOW)
    assert set(page_query._WAYS.values()) == {True}
    monkeypatch.setattr("rpm_portal.pages.worklist.page_sql.GATHERED", 2)
    page_query.placed(world.practice, filters, member=0, now=NOW)

    assert set(page_query._WAYS.values()) == {False}


@pytest.mark.parametrize("named", NAMED, ids=lambda named: " ".join(named))
def test_a_filter_shows_those_whom_it_names(world, named):
    """Compared with the enrollments, patients and coverages themselves."""
    nurse = world.members["clinical_staff"]
    theirs = {
        "mine": Q(looked_after_by=nurse) | Q(billing_provider=nurse) | Q(supervised_by=nurse),
        "rpm": Q(program="RPM"),
        "rtm": Q(program="RTM"),
        "spanish": Q(patient__language="es"),
        "payer": Q(kept__payer__name=named.get("payer")),
        "clinic": Q(clinic__name=named.get("clinic")),
        "owner": Q(looked_after_by=None),
        "condition": Q(condition=named.get("condition")),
    }
    running = Enrollment.objects.filter(practice=world.practice, state="active", program__in=["RPM", "RTM"])
    for name in named:
        running = running.filter(theirs[name])
    awake = running.filter(Q(kept__snoozed_until=None) | Q(kept__snoozed_until__lte=NOW.date()))

    listed = [pk for rows, *_ in walked(world, named) for pk in rows]
    assert sorted(listed) == sorted(awake.values_list("pk", flat=True))
    assert "rpm" in named or len(listed) < 11, "a filter that names everybody compares nothing"
    filters = Filters.of(named | {"steady": "1"})
    chips = counted_panel(world.practice, filters, member=nurse.pk, now=NOW).chips
    if len(filters.on) == 1:
        assert [chip.count for chip in chips if chip.on] == [str(running.count())]


def drifted():
    """Rows that say something else than what they carry says now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.id FROM worklist_kept k JOIN monitoring_standing s USING (enrollment_id) "
            "WHERE k.belongs IS DISTINCT FROM worklist_marks(k.enrollment_id, k.payer_id) OR "
            "(k.last_reading_at, k.open_critical, k.open_high) "
            "IS DISTINCT FROM (s.last_reading_at, s.open_critical, s.open_high)"
        )
        return cursor.fetchall()


def test_what_a_row_carries_follows_every_change(world):
    assert Kept.objects.filter(last_reading_at__isnull=False).count() >= 9
    assert Kept.objects.filter(practice=world.practice, payer__isnull=False).count() == 14
    assert drifted() == []
    nurse, other_doctor = world.members["clinical_staff"], world.members["qhp"]
    rows = Enrollment.objects.filter(practice=world.practice)
    west = Clinic.objects.create(practice=world.practice, name="West")
    other = Payer.objects.create(practice=world.practice, name="Other Plan")
    changes = {
        "a nurse": lambda: rows.update(looked_after_by=nurse),
        "nobody": lambda: rows.update(looked_after_by=None),
        "a physician": lambda: rows.update(billing_provider=other_doctor, supervised_by=other_doctor),
        "a clinic": lambda: rows.update(clinic=west),
        "a condition": lambda: rows.update(condition="3 language es"),
        "a language": lambda: Patient.objects.filter(practice=world.practice).update(language="es"),
        "a payer": lambda: Kept.objects.filter(practice=world.practice).update(payer=other),
        "no payer": lambda: Kept.objects.filter(practice=world.practice).update(payer=None),
        "readings": lambda: Standing.objects.update(last_reading_at=NOW),
        "alerts": lambda: Standing.objects.update(open_critical=1, open_high=2),
    }
    for what, change in changes.items():
        before = list(Kept.objects.order_by("pk").values_list("belongs", "last_reading_at", "open_critical"))
        change()
        assert list(Kept.objects.order_by("pk").values_list("belongs", "last_reading_at", "open_critical")) != before, (
            what
        )
        assert drifted() == [], what


def test_a_value_and_a_breach_are_carried_in_their_transaction(world):
    row = Kept.objects.get(enrollment=world.enrollment)
    world.read(days("2026-03-20", "2026-03-20"), systolic=212)

    seen = Kept.objects.get(pk=row.pk)
    assert (seen.open_critical, seen.last_reading_at) == (1, world.enrollment.standing.last_reading_at)
    assert drifted() == []


def few(world, asked, *, member=None):
    filters = Filters.of(asked).people
    member = member or world.members["clinical_staff"]
    return page_query.are_few(filters, world.practice.pk, member.pk, NOW.date())


def test_half_of_a_large_panel_is_many(world, monkeypatch):
    assert Filters.of({"mine": "1", "quiet": "1"}).people == Filters(on=("mine",))
    monkeypatch.setattr(page_query, "isqrt", lambda _: 6)
    assert few(world, {"mine": "1", "quiet": "1"}), "six of fourteen"
    page_query.are_few.cache_clear()
    monkeypatch.setattr(page_query, "isqrt", lambda _: 5)
    assert not few(world, {"mine": "1", "quiet": "1"})


def test_whether_they_are_few_is_asked_once_a_day(world, django_assert_num_queries):
    page_query._size(world.practice.pk, NOW.date())
    with django_assert_num_queries(1):
        assert few(world, {"mine": "1"})
    with django_assert_num_queries(0):
        assert few(world, {"mine": "1"})
        assert few(world, {"mine": "1", "quiet": "1"})


def test_another_practices_names_find_nobody(world):
    other = world.other
    Clinic.objects.create(practice=other.practice, name="Their clinic")
    Payer.objects.create(practice=other.practice, name="Their plan")
    stranger = other.members["clinical_staff"]
    for asked in ({"clinic": "Their clinic"}, {"payer": "Their plan"}, {"owner": stranger.public_id}):
        assert all(not rows for rows, *_ in walked(world, asked)), asked
    filters = Filters.of({"mine": "1"})
    assert not page_query.placed(world.practice, filters, member=stranger.pk, now=NOW).places
