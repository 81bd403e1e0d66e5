"""The chart as it was known at a moment: everything known then, and nothing later."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.facts.as_of import decided_as_of
from billing.review.queries import decided_now
from enrollment import services as enrollment
from monitoring.alerts import handle
from monitoring.alerts.limits import set_limits
from monitoring.intake import manual_entry
from monitoring.models import Alert, Reading
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month, local_day
from tests.builders import at
from tests.test_access import signed_in
from timetracking import timers as time

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def base():
    """A moment after the fixtures were created; their data is known from then on."""
    return (timezone.now() + timedelta(minutes=1)).replace(second=0, microsecond=0)


def page_at(world, moment, *, now, status=200, **more):
    typed = f"{moment.astimezone(ZoneInfo(world.practice.zone)):%Y-%m-%dT%H:%M:%S}"
    with time_machine.travel(now, tick=False):
        client = signed_in(world.user("physician"))
        response = client.get(f"/patients/{world.patient.public_id}/as-of/", {"at": typed, **more})
    assert response.status_code == status
    return response.content.decode()


def measured(world, moment, systolic):
    with time_machine.travel(moment, tick=False):
        world.send(
            [{"device": world.serial, "metric": "blood_pressure", "systolic": systolic, "diastolic": 79, "pulse": 66,
              "measured_at": (moment - timedelta(minutes=2)).isoformat()}],
            now=moment,
        )  # fmt: skip
    return Reading.objects.latest("pk")


@pytest.mark.slow
def test_readings_received_and_corrections_made_later_are_ignored(world, base):
    nurse = world.user("clinical_staff")
    first = measured(world, base, 131)
    manual_entry.void_reading(reading=first, reason="Of her husband", by=nurse, now=base + 2 * HOUR)
    measured(world, base + 2 * HOUR, 137)
    late = base + 4 * HOUR

    before = page_at(world, base + HOUR, now=late)
    assert "<b>131/79</b>" in before
    assert "137/79" not in before
    assert "Of her husband" not in before
    after = page_at(world, base + 3 * HOUR, now=late)
    assert "<b>137/79</b>" in after
    assert "Of her husband" in after


def test_names_limits_and_documents_are_those_of_the_moment(world, base):
    doctor = world.user("physician")
    with time_machine.travel(base + 2 * HOUR):
        now = base + 2 * HOUR
        actor = {"by": doctor, "now": now}
        enrollment.change_patient(patient=world.patient, reason="Married", family_name="Quivira", **actor)
        set_limits(
            enrollment=world.enrollment, limits={("blood_pressure", 1): {"high": 140, "critical_high": 180}}, by=doctor
        )
        enrollment.withdraw_consent(enrollment=world.enrollment, on=local_day(now, world.practice.zone), **actor)
    before = page_at(world, base + HOUR, now=base + 4 * HOUR)
    after = page_at(world, base + 3 * HOUR, now=base + 4 * HOUR)

    banner = before.split('aria-label="Patient"')[1]
    assert "QUIVIRA" not in banner
    assert "QUIVIRA" in after.split('aria-label="Patient"')[1]
    assert before != after
    assert "150" in banner.split("Limits")[1][:200]
    assert "140" in after.split("<dt>Limits</dt>")[1][:200]
    assert "none on file" not in banner.split("<dt>Consent</dt>")[1][:60]


def test_alerts_reviews_and_time_are_those_of_the_moment(world, base):
    nurse = world.members["clinical_staff"]
    measured(world, base, 190)
    alert = Alert.objects.get()
    with time_machine.travel(base + 10 * timedelta(minutes=1)):
        entry = time.start_timer(
            enrollment=world.enrollment, activity="review", by=nurse, now=base + timedelta(minutes=10)
        )
    time.stop_timer(entry=entry, by=nurse.user, now=base + timedelta(minutes=30))
    with time_machine.travel(base + 2 * HOUR):
        handle.review_alert(
            alert=alert, conclusion="called", note="Called her, all is well.", by=nurse.user,
            now=base + 2 * HOUR,
        )  # fmt: skip
    entry.refresh_from_db()
    time.void_entry(entry=entry, reason="Of another patient", by=nurse.user, now=base + 2 * HOUR)
    late = base + 4 * HOUR

    running = page_at(world, base + timedelta(minutes=20), now=late)
    assert "<b>running</b>" in running
    stopped = page_at(world, base + HOUR, now=late)
    assert "<b>20:00</b>" in stopped
    assert "Of another patient" not in stopped
    assert 'Open alerts <span class="soft small">1</span>' in stopped
    after = page_at(world, base + 3 * HOUR, now=late)
    assert "Of another patient" in after
    assert "<dd>0:00</dd>" in after
    assert 'Open alerts <span class="soft small">0</span>' in after


def test_a_timer_stopped_within_a_second_was_never_running(world, base):
    nurse = world.members["clinical_staff"]
    with time_machine.travel(base, tick=False):
        entry = time.start_timer(enrollment=world.enrollment, activity="review", by=nurse, now=base)
        time.stop_timer(entry=entry, by=nurse.user, now=base)

    page = page_at(world, base + HOUR, now=base + 2 * HOUR)
    assert "Stopped within the second" in page
    assert "<b>running</b>" not in page


def test_the_decision_uses_the_facts_known_at_the_moment(world, base):
    for days in range(12, 0, -1):
        measured(world, base - timedelta(days=days), 128)
    nurse = world.user("clinical_staff")
    struck = Reading.objects.order_by("measured_at")[5]
    manual_entry.void_reading(reading=struck, reason="Of her husband", by=nurse, now=base + 2 * HOUR)

    def days_at(moment):
        file, _ = decided_as_of(world.practice, world.enrollment, moment=moment)
        return len(file.facts.days_read)

    assert days_at(base + HOUR) == days_at(base + 3 * HOUR) + 1
    assert days_at(base - timedelta(days=3, hours=1)) == days_at(base + HOUR) - 3


def test_as_of_now_gives_the_current_decision(world, base):
    """The proof that no fact is missing: at the current moment the past chart equals the current one."""
    for days in range(20, 0, -1):
        measured(world, base - timedelta(days=days), 128)
    day = (base - timedelta(days=2)).astimezone(ZoneInfo(world.practice.zone)).date()
    world.work(day, 1260)
    world.call(day)
    row, now = world.enrollment, base + HOUR
    row.refresh_from_db()
    month, today = Month.current(now, world.practice.zone), local_day(now, world.practice.zone)
    file, decision = decided_now(world.practice, [row.pk], month=month, today=today)[row.pk]
    past, past_decision = decided_as_of(world.practice, row, moment=now)

    expected = {name: getattr(file.facts, name) for name in file.facts.__dataclass_fields__ if name != "days_read"}
    assert {name: getattr(past.facts, name) for name in expected} == expected
    # Stored sums are identified by their own rows, recounted ones by their readings, so the ids differ.
    assert [tuple_of(day) for day in past.facts.days_read] == [tuple_of(day) for day in file.facts.days_read]
    assert [line.code for line in past_decision.lines] == [line.code for line in decision.lines]
    assert [finding.code for finding in past_decision.findings] == [finding.code for finding in decision.findings]


def tuple_of(day):
    return tuple(getattr(day, name) for name in ("on", "automatic", "reported"))


@pytest.mark.parametrize(
    ("typed", "message"),
    [("x", "Write a day"), ("2026-02-30T10:00", "Write a day"),
     ("9999-01-01T00:00", "Write a day"), ("2026-11-03T10:00:00+00:00", "Write a day"), ("2999-01-01T00:00", "not come")],
)  # fmt: skip
def test_an_invalid_moment_is_refused_with_a_message(world, typed, message):
    response = signed_in(world.user("physician")).get(f"/patients/{world.patient.public_id}/as-of/", {"at": typed})
    assert response.status_code == 422
    assert message in response.content.decode()


def test_before_the_first_data_nothing_was_on_file(world, base):
    assert "Nothing was on file" in page_at(world, at("2020-01-01"), now=base)


def test_the_page_view_is_audited_with_its_moment_and_another_practice_gets_404(world, base):
    page_at(world, base, now=base + HOUR)
    assert Event.objects.get(practice=world.practice, action="read_chart_as_of").detail["moment"][:4].isdecimal()
    stranger = signed_in(world.other.user("physician"))
    assert stranger.get(f"/patients/{world.patient.public_id}/as-of/").status_code == 404


@pytest.mark.slow
def test_the_page_takes_the_same_statements_for_any_number_of_readings(world, base):
    counts = []
    for rounds in (1, 20):
        for n in range(rounds):
            measured(world, base + timedelta(minutes=3 * (n + rounds)), 128)
        with CaptureQueriesContext(connection) as queries:
            page_at(world, base + 3 * HOUR, now=base + 4 * HOUR)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 1
    assert counts[0] < 75
