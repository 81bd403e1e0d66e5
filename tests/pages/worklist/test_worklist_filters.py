"""Filters of the worklist: each shows and counts the patients it names, in every order and on every page."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from enrollment.models import Clinic, Enrollment, Patient, Payer
from monitoring.models import Standing
from rpm_portal.pages.worklist import bulk_actions
from rpm_portal.pages.worklist.chips import counted_chips
from rpm_portal.pages.worklist.filters import CHIPS, SORT_WORDS, Filters
from rpm_portal.pages.worklist.page import read_page
from rpm_portal.pages.worklist.refresh import refresh_practice
from tests.builders import a_patient, a_world, an_enrollment, at, days
from tests.snapshot import Snapshot

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "08:00:00")
IN_A_MENU = {"unreviewed", "unsigned"}
NAMED = (
    {"mine": "1"}, {"rpm": "1"}, {"rtm": "1"}, {"spanish": "1"}, {"payer": "Small Plan"}, {"clinic": "East"}, {"owner": "nobody"},
    {"condition": "Asthma"}, {"unassigned": "1"}, {"mine": "1", "spanish": "1"}, {"clinic": "East", "payer": "Small Plan"}, {"clinic": "none such"},
)  # fmt: skip


def _fourteen():
    """Fourteen patients: every second one of the nurse, every third Spanish, in the East or with the small plan; some are
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
            looked_after_by=nurse if number % 2 else (made.members["qhp"] if number % 4 else None),
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
            bulk_actions.snooze(rows=[row], until=date(2026, 3, 25), reason="in hospital", by=nurse, now=NOW)
    refresh_practice(made.practice, now=NOW)
    return made


_panel_of_fourteen = Snapshot(_fourteen)


@pytest.fixture
def world(db):
    return _panel_of_fourteen()


def walked(world, asked, member=None):
    """Every page of each band: the patients in their order, and the counts of the first pages."""
    found = []
    for band in (1, 2, 3):
        rows, after, counts = [], "", {}
        for _ in range(20):
            filters = Filters.of(asked | {"band": str(band), "after": after})
            page = read_page(world.practice, filters, member=member or world.members["clinical_staff"].pk, now=NOW)
            rows += [row.enrollment_id for row in page.rows[band]]
            counts = counts or page.counts
            if not (after := page.after.get(band, "")):
                break
        assert not after
        assert counts[f"band_{band}"] == len(rows) == len(set(rows)), (asked, band)
        found.append(rows)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["", *dict(SORT_WORDS)])
def test_pages_and_counts_agree_under_every_filter_and_order(world, monkeypatch, sort):
    """A page of three patients shows the same as a page of fifty."""
    for asked in [*NAMED, *({chip: "1"} for chip in CHIPS), {"snoozed": "1"}]:
        whole = walked(world, asked | {"sort": sort})
        with monkeypatch.context() as small:
            small.setattr("rpm_portal.pages.worklist.page.PAGE", 3)
            assert walked(world, asked | {"sort": sort}) == whole, asked


@pytest.mark.slow
@pytest.mark.parametrize("named", NAMED, ids=lambda named: " ".join(named))
def test_a_filter_shows_the_patients_that_it_names(world, named):
    """Compared with the enrollments, patients and coverages themselves."""
    nurse = world.members["clinical_staff"]
    theirs = {
        "mine": Q(looked_after_by=nurse)
        | Q(billing_provider=nurse)
        | Q(supervised_by=nurse)
        | Q(looked_after_by=None)
        | Q(alerts__owner=nurse, alerts__closed_at=None),
        "unassigned": Q(looked_after_by=None),
        "rpm": Q(program="RPM"),
        "rtm": Q(program="RTM"),
        "spanish": Q(patient__language="es"),
        "payer": Q(patient__coverages__payer__name=named.get("payer")),
        "clinic": Q(clinic__name=named.get("clinic")),
        "owner": Q(looked_after_by=None),
        "condition": Q(condition=named.get("condition")),
    }
    running = Enrollment.objects.filter(practice=world.practice, state="active", program__in=["RPM", "RTM"])
    for name in named:
        running = running.filter(theirs[name])
    # One of the three who were put off has had an alert since.
    awake = running.exclude(pk__in=Enrollment.objects.filter(worklist_row__band=0))

    listed = [pk for rows in walked(world, named) for pk in rows]
    asleep = [pk for rows in walked(world, named | {"snoozed": "1"}) for pk in rows]
    assert sorted(listed) == sorted(awake.values_list("pk", flat=True))
    assert sorted(listed + asleep) == sorted(running.values_list("pk", flat=True))
    assert "rpm" in named or len(listed) < 11, "a filter that names everybody compares nothing"
    filters = Filters.of(named | {"steady": "1"})
    chips = counted_chips(world.practice, filters, member=nurse.pk, now=NOW).chips
    if len(filters.on) == 1:
        assert [chip.count for chip in chips if chip.on] == [str(running.count())]


