"""Alerts: one a cause, an owner from the start, escalated if nobody answers, closed with a note."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from monitoring import services
from monitoring.alerts import handle
from monitoring.alerts.handle import escalate_due, review_alert
from monitoring.alerts.limits import add_conditions, adopt_rules
from monitoring.alerts.silence import find_silence
from monitoring.models import (
    Alert,
    AlertRule,
    AlertStep,
    Breach,
    LimitProposal,
    Outreach,
    Standing,
    Watch,
)
from monitoring.services import add_rule, look_after
from monitoring.tasks import escalate, look_for_silence
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.alerts.alerts_of_month import month_of_alerts
from rpm_portal.pages.alerts.inbox import close_and_log
from tests.builders import a_patient, an_enrollment, at
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import TimeEntry

NOON = at("2026-03-20", "12:00:00")


def read(world, clock, systolic, *, day="2026-03-20", now=None, **values):
    moment = at(day, clock)
    metric = {"metric": "blood_pressure", "systolic": systolic, "diastolic": 80} if systolic else {}
    entry = {"device": world.serial, "measured_at": moment.isoformat(), **metric, **values}
    return world.send([entry], now=now or moment + timedelta(minutes=1))


def kinds(alert):
    return list(alert.steps.values_list("kind", flat=True))


def watch(world, **more):
    return Watch.objects.create(
        practice=world.practice, first=world.members["clinical_staff"], backup=world.members["qhp"],
        on_call=world.members["physician"], **more,
    )  # fmt: skip


def test_breaches_of_one_cause_join_with_a_count_and_the_latest_value(world):
    for clock, systolic in (("07:00:00", 160), ("08:00:00", 155), ("09:00:00", 170)):
        read(world, clock, systolic)
    alert = Alert.objects.get()

    assert (alert.count, alert.value, alert.severity) == (3, 170, "high")
    assert alert.last_at == at("2026-03-20", "09:00:00")
    assert alert.owner == world.members["physician"]  # nobody else looks after him
    assert Breach.objects.count() == 3
    assert kinds(alert) == ["opened"]
    assert Standing.objects.get(enrollment=world.enrollment).open_high == 1


def test_a_graver_breach_makes_the_alert_critical_and_shortens_the_wait(world):
    watch(world)
    read(world, "07:00:00", 160)
    read(world, "08:00:00", 190)
    read(world, "08:30:00", 155)
    alert = Alert.objects.get()

    assert (alert.severity, alert.value, alert.count, alert.state) == ("critical", 190, 3, "open")
    assert alert.due_at == at("2026-03-20", "08:01:00") + timedelta(minutes=15)
    assert kinds(alert) == ["opened", "worsened"]
    standing = Standing.objects.get(enrollment=world.enrollment)
    assert (standing.open_critical, standing.open_high) == (1, 0)


def test_a_breach_that_comes_late_joins_and_does_not_hide_the_latest(world):
    read(world, "09:00:00", 170)
    read(world, "07:00:00", 160)
    alert = Alert.objects.get()

    assert (alert.count, alert.value, alert.last_at) == (2, 170, at("2026-03-20", "09:00:00"))


@pytest.mark.slow
def test_a_month_of_continuous_glucose_is_checked_against_rules_in_one_body(world):
    add_rule(
        enrollment=world.enrollment, by=world.user("physician"), severity="low",
        spec={"kind": "average", "metric": "glucose", "part": 1, "days": 7, "above": 200},
    )  # fmt: skip
    start = at("2026-02-01", "00:00:00")
    entries = [
        {"device": world.serial, "metric": "glucose", "glucose_mg_dl": 210, "id": f"g{n}",
         "measured_at": (start + timedelta(minutes=5 * n)).isoformat()}
        for n in range(8640)
    ]  # fmt: skip
    from django.test import override_settings

    with override_settings(INTAKE_AT_ONCE=10_000):
        assert world.send(entries, now=NOON).new == 8640
    alert = Alert.objects.get()

    assert (alert.description, alert.value) == ("average glucose of 7 days above 200 mg/dL", 210)
    assert alert.count == 720  # the last reading of each hour of thirty days


def test_above_and_below_and_another_part_are_separate_causes(world):
    services.set_threshold(
        enrollment=world.enrollment, metric="blood_pressure", by=world.user("physician"), low=Decimal(95)
    )
    services.set_threshold(
        enrollment=world.enrollment, metric="blood_pressure", part=2, by=world.user("physician"), high=Decimal(79)
    )
    read(world, "07:00:00", 160)
    read(world, "08:00:00", 90)

    assert sorted(Alert.objects.values_list("cause", flat=True)) == [
        "blood_pressure:1:above", "blood_pressure:1:below", "blood_pressure:2:above",
    ]  # fmt: skip


def test_the_same_reading_opens_one_alert_however_often_it_is_evaluated(world):
    from monitoring.alerts.evaluate import evaluate
    from monitoring.ingest import Measurement
    from monitoring.readings.store import MatchedReading, match_measurements

    read(world, "07:00:00", 160)
    alert = Alert.objects.get()
    reading = alert.reading
    again = Measurement(world.serial, "blood_pressure", reading.measured_at, (reading.value, reading.value_2))
    (matched,) = match_measurements(world.practice.pk, [again], now=NOON)
    assert isinstance(matched, MatchedReading)
    review_alert(alert=alert, conclusion="called", note="Fine.", by=world.user("clinical_staff"), now=NOON)

    assert evaluate(world.practice.pk, [(reading.pk, matched)], now=NOON) == 0
    assert Alert.objects.count() == 1


def test_a_closed_cause_opens_again_and_the_database_allows_one_open_alert(world):
    read(world, "07:00:00", 160)
    first = Alert.objects.get()
    review_alert(alert=first, conclusion="called", note="Fine.", by=world.user("clinical_staff"), now=NOON)
    read(world, "13:00:00", 160)

    assert Alert.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.filter(pk=first.pk).update(state="open")


def test_who_looks_after_the_patient_owns_the_alert(world):
    watch(world)
    other = world.members["qhp"]
    look_after(enrollment=world.enrollment, member=other, by=world.user("manager"))
    read(world, "07:00:00", 160)

    assert Alert.objects.get().owner == other


def test_a_member_who_has_left_owns_no_alert(world):
    watch(world)
    for role, owner in (("qhp", "clinical_staff"), ("clinical_staff", "physician")):
        look_after(enrollment=world.enrollment, member=world.members[role], by=world.user("manager"))
        member = world.members[role]
        member.ends_on = date(2026, 3, 19)
        member.save()
        read(world, "07:00:00" if role == "qhp" else "08:00:00", 160)
        alert = Alert.objects.exclude(state="closed").get()
        assert alert.owner == world.members[owner]
        review_alert(alert=alert, conclusion="called", note="x", by=world.user("physician"), now=NOON)


def test_an_unanswered_alert_is_escalated_step_by_step(world):
    watch(world)
    read(world, "07:00:00", 190)
    alert = Alert.objects.get()
    opened = alert.opened_at

    assert escalate_due(now=opened + timedelta(minutes=14, seconds=59)) == []
    recipients = escalate_due(now=opened + timedelta(minutes=15))
    assert [(recipient.email, recipient.level) for recipient in recipients] == [(world.user("qhp").email, 1)]
    assert escalate_due(now=opened + timedelta(minutes=15)) == []  # safe to run twice
    recipients = escalate_due(now=opened + timedelta(minutes=30))
    assert [(recipient.email, recipient.level) for recipient in recipients] == [(world.user("physician").email, 2)]
    assert escalate_due(now=opened + timedelta(minutes=45)) == []
    assert escalate_due(now=opened + timedelta(days=3)) == []

    alert.refresh_from_db()
    assert (alert.owner, alert.state, alert.due_at) == (world.members["physician"], "escalated", None)
    assert kinds(alert) == ["opened", "escalated", "escalated", "unanswered"]


def test_the_message_names_no_patient(world):
    watch(world)
    read(world, "07:00:00", 190)
    Alert.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    assert escalate() == 1
    (message,) = mail.outbox
    assert message.to == [world.user("qhp").email]
    for word in (world.patient.family_name, world.patient.given_name, world.patient.mrn, "190"):
        assert word.lower() not in (message.subject + message.body).lower()


def test_a_taken_alert_is_escalated_later(world):
    watch(world)
    read(world, "07:00:00", 190)
    nurse = world.members["clinical_staff"]
    alert = handle.take(alert=Alert.objects.get(), by=nurse, now=NOON)
    assert (alert.owner, alert.state, alert.due_at) == (nurse, "acknowledged", NOON + timedelta(minutes=60))

    assert len(escalate_due(now=NOON + timedelta(minutes=60))) == 1
    alert = handle.hand_over(alert=alert, to=nurse, by=world.user("qhp"), now=NOON + timedelta(minutes=61))
    assert (alert.owner, alert.state) == (nurse, "open")
    assert kinds(alert) == ["opened", "taken", "escalated", "handed"]


@pytest.mark.parametrize("note", ["", "   "])
def test_an_alert_closes_with_a_note_only(world, note):
    read(world, "07:00:00", 160)
    with pytest.raises(Refused):
        review_alert(alert=Alert.objects.get(), conclusion="called", note=note, by=world.user("qhp"), now=NOON)


def test_a_closed_alert_cannot_be_changed(world):
    read(world, "07:00:00", 160)
    alert, nurse = Alert.objects.get(), world.members["clinical_staff"]
    review_alert(alert=alert, conclusion="called", note="Fine.", by=nurse.user, now=NOON)
    for move in (
        lambda: handle.take(alert=alert, by=nurse, now=NOON),
        lambda: handle.hand_over(alert=alert, to=nurse, by=nurse.user, now=NOON),
        lambda: review_alert(alert=alert, conclusion="called", note="Again.", by=nurse.user, now=NOON),
        lambda: handle.plan_outreach(alert=alert, owner=nurse, due_on=NOON.date(), by=nurse.user, now=NOON),
    ):
        with pytest.raises(Refused):
            move()
    assert escalate_due(now=NOON + timedelta(days=9)) == []


def test_closing_and_logging_happen_together_or_not_at_all(world):
    read(world, "07:00:00", 160)
    alert, nurse = Alert.objects.get(), world.members["clinical_staff"]
    world.work("2026-03-20", 600, clock="11:55:00")  # her own interval, until 12:05

    worked = (NOON - timedelta(minutes=4), NOON)
    with pytest.raises(TimeRefused):
        close_and_log(alert=alert, conclusion="expected", note="Fine.", worked=worked, by=nurse, now=NOON)
    alert.refresh_from_db()
    assert alert.state == "open"
    later = NOON + timedelta(minutes=30)
    before_it_came = (at("2026-03-20", "07:00:59"), at("2026-03-20", "07:04:00"))
    with pytest.raises(Refused, match="cannot begin before the reading"):
        close_and_log(alert=alert, conclusion="expected", note="Fine.", worked=before_it_came, by=nurse, now=later)
    worked = (later - timedelta(minutes=4), later)
    review, entry = close_and_log(alert=alert, conclusion="expected", note="Fine.", worked=worked, by=nurse, now=later)

    assert entry.stopped_at - entry.started_at == timedelta(minutes=4)
    assert (entry.activity, entry.proof, entry.staff) == ("review", "same_day", nurse.user)
    assert review.alert.steps.last().kind == "closed"


def test_expected_twice_in_two_weeks_asks_the_provider_once(world):
    nurse, doctor = world.user("clinical_staff"), world.user("physician")
    for day, systolic in (("2026-02-28", 152), ("2026-03-15", 156), ("2026-03-16", 154)):
        read(world, "07:00:00", systolic, day=day)
        alert = Alert.objects.exclude(state="closed").get()
        review_alert(alert=alert, conclusion="expected", note="His usual.", by=nurse, now=at(day, "12:00:00"))
        assert LimitProposal.objects.exists() == (day == "2026-03-16")  # 28 February is too long ago

    proposal = LimitProposal.objects.get()
    assert (proposal.bound, proposal.current_limit, proposal.seen, proposal.times) == ("high", 150, 156, 2)
    handle.decide_limit(proposal=proposal, new_limit=Decimal(158), by=doctor, now=NOON)
    threshold = world.enrollment.thresholds.get()
    assert (threshold.high, threshold.set_by) == (158, doctor)
    assert threshold.history.first().history_user == doctor
    with pytest.raises(Refused):
        handle.decide_limit(proposal=proposal, new_limit=None, by=doctor, now=NOON)


def test_a_change_over_days_raises_an_alert_with_the_rule_in_words(world):
    rule = add_rule(
        enrollment=world.enrollment, by=world.user("physician"), severity="high",
        spec={"kind": "change", "metric": "weight", "part": 1, "days": 3, "by": 2},
    )  # fmt: skip
    for day, weight in (("2026-03-18", 80), ("2026-03-19", 81.9), ("2026-03-20", 82)):
        read(world, "07:00:00", None, day=day, metric="weight", weight_kg=weight)
    alert = Alert.objects.get()

    assert (alert.rule, alert.value, alert.limit) == (rule, 2, 2)
    assert alert.description == "weight up 2 kg or more in 3 days"
    services.end_rule(rule=rule, by=world.user("physician"), now=NOON)
    read(world, "18:00:00", None, metric="weight", weight_kg=90)
    assert Alert.objects.get().count == 1


def test_a_rule_is_set_once_and_a_template_brings_its_own(world):
    doctor = world.user("physician")
    spec = {"kind": "absence", "days": 2}
    add_rule(enrollment=world.enrollment, by=doctor, severity="low", spec=spec)
    with pytest.raises(Exception, match="exists already"):
        add_rule(enrollment=world.enrollment, by=doctor, severity="low", spec=spec)
    with pytest.raises(Exception, match="kind"):
        add_rule(enrollment=world.enrollment, by=doctor, severity="low", spec={"kind": "mood"})
    add_conditions(practice=world.practice, by=doctor)

    assert adopt_rules(enrollment=world.enrollment, template="Heart failure", by=doctor) == 3
    assert adopt_rules(enrollment=world.enrollment, template="Heart failure", by=doctor) == 0
    assert adopt_rules(enrollment=world.enrollment, template="Nothing", by=doctor) == 0
    assert AlertRule.objects.filter(enrollment=world.enrollment, severity="critical").count() == 1


def test_silence_opens_an_alert_after_the_days_and_a_reading_closes_it(world):
    read(world, "07:00:00", 120, day="2026-03-10")
    last = at("2026-03-10", "07:00:00")
    assert find_silence(world.practice.pk, now=last + timedelta(days=3) - timedelta(seconds=1)) == 0
    assert find_silence(world.practice.pk, now=last + timedelta(days=3)) == 1
    assert find_silence(world.practice.pk, now=last + timedelta(days=4)) == 0  # safe to run twice
    alert = Alert.objects.get()
    assert (alert.kind, alert.value, alert.description) == ("adherence", 3, "No data for 3 days")
    standing = Standing.objects.get(enrollment=world.enrollment)
    assert (standing.open_adherence, standing.open_high) == (1, 0)

    read(world, "07:00:00", 120, day="2026-03-15")
    alert.refresh_from_db()
    assert (alert.state, kinds(alert)) == ("closed", ["opened", "arrived"])
    assert Standing.objects.get(enrollment=world.enrollment).open_adherence == 0
    assert find_silence(world.practice.pk, now=at("2026-03-19")) == 1


def test_a_silence_that_a_person_closed_opens_no_alert_before_new_data(world):
    read(world, "07:00:00", 120, day="2026-03-10")
    find_silence(world.practice.pk, now=at("2026-03-14"))
    review_alert(
        alert=Alert.objects.get(), conclusion="called", note="On holiday.", by=world.user("qhp"), now=at("2026-03-14")
    )

    assert find_silence(world.practice.pk, now=at("2026-03-16")) == 0


def test_no_device_or_no_service_is_no_silence(world):
    nurse = world.user("clinical_staff")
    an_enrollment(world, a_patient(world.practice, nurse, mrn="Q", family="Quiet"))
    assert find_silence(world.practice.pk, now=at("2026-01-20")) == 2
    assert find_silence(world.other.practice.pk, now=at("2026-01-06", "08:00:00")) == 0  # given yesterday
    assert look_for_silence() == 1  # the other practice's


def test_the_practices_own_days_and_the_patients_rule_decide(world):
    watch(world, silent_days=5)
    read(world, "07:00:00", 120, day="2026-03-10")
    now = at("2026-03-14", "07:00:01")
    assert find_silence(world.practice.pk, now=now) == 0
    add_rule(
        enrollment=world.enrollment, by=world.user("physician"), severity="low", spec={"kind": "absence", "days": 2}
    )
    assert find_silence(world.practice.pk, now=now) == 1


def test_outreach_is_one_task_and_ends_with_an_outcome(world):
    find_silence(world.practice.pk, now=at("2026-03-14"))
    alert, nurse = Alert.objects.get(), world.members["clinical_staff"]
    task = handle.plan_outreach(alert=alert, owner=nurse, due_on=date(2026, 3, 15), by=nurse.user, now=NOON)
    with pytest.raises(Refused):
        handle.plan_outreach(alert=alert, owner=nurse, due_on=date(2026, 3, 15), by=nurse.user, now=NOON)
    assert Alert.objects.get().state == "acknowledged"
    with pytest.raises(Refused):
        handle.finish_outreach(outreach=task, outcome="", by=nurse.user, now=NOON)
    handle.finish_outreach(outreach=task, outcome="Batteries; sent new ones.", by=nurse.user, now=NOON)
    with pytest.raises(Refused):
        handle.finish_outreach(outreach=task, outcome="Again", by=nurse.user, now=NOON)
    assert Outreach.objects.get().done_by == nurse.user


@pytest.mark.slow
def test_a_backlog_delays_no_critical_value(world):
    """Large bodies wait for the worker; a single value is evaluated in its own request."""
    from monitoring.intake import take_in

    for batch in range(10):
        entries = [
            {"device": world.serial, "metric": "blood_pressure", "systolic": 120, "diastolic": 80,
             "measured_at": (at("2026-01-06") + timedelta(seconds=batch * 10_000 + n)).isoformat()}
            for n in range(10_000)
        ]  # fmt: skip
        assert world.send(entries, now=NOON).later
    assert not take_in.Delivery.objects.filter(state="done").exists()

    read(world, "07:00:00", 190)
    assert Alert.objects.get().severity == "critical"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_people_close_an_alert_at_once_while_a_reading_arrives(live_world):
    world = live_world
    read(world, "07:00:00", 160)
    alert, outcomes = Alert.objects.get(), []
    gate = threading.Barrier(3)

    def close(role):
        gate.wait()
        try:
            review_alert(alert=alert, conclusion="called", note=role, by=world.user(role), now=NOON)
            outcomes.append("closed")
        except Refused:
            outcomes.append("refused")
        connection.close()

    def breach():
        gate.wait()
        read(world, "08:00:00", 165)
        connection.close()

    threads = [threading.Thread(target=close, args=(role,)) for role in ("clinical_staff", "qhp")]
    threads.append(threading.Thread(target=breach))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["closed", "refused"]
    alert.refresh_from_db()
    opened = Alert.objects.exclude(state="closed").count()
    # The reading joined before the closing, or opened another alert after it; it was never lost.
    assert (alert.count, opened) in {(2, 0), (1, 1)}
    assert Breach.objects.count() == 2
    assert Standing.objects.get(enrollment=world.enrollment).open_high == opened


def signed_in(world, role):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def test_the_inbox_shows_filters_and_news(world):
    read(world, "07:00:00", 190)
    client, htmx = signed_in(world, "physician"), {"HX-Request": "true"}
    page = client.get("/alerts/?severity=critical&who=mine")
    assert "190/80 mmHg" in page.content.decode()
    assert "1 open alert, 1 critical" in page.content.decode()
    for empty in ("severity=low", "kind=adherence", "program=RTM", "state=escalated"):
        assert world.patient.family_name.upper() not in client.get(f"/alerts/?{empty}").content.decode()

    since = page.context["since"]
    assert "new." not in client.get("/alerts/news/", {"since": since}, headers=htmx).content.decode()
    read(world, "07:01:00", None, metric="weight", weight_kg=80, now=timezone.now())
    with_rule = at("2026-03-20", "07:02:00")
    services.set_threshold(enrollment=world.enrollment, metric="weight", by=world.user("physician"), high=Decimal(70))
    read(world, "07:02:00", None, metric="weight", weight_kg=81, now=timezone.now())
    assert "1 new." in client.get("/alerts/news/", {"since": since}, headers=htmx).content.decode()
    assert "new." not in client.get("/alerts/news/", {"since": since, "severity": "low"}, headers=htmx).content.decode()
    assert client.get("/alerts/news/", {"since": "yesterday"}).status_code == 404
    assert with_rule


@pytest.mark.slow
def test_the_inbox_runs_a_constant_number_of_statements(world, django_assert_max_num_queries):
    read(world, "07:00:00", 190)
    nurse = world.user("clinical_staff")
    for number in range(12):
        row = an_enrollment(
            world, a_patient(world.practice, nurse, mrn=f"N{number}", family=f"Many{number}"), serial=f"n-{number}"
        )
        services.set_threshold(enrollment=row, metric="blood_pressure", by=nurse, high=Decimal(150))
        world.read([date(2026, 3, 20)], serial=f"n-{number}", systolic=160)
    client = signed_in(world, "clinical_staff")
    with django_assert_max_num_queries(23):
        page = client.get("/alerts/").content.decode()
    assert page.count("data-row ") == 13


def test_closing_on_the_page_logs_a_start_and_an_end_and_never_minutes(world):
    read(world, "07:00:00", 190)
    alert = Alert.objects.get()
    client, htmx = signed_in(world, "clinical_staff"), {"HX-Request": "true"}
    form = {"conclusion": "expected", "note": "Fine."}
    wrong = (
        {"start": "10:00"},
        {"start": "10:05", "end": "10:05"},
        {"start": "10:05", "end": "10:00"},
        {"start": "23:00", "end": "23:05"},
        {"start": "noon", "end": "10:00"},
    )
    for times in wrong:
        answer = client.post(f"/alerts/{alert.public_id}/close/", form | times, headers=htmx)
        assert answer.status_code == 422, times
    times = {"start": "10:00", "end": "10:03", "minutes": "60"}
    answer = client.post(f"/alerts/{alert.public_id}/close/", form | times, headers=htmx)

    assert answer.status_code == 200
    assert "3:00 minutes logged" in answer.content.decode()
    entry = TimeEntry.objects.get()
    assert entry.stopped_at - entry.started_at == timedelta(minutes=3)
    again = client.post(f"/alerts/{alert.public_id}/close/", form, headers=htmx)
    assert (again.status_code, "already closed" in again.content.decode()) == (422, True)
    assert 'name="minutes"' not in client.get("/alerts/").content.decode()


def test_the_month_of_alerts_counts_what_was_acted_upon(world):
    nurse = world.user("clinical_staff")
    for day, conclusion in (("2026-03-02", "called"), ("2026-03-03", "expected"), ("2026-03-04", None)):
        read(world, "07:00:00", 160, day=day)
        if conclusion:
            alert = Alert.objects.exclude(state="closed").get()
            review_alert(
                alert=alert, conclusion=conclusion, note="x", by=nurse, now=alert.opened_at + timedelta(minutes=10)
            )
    month = month_of_alerts(world.practice, month=Month(2026, 3))

    assert (month["total"]["every"], month["total"]["share"], month["total"]["median"]) == (3, "33 %", "10 min")
    assert len(month["rows"]) == 1
    assert month_of_alerts(world.other.practice, month=Month(2026, 3))["total"] is None


def test_steps_are_never_changed(world):
    read(world, "07:00:00", 160)
    step = AlertStep.objects.get()
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        AlertStep.objects.filter(pk=step.pk).update(kind="closed")


def test_a_chart_runs_the_same_statements_for_any_number_of_readings(world):
    from django.test.utils import CaptureQueriesContext

    client = signed_in(world, "clinical_staff")
    now = timezone.now()
    address, counts = f"/patients/{world.patient.public_id}/?days=90", []
    for number in (3, 400, 2000):
        entries = [
            {"device": world.serial, "metric": "glucose", "glucose_mg_dl": 80 + n % 150,
             "measured_at": (now - timedelta(minutes=60 * n + number)).isoformat()}
            for n in range(number)
        ]  # fmt: skip
        world.send(entries, now=now)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address).content.decode()
        counts.append(len(queries))
    assert "Glucose over the day" in page
    assert "in range" in page
    # Readings that cannot all be drawn are thinned by the database; continuous glucose adds the query of its profile.
    assert counts[1] - counts[0] <= 1
    assert counts[2] - counts[1] <= 1


def test_the_profile_of_a_day_counts_ranges_at_their_edges(world):
    from monitoring.readings.glucose_profile import day_profile

    start = at("2026-03-01", "00:00:00")
    values = [53, 54, 69, 70, 180, 181, 250, 251]
    entries = [
        {"device": world.serial, "metric": "glucose", "glucose_mg_dl": value, "measured_at": (start + timedelta(days=n)).isoformat()}
        for n, value in enumerate(values)
    ]  # fmt: skip
    world.send(entries, now=NOON)
    profile = day_profile(world.enrollment.pk, start=start, end=NOON, known=NOON, zone=world.patient.zone)

    assert [round(part["width"] / 12.5) for part in profile.shares] == [1, 2, 2, 2, 1]
    # All at midnight of the patient's zone.
    assert profile.count == 8
    assert profile.median.startswith("M")
