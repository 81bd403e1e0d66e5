"""Nobody is hidden: each active patient is in one band, each open alert in its owner's list, and what ends is shown."""

import random
from datetime import date, timedelta

import pytest

from enrollment import services as enrollment
from enrollment.models import Enrollment
from monitoring.alerts.evaluate import recount_alerts
from monitoring.models import Alert, AlertKind, Severity
from monitoring.services import mark_reviewed
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import local_day
from rpm_portal.pages.worklist import bulk_actions
from rpm_portal.pages.worklist.chips import counted_chips
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.models import WorklistRow
from rpm_portal.pages.worklist.page import read_page
from rpm_portal.pages.worklist.place import place_due
from rpm_portal.pages.worklist.reasons import RULES
from rpm_portal.pages.worklist.refresh import refresh_practice
from rpm_portal.pages.worklist.rows import panel
from tests.builders import a_patient, an_enrollment, at, days
from tests.pages.worklist.test_worklist_page import client_of
from timetracking.staff_days.workdays import sign_day

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "12:00:00")
MARCH_18 = "2026-03-18"


def an_alert(row, owner, *, severity=Severity.HIGH, kind=AlertKind.CLINICAL, cause="blood_pressure:1:above"):
    alert = Alert.objects.create(
        practice_id=row.practice_id, enrollment=row, kind=kind, cause=cause, severity=severity, value=170, limit=150,
        above=True, description="a rule of the test", owner=owner, opened_at=NOW, last_at=NOW,
    )  # fmt: skip
    recount_alerts([row.pk])
    return alert


def rows_of(world, member, now=NOW, **asked):
    """Every listed row by band, put-off patients in band 0."""
    found = {}
    for band in (1, 2, 3):
        for snoozed in ("", "1"):
            filters = Filters.of({**asked, "band": str(band), "snoozed": snoozed})
            for row in read_page(world.practice, filters, member=member.pk, now=now).rows[band]:
                found.setdefault(row.enrollment_id, []).append(0 if snoozed else band)
    return found


def the_row(world, now=NOW, role="clinical_staff", **asked):
    refresh_practice(world.practice, now=now)
    shown = panel(world.practice, Filters.of({"steady": "1"} | asked), member=world.members[role], now=now)
    return next((row for band in shown.bands for row in band.rows if row.enrollment_id == world.enrollment.pk), None)


def steady(world, until=MARCH_18):
    """The first patient with current readings, and a call and twenty minutes this month."""
    world.read(days("2026-02-20", until))
    world.call("2026-03-10")
    world.work("2026-03-11", 1300)
    return world


@pytest.mark.parametrize("seed", range(6))
def test_every_active_enrollment_is_in_one_band_and_every_open_alert_in_its_owners_list(world, seed):
    chance = random.Random(seed)
    members = [world.members[role] for role in ("clinical_staff", "physician", "qhp", "therapist")]
    rows = [world.enrollment]
    for number in range(7):
        patient = a_patient(world.practice, world.user("clinical_staff"), mrn=f"N{number}", family=f"N{number}")
        rows.append(an_enrollment(world, patient, serial=f"n{number}"))
    for number, row in enumerate(rows):
        Enrollment.objects.filter(pk=row.pk).update(looked_after_by=chance.choice([None, *members]))
        if chance.random() < 0.6 and number:
            world.read(days("2026-03-01", f"2026-03-{chance.randint(10, 19)}"), serial=f"n{number}")
        if chance.random() < 0.5:
            world.call("2026-03-12", row=row)
        for kind, severity in ((AlertKind.CLINICAL, Severity.CRITICAL), (AlertKind.CLINICAL, Severity.LOW), (AlertKind.ADHERENCE, Severity.HIGH)):  # fmt: skip
            if chance.random() < 0.3:
                an_alert(row, chance.choice(members), severity=severity, kind=kind, cause=f"{kind} {severity}")
        if chance.random() < 0.25:
            bulk_actions.snooze(rows=[row], until=date(2026, 3, 25), reason="in hospital", by=members[0], now=NOW)
        state = chance.choice(["active", "active", "active", "paused", "discharged"])
        left = date(2026, 3, 15) if state == "discharged" else None
        Enrollment.objects.filter(pk=row.pk).update(state=state, discharged_on=left)
    if seed % 2:
        refresh_practice(world.practice, now=NOW)

    everybody = rows_of(world, members[0])
    for row in Enrollment.objects.filter(pk__in=[row.pk for row in rows], state="active"):
        assert len(everybody[row.pk]) == 1, everybody[row.pk]
    for alert in Alert.objects.filter(practice=world.practice, closed_at=None).select_related("owner"):
        assert alert.enrollment_id in rows_of(world, alert.owner, mine="1"), "the owner's list"


