"""The sample practice: every kind of outcome is demonstrated, and the data follows the product's rules."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db.models import JSONField
from django.db.models.functions import Cast
from django.test import Client
from django.utils import timezone

from billing.models import CLOSED_STATES, ClaimLine, KeptDecision, MonthClose, PayerPolicy
from billing.review.code_status import outlook
from billing.review.queries import decided_now, late_facts
from billing.seal.verify import verify
from enrollment.models import Enrollment, Patient
from monitoring.models import UnmatchedReading
from monitoring.queries import kept_days_that_differ
from rpm_portal.audit.services import first_broken_link
from rpm_portal.core.days import Month, local_day
from rpm_portal.sample.people import NAMES, PROFILES, STAFF, people
from rpm_portal.sample.walk import Walk
from tests.builders import at
from tests.clock import TEST_DAY


def words_now(practice):
    """Status words of every active enrollment today, by patient's family name."""
    now = timezone.now()
    today = local_day(now, practice.zone)
    month = Month.of(today)
    rows = Enrollment.objects.for_practice(practice).active().select_related("patient")
    decided = decided_now(practice, [row.pk for row in rows], month=month, today=today)
    return {row.patient.family_name: outlook(decided[row.pk][1], today=today, last_day=month.last_day) for row in rows}


def names_showing(word):
    """Family names of the patients whose profile has this `show`."""
    return {people()[n][0] for n, profile in enumerate(PROFILES) if profile.show == word}


def test_there_is_a_name_for_everybody():
    assert len(people()) == len(PROFILES) == 40
    assert len({family for family, *_ in people()}) == 40
    assert "  " not in NAMES


def test_a_walk_depends_only_on_its_day(settings):
    """The plan depends only on the date: two walks of one day enroll the same patients on the same days."""
    plans = []
    for _ in range(2):
        walk = Walk(now=datetime(2026, 11, 21, 18, tzinfo=UTC), report=lambda message: None)
        walk._plan_patients()
        plans.append([(case.starts_on, case.chance.random()) for case in walk.cases])

    assert plans[0] == plans[1]


# The first, second and last days of months, a short month's end, and the days when the clocks change.
OTHER_DAYS = ["2026-09-30", "2026-10-01", "2026-10-02", "2026-10-31", "2026-11-01", "2026-12-31"]