@pytest.mark.slow
@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_counts_the_patients_that_the_list_shows(world, chip):
    """Put-off patients too; one condition makes both."""
    shown = sum(len(rows) for asked in ({chip: "1"}, {chip: "1", "snoozed": "1"}) for rows in walked(world, asked))
    member = world.members["clinical_staff"].pk
    chips = counted_chips(world.practice, Filters.of({chip: "1"}), member=member, now=NOW).chips
    assert [one.count for one in chips if one.on] == ([str(shown)] if chip not in IN_A_MENU else [])


@pytest.mark.parametrize(
    "change", ["a nurse", "nobody", "a physician", "a clinic", "a condition", "a language", "readings"]
)
def test_a_filter_follows_a_change_at_once(world, change):
    """The columns that filters use are changed with what they are copied from; nothing has to be decided again."""
    nurse, other_doctor = world.members["clinical_staff"], world.members["qhp"]
    rows = Enrollment.objects.filter(practice=world.practice)
    west = Clinic.objects.create(practice=world.practice, name="West")
    changes = {
        "a nurse": (lambda: rows.update(looked_after_by=nurse), {"owner": nurse.public_id}),
        "nobody": (lambda: rows.update(looked_after_by=None), {"owner": "nobody"}),
        "a physician": (
            lambda: rows.update(looked_after_by=nurse, billing_provider=other_doctor, supervised_by=other_doctor),
            {"mine": "1"},
        ),
        "a clinic": (lambda: rows.update(clinic=west), {"clinic": "West"}),
        "a condition": (lambda: rows.update(condition="Gout"), {"condition": "Gout"}),
        "a language": (lambda: Patient.objects.filter(practice=world.practice).update(language="es"), {"spanish": "1"}),
        "readings": (
            lambda: Standing.objects.filter(practice=world.practice).update(last_reading_at=None),
            {"quiet": "1"},
        ),
    }
    make, asked = changes[change]
    member = other_doctor.pk if change == "a physician" else None
    assert sum(map(len, walked(world, asked, member))) < 12
    make()
    assert sum(len(found) for one in (asked, asked | {"snoozed": "1"}) for found in walked(world, one, member)) == 14


def test_another_practices_names_find_nobody(world):
    other = world.other
    Clinic.objects.create(practice=other.practice, name="Their clinic")
    Payer.objects.create(practice=other.practice, name="Their plan")
    stranger = other.members["clinical_staff"]
    for asked in ({"clinic": "Their clinic"}, {"payer": "Their plan"}, {"owner": stranger.public_id}):
        assert not any(walked(world, asked)), asked
    assert walked(world, {"mine": "1"}, stranger.pk) == walked(world, {"unassigned": "1"})


@pytest.mark.parametrize(("sort", "index"), [("", "worklist_place"), ("name", "worklist_name")])
def test_the_first_page_and_the_order_by_name_are_read_from_an_index_without_sorting(world, sort, index):
    with CaptureQueriesContext(connection) as asked:
        read_page(world.practice, Filters.of({"sort": sort}), member=0, now=NOW)
    pages = [query["sql"] for query in asked if "order_key" in query["sql"]]
    with connection.cursor() as cursor:
        # For fourteen rows any plan is cheap; this asks whether the index can answer without a sort.
        for name in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{name} = off")
        for page in pages:
            cursor.execute(f"EXPLAIN {page}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert index in plan
            assert "Sort" not in plan
    assert len(pages) == 2
