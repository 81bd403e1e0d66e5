"""The dashboard: the same numbers as the linked pages, and OIG's marks at their boundaries."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import ClaimLine, LineState
from billing.review import dashboard, month_lines
from billing.review.lost_revenue import leaks_of
from enrollment.models import Enrollment
from monitoring.alerts.handle import review_alert
from monitoring.models import Alert
from monitoring.services import mark_reviewed, set_threshold
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, compute
from tests.builders import a_patient, an_enrollment, at, days
from tests.test_access import signed_in
from timetracking.staff_days.team import team_of

pytestmark = pytest.mark.django_db
MARCH = Month(2026, 3)


@pytest.fixture
def worked(world):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-12", 700)
    world.work("2026-03-19", 600)
    world.call("2026-03-12")
    world.close = compute(world)
    return world


def measure(world, name, month=MARCH):
    return next(row for row in dashboard.oig_measures(world.practice, month=month) if row.name.startswith(name))


def test_the_numbers_equal_those_of_the_linked_pages(worked):
    figures, leaks = dashboard.figures(worked.practice, MARCH)
    assert figures.patients == 1
    assert figures.lines == month_lines.counts_of(worked.close)["standing"]
    assert figures.dollars == month_lines.expected_of(worked.close)
    listed = [leak.code for leak in leaks_of(worked.close)]
    assert [leak.code for leak in leaks] == listed
    assert figures.at_risk == sum(leak.dollars for leak in leaks if leak.fixable)
    before, none = dashboard.figures(worked.practice, MARCH.plus(-1))
    assert (before.lines, before.dollars, none) == (None, None, [])
    other, _ = dashboard.figures(worked.other.practice, MARCH)
    assert other.lines is None


def test_twelve_months_count_each_line_in_force_once(worked):
    chart = dashboard.codes_by_month(worked.practice, to=MARCH)
    in_force = ClaimLine.objects.filter(practice=worked.practice).exclude(state=LineState.DROPPED)
    assert sum(entry["count"] for entry in chart["codes"]) == in_force.count() > 0
    assert chart["most"] == in_force.count()
    assert min(bar["y"] for bar in chart["bars"]) >= 9
    line = in_force.first()
    line.state = LineState.DROPPED
    line.save()
    assert (
        sum(entry["count"] for entry in dashboard.codes_by_month(worked.practice, to=MARCH)["codes"])
        == in_force.count()
    )
    assert not dashboard.codes_by_month(worked.practice, to=MARCH.plus(12))["bars"], "a year later it has left"
    assert dashboard.codes_by_month(worked.practice, to=MARCH.plus(11))["bars"]
    assert not dashboard.codes_by_month(worked.other.practice, to=MARCH)["bars"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "new", "past"), [(40, 99, False), (40, 100, True), (41, 102, False), (0, 100, True)]
)
def test_a_spike_needs_a_hundred_patients_and_two_and_a_half_times_as_many(world, before, new, past):
    row = Enrollment.objects.filter(practice=world.practice).first()
    Enrollment.objects.filter(practice=world.practice).update(started_on=date(2025, 1, 1))
    enrollments = [
        Enrollment(practice=world.practice, patient=row.patient, program="RPM", state="discharged", started_on=on,
                   discharged_on=on, billing_provider=row.billing_provider)
        for on, number in ((date(2026, 2, 5), before), (date(2026, 3, 5), new))
        for _ in range(number)
    ]  # fmt: skip
    Enrollment.objects.bulk_create(enrollments)
    assert measure(world, "New patients").past is past


def test_patients_without_a_prior_visit_and_supply_without_management_are_counted(worked):
    assert measure(worked, "No relationship").here == "0 of 1 (0 %)"
    assert measure(worked, "Supply").here == "0 of 1 (0 %)"
    worked.patient.established_on = worked.enrollment.started_on + timedelta(days=1)
    worked.patient.save()
    assert measure(worked, "No relationship").past
    worked.patient.established_on = worked.enrollment.started_on
    worked.patient.save()
    assert not measure(worked, "No relationship").past
    for line in ClaimLine.objects.filter(practice=worked.practice, component="management"):
        line.state = LineState.DROPPED
        line.save()
    assert measure(worked, "Supply").past
    assert measure(worked, "More than one device").here.startswith("0 patient")
    assert measure(worked, "No relationship", MARCH.plus(12)).here == "nobody was billed"


def test_the_team_is_counted_inside_the_month_with_its_proof(worked):
    (nurse,) = team_of(worked.practice.pk, month=MARCH, zone=worked.practice.zone)
    assert (nurse.staff, nurse.patients, nurse.calls, nurse.live_percent) == (worked.user("clinical_staff"), 1, 1, 100)
    assert nurse.seconds >= 1300
    assert nurse.late_percent == 0
    assert team_of(worked.practice.pk, month=MARCH.plus(1), zone=worked.practice.zone) == []
    assert team_of(worked.other.practice.pk, month=MARCH, zone=worked.practice.zone) == []


def test_alerts_count_for_the_person_who_closed_them_and_reviews_without_one_do_not(worked):
    doctor = worked.user("physician")
    set_threshold(enrollment=worked.enrollment, metric="blood_pressure", by=doctor, high=Decimal(150))
    for number, closed in enumerate((at("2026-03-31", "23:59:59"), at("2026-04-01", "00:00:00"))):
        worked.read([date(2026, 3, 20 + number)], systolic=170, now=at("2026-03-25"))
        alert = Alert.objects.exclude(state="closed").get(enrollment=worked.enrollment)
        review_alert(alert=alert, conclusion="called", note="Fine.", by=doctor, now=closed)
    mark_reviewed(enrollment=worked.enrollment, by=doctor, now=at("2026-03-30"))
    counts = {
        row.staff: (row.alerts, row.patients)
        for row in team_of(worked.practice.pk, month=MARCH, zone=worked.practice.zone)
    }
    assert counts == {worked.user("clinical_staff"): (0, 1), doctor: (1, 1)}


@pytest.mark.slow
def test_the_page_costs_the_same_for_any_number_of_patients(worked, time_machine_at):
    client, counts = signed_in(worked.user("manager")), []
    client.get("/practice/")
    for turn in range(2):
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/practice/")
        counts.append(len(asked))
        nurse = worked.user("clinical_staff")
        for n in range(4):
            patient = a_patient(worked.practice, nurse, mrn=f"D{turn}{n}", family=f"Dash{turn}{n}")
            an_enrollment(worked, patient, serial=f"dash-{turn}{n}")
        compute(worked, now=AFTER + timedelta(hours=1))
    assert page.status_code == 200
    assert counts[0] == counts[1] < 45
    assert b"OEI-02-23-00261" in page.content


@pytest.fixture
def time_machine_at():
    import time_machine

    with time_machine.travel(at("2026-03-31", "20:00:00")):
        yield


def test_dollars_without_rates_are_not_shown_as_zero(worked, time_machine_at):
    page = signed_in(worked.user("manager")).get("/practice/").content.decode()
    assert "no rates on file" in page or "$" in page.split("Dollars expected")[1][:60]
    assert "$0</b>" not in page.split("Dollars expected")[1][:80]