@pytest.mark.slow
@pytest.mark.parametrize("day", [TEST_DAY.date(), *(pytest.param(day, marks=pytest.mark.night) for day in OTHER_DAYS)])
@pytest.mark.django_db
def test_every_kind_of_outcome_is_demonstrated(day, pinned_day):
    pinned_day.move_to(at(day, "12:00:05"))
    practice = Walk(now=timezone.now(), report=lambda message: None).go()

    assert Patient.objects.for_practice(practice).count() == 41
    assert PayerPolicy.objects.filter(practice=practice).count() == 3
    assert set(Enrollment.objects.values_list("program", flat=True)) == {"RPM", "RTM"}
    owners = set(Enrollment.objects.exclude(state="draft").values_list("looked_after_by__user__email", flat=True))
    assert owners == {"rosa.cole@example.com", "ben.ito@example.com"}, "*Mine* names_showing each nurse her own"
    closes = MonthClose.objects.filter(practice=practice).order_by("month")
    assert [close.state for close in closes][-2:] in (["sealed", "in_review"], ["sealed", "sealed"])
    last = closes.filter(state="sealed").last()

    words = words_now(practice)
    status_words = {(status.word) for statuses in words.values() for status in statuses}
    assert {"Ready", "On track", "Needs", "Blocked"} <= status_words
    assert all(words[name][0].word == "Blocked" for name in names_showing("order ran out"))
    codes = set(ClaimLine.objects.filter(close__practice=practice).values_list("code", flat=True))
    assert {"99453", "99454", "99445", "99457", "99458", "99470", "98975", "98977", "98980"} <= codes
    staff = KeptDecision.objects.annotate(findings=Cast("findings_json", JSONField()))
    staff = staff.filter(findings__contains=[{"code": "STAFF_TIME_EXCLUDED_BY_POLICY"}])
    assert staff.values("enrollment__patient__family_name").distinct().count() >= 1
    two = ClaimLine.objects.filter(
        patient__family_name__in=names_showing("two device periods in a month"), component="device"
    )
    per_month = [two.filter(close=close).count() for close in closes]
    assert 2 in per_month
    late = [fact for close in closes for fact in late_facts(close)]
    assert {fact.patient.family_name for fact in late} == names_showing("late reading after the lock")
    assert any(fact.effect.startswith("would add 99454") for fact in late)
    closed = [close for close in closes if close.state in CLOSED_STATES]
    assert len(closed) >= 3
    for close in closed:
        check = verify(close)
        assert check.follows
        assert check.moved == []
        came_later = {fact.patient.pk for fact in late_facts(close)}
        assert {difference.patient_id for difference in check.differences} == came_later
        assert all("reading day" in difference.words for difference in check.differences)
    assert UnmatchedReading.objects.filter(practice=practice).exists()

    assert kept_days_that_differ(practice.pk) == []
    assert first_broken_link(practice) is None
    client = Client()
    from rpm_portal.accounts.models import User

    client.force_login(
        User.objects.get(email=STAFF["manager"][0]), backend="rpm_portal.accounts.backends.PortalBackend"
    )
    assert client.get(f"/months/{Month.of(last.month)}/").status_code == 200


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("today", "billed"),
    [
        (
            date(2026, 12, 21),
            {"98976": 1, "98977": 2, "98979": 3, "99445": 1, "99454": 23, "99457": 9, "99458": 1, "99470": 17},
        ),
        (
            date(2027, 1, 4),
            {
                "98976": 1,
                "98977": 3,
                "98979": 1,
                "98980": 3,
                "99445": 1,
                "99454": 33,
                "99457": 28,
                "99458": 2,
                "99470": 2,
            },
        ),
    ],
    ids=str,
)
def test_the_sample_bills_december_without_the_rules_of_2027(today, billed):
    """Lines by code of the active enrollments, also of patients with a device period that ends in January."""
    now = datetime(today.year, today.month, today.day, 18, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        practice = Walk(now=now, report=lambda message: None).go()
        ids = [row.pk for row in Enrollment.objects.for_practice(practice).active()]
        december = decided_now(practice, ids, month=Month(2026, 12), today=today)
        lines = Counter(line.code for _, decision in december.values() for line in decision.lines)
        words = Counter(status.word for statuses in words_now(practice).values() for status in statuses)

    assert lines == billed
    codes = {finding.code for _, decision in december.values() for finding in decision.findings}
    assert "DATE_OF_SERVICE_WAITS" in codes
    assert "RULE_YEAR_NOT_LOADED" not in codes
    assert (words["Blocked"], words["Waits"]) == (1, 26 if today.month == 12 else 38), "one order ran out"


@pytest.mark.slow
@pytest.mark.django_db
def test_pages_take_the_same_number_of_statements_for_few_and_many_patients(world, django_assert_max_num_queries):
    from tests.builders import a_patient, an_enrollment, days

    client = Client()
    client.force_login(world.user("physician"), backend="rpm_portal.accounts.backends.PortalBackend")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(path):
        client.get(path)  # the first request refreshes outdated rows
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return sum("SAVEPOINT" not in query["sql"] for query in queries)

    few = cost("/"), cost("/patients/"), cost(f"/patients/{world.patient.public_id}/")
    for number in range(12):
        patient = a_patient(world.practice, world.user("clinical_staff"), mrn=f"N{number}")
        an_enrollment(world, patient, serial=f"n{number}")
        world.read(days("2026-11-01", "2026-11-15"), serial=f"n{number}")

    assert (cost("/"), cost("/patients/"), cost(f"/patients/{world.patient.public_id}/")) == few
    # P1 and P3 of the performance goals: at most 8 for a page of the worklist, 15 for a chart (goal 12).
    assert few[0] <= 10
    assert few[2] <= 15