def test_an_alert_that_is_mine_is_in_my_list_although_the_patient_is_a_colleagues(world):
    nurse, colleague = world.members["clinical_staff"], world.members["qhp"]
    Enrollment.objects.filter(pk=world.enrollment.pk).update(looked_after_by=colleague)
    assert the_row(world, mine="1") is None
    alert = an_alert(world.enrollment, nurse, severity=Severity.CRITICAL)
    row = the_row(world, mine="1")
    assert (row.rule, row.has_own_alert, row.owner, row.is_unassigned) == ("A1", True, "Q. P", False)
    alert.owner = colleague
    alert.save(update_fields=["owner"])
    assert the_row(world, mine="1") is None, "handed over"


def test_a_patient_of_nobody_or_of_a_colleague_who_left_is_in_everybodys_list_and_marked(world):
    colleague = world.members["qhp"]
    today = local_day(NOW, world.practice.zone)
    rows = Enrollment.objects.filter(pk=world.enrollment.pk)
    assert the_row(world, mine="1").is_unassigned
    rows.update(looked_after_by=colleague)
    assert the_row(world, mine="1") is None
    Membership.objects.filter(pk=colleague.pk).update(ends_on=today)
    assert the_row(world, mine="1") is None, "the last day"
    Membership.objects.filter(pk=colleague.pk).update(ends_on=today - timedelta(days=1))
    row = the_row(world, mine="1")
    assert (row.is_unassigned, row.owner) == (True, "Q. P")
    assert the_row(world, unassigned="1") is not None
    page = client_of(world, "clinical_staff").get("/?mine=1").content.decode()
    assert "Unassigned" in page
    assert "Q. P has left" in page


def test_a_low_alert_is_in_this_week_and_not_among_those_without_open_alerts(world):
    steady(world)
    assert the_row(world).rule == "C1"
    an_alert(world.enrollment, world.members["clinical_staff"], severity=Severity.LOW)
    row = the_row(world)
    assert (row.band, row.rule) == (2, "A3")


def test_a_missing_document_is_in_this_week_with_its_sentence_and_where_to_fix_it(world):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="BL", family="Blocked")
    world.enrollment = an_enrollment(world, patient, serial=(serial := "bl"), ordered_to=date(2026, 2, 20))
    world.read(days("2026-02-20", MARCH_18), serial=serial)
    world.call("2026-03-10")
    row = the_row(world)
    assert (row.band, row.rule, row.action) == (2, "B4", "Fix documents")
    assert "order" in row.reason.lower()
    assert row.next_url == f"/enrollments/{world.enrollment.public_id}/"
    assert the_row(world, role="biller").next_url == row.chart, "who may not enroll reads the chart"


@pytest.mark.parametrize(
    ("ends", "rule"),
    [("2026-03-20", "B5"), ("2026-03-27", "B5"), ("2026-03-28", "C1"), (None, "C1")],
)
def test_a_document_that_ends_within_seven_days_is_in_this_week(world, ends, rule):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="EN", family="Ending")
    ordered_to = date.fromisoformat(ends) if ends else None
    world.enrollment = an_enrollment(world, patient, serial="en", ordered_to=ordered_to)
    world.read(days("2026-02-20", MARCH_18), serial="en")
    world.call("2026-03-10")
    world.work("2026-03-11", 1300)
    row = the_row(world)
    assert row.rule == rule
    if rule == "B5":
        assert row.reason == f"Mar {ordered_to.day}: The order ends. Have a new order signed."
        assert row.action == "Fix documents"
    if ends == "2026-03-28":
        place_due(world.practice, now=at("2026-03-21", "00:00:00"))
        assert WorklistRow.objects.get(enrollment=world.enrollment).section == "B5", "time alone moves it"


def test_an_order_that_is_renewed_for_the_days_after_does_not_end(world):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="RE", family="Renewed")
    world.enrollment = an_enrollment(world, patient, serial="re", ordered_to=date(2026, 3, 31))
    world.read(days("2026-02-20", "2026-03-29"), serial="re")
    world.call("2026-03-10")
    world.work("2026-03-11", 1300)
    now = at("2026-03-30", "12:00:00")
    assert the_row(world, now=now).rule == "B5"
    enrollment.sign_order(
        enrollment=world.enrollment, ordered_by=world.members["physician"], measures="blood pressure",
        frequency="daily", starts_on=date(2026, 4, 1), now=now,
    )  # fmt: skip
    assert the_row(world, now=now).rule == "C1"


@pytest.mark.parametrize(("day", "rule"), [("2026-03-23", "C1"), ("2026-03-24", "B5"), ("2026-03-31", "B5")])
def test_minutes_that_are_missing_are_in_the_last_seven_days_of_the_month(world, day, rule):
    world.read(days("2026-02-20", day))
    world.call("2026-03-10")
    world.work("2026-03-11", 300)
    row = the_row(world, now=at(day, "12:00:00"))
    assert row.rule == rule
    if rule == "B5":
        assert row.reason == "Mar 31: Needs 5:00 before the month ends."


def test_a_discharged_patient_with_a_device_says_so_until_it_is_returned(world):
    nurse = world.user("clinical_staff")
    steady(world)
    enrollment.discharge(
        enrollment=world.enrollment, on=date(2026, 3, 19), reason="moved away", goal_met=False, by=nurse, now=NOW
    )
    Enrollment.objects.filter(pk=world.enrollment.pk).update(looked_after_by=None)
    row = the_row(world)
    assert (row.band, row.rule, row.action) == (2, "B6", "Return device")
    assert row.reason == "Discharged Mar 19. Get the device back"
    assert row.service == "discharged, Jan 5 to Mar 19, 2026"
    assert row.timer_url == "", "no timer on a discharged patient"
    assert {status.word for status in (row.device, row.management) if status} <= {"Ready", "Cannot"}
    client = client_of(world, "clinical_staff")
    chart = client.get(f"/patients/{world.patient.public_id}/").content.decode()
    assert "since Jan 5" not in chart
    assert "Mar 19, 2026" in chart
    assert "Get the device back" in chart
    patients = client.get("/patients/").content.decode()
    assert "discharged" in patients
    assert "get the device back" in client.get("/devices/").content.decode()

    assignment = world.enrollment.assignments.get()
    enrollment.take_back_device(assignment=assignment, ends_at=NOW, by=nurse)
    assert the_row(world) is None
    assert not WorklistRow.objects.get(enrollment=world.enrollment).listed


@pytest.mark.parametrize("state", ["paused", "discharged"])
def test_an_open_alert_is_listed_whatever_the_state_of_the_enrollment(world, state):
    left = date(2026, 3, 15) if state == "discharged" else None
    Enrollment.objects.filter(pk=world.enrollment.pk).update(state=state, discharged_on=left)
    world.enrollment.assignments.update(ends_at=NOW)
    assert the_row(world) is None
    alert = an_alert(world.enrollment, world.members["clinical_staff"], severity=Severity.CRITICAL)
    row = the_row(world, mine="1")
    assert (row.band, row.rule) == (1, "A1")
    assert row.service.startswith(state)
    Alert.objects.filter(pk=alert.pk).update(state="closed", closed_at=NOW)
    recount_alerts([world.enrollment.pk])
    assert the_row(world) is None


def test_who_has_no_review_and_no_signed_day_this_month_can_be_listed(world):
    nurse = world.members["clinical_staff"]
    steady(world)
    assert the_row(world, unreviewed="1") is not None
    mark_reviewed(enrollment=world.enrollment, by=nurse.user, now=at("2026-02-28", "12:00:00"))
    assert the_row(world, unreviewed="1") is not None, "last month's"
    mark_reviewed(enrollment=world.enrollment, by=nurse.user, now=NOW)
    assert the_row(world, unreviewed="1") is None

    assert the_row(world, unsigned="1") is not None
    sign_day(practice=world.practice, by=nurse, on=date(2026, 3, 11), now=NOW)
    assert the_row(world, unsigned="1") is None
    world.work("2026-03-12", 60)
    assert the_row(world, unsigned="1") is not None, "another day"


def test_a_filter_by_rule_and_by_the_end_of_the_device_period_shows_its_rows(world):
    steady(world)
    assert the_row(world, reason="C1") is not None, "the steady ones are shown too"
    assert the_row(world, reason="B1") is None
    assert Filters.of({"reason": "Z9", "window": "8"}).query == "", "made-up values are left out"
    ends = WorklistRow.objects.get(enrollment=world.enrollment).period_to
    now = at(ends - timedelta(days=7), "12:00:00")
    assert the_row(world, now=now, window="7") is not None
    assert the_row(world, now=now, window="3") is None
    listed = {rule for rule in RULES if the_row(world, reason=rule)}
    assert len(listed) == 1


def test_the_chips_say_while_rows_are_still_to_be_counted(world):
    WorklistRow.objects.filter(enrollment=world.enrollment).update(decided_version=0)
    member = world.members["clinical_staff"].pk
    assert counted_chips(world.practice, Filters(), member=member, now=NOW).uncounted == 1
    client = client_of(world, "clinical_staff")
    assert "Still counting 1 patient." in client.get("/worklist/counts/").content.decode()
    client.get("/")
    page = client.get("/worklist/counts/").content.decode()
    assert "Still counting" not in page
    assert 'href="/?reason=A1"' in page
    assert "Medicare Part B" in page


def test_an_enrollment_is_assigned_to_who_starts_it_unless_another_is_chosen(world):
    client, nurse, colleague = client_of(world, "clinical_staff"), world.members["clinical_staff"], world.members["qhp"]
    page = client.get("/enrollments/new/").content.decode()
    assert f'<option value="{nurse.pk}" selected>' in page
    assert f'<option value="{world.members["biller"].pk}"' not in page, "who reviews no readings owns no alerts"
    person = {
        "family_name": "Newcomer", "given_name": "Ada", "born_on": "1950-01-02", "sex": "F", "language": "en",
        "program": "RPM", "billing_provider": world.members["physician"].pk,
    }  # fmt: skip
    for mrn, chosen, owner in (("N1", nurse.pk, nurse), ("N2", colleague.pk, colleague), ("N3", "", None)):
        client.post("/enrollments/new/", {**person, "mrn": mrn, "not_a_twin": "1", "looked_after_by": chosen})
        assert Enrollment.objects.get(patient__mrn=mrn).looked_after_by == owner
    stranger = world.other.members["clinical_staff"]
    client.post("/enrollments/new/", {**person, "mrn": "N4", "not_a_twin": "1", "looked_after_by": stranger.pk})
    assert not Enrollment.objects.filter(patient__mrn="N4").exists()
