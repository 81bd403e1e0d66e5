"""The worklist: rows that are never older than their facts, bands with their reasons, filters, pages, snoozes."""

import re
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from billing.review.code_status import outlook
from billing.review.queries import decided_now
from billing.rules.release import release
from enrollment import services as enrollment
from enrollment.models import Enrollment, Patient
from monitoring import services as monitoring
from monitoring.models import Alert, Standing
from rpm_portal.accounts.models import Practice, User
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import Link, first_broken_link, record
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.worklist import bulk_actions
from rpm_portal.pages.worklist.filters import CHIPS, Filters
from rpm_portal.pages.worklist.models import SavedView, Snooze, WorklistRow
from rpm_portal.pages.worklist.page import PAGE, read_page
from rpm_portal.pages.worklist.place import place_due
from rpm_portal.pages.worklist.presence import colleagues_here
from rpm_portal.pages.worklist.refresh import refresh, refresh_practice
from rpm_portal.pages.worklist.rows import panel
from tests.builders import a_patient, a_world, an_enrollment, at, days
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.snapshot import Snapshot
from timetracking.timers import lock_month

pytestmark = pytest.mark.django_db
NOW = at("2026-03-20", "12:00:00")


@pytest.fixture
def worked(world):
    """Twenty days of readings, twenty-five minutes and a call in March."""
    world.read(days("2026-03-01", "2026-03-19"))
    for day in ("2026-03-03", "2026-03-10", "2026-03-17"):
        world.work(day, 500)
    world.call("2026-03-10")
    return world


def high(world):
    monitoring.set_threshold(
        enrollment=world.enrollment, metric="blood_pressure", by=world.user("physician"), high=Decimal(150)
    )


def row_of(world, enrollment=None):
    return WorklistRow.objects.get(enrollment=enrollment or world.enrollment)


def fresh(world, now=NOW):
    """Every row decided and placed; the row of the first patient."""
    place_due(world.practice, now=now)
    refresh(world.practice, WorklistRow.objects.listed(world.practice).values_list("enrollment", flat=True), now=now)
    return row_of(world)


def is_stale(world, now=NOW):
    return world.enrollment.pk in WorklistRow.objects.stale(world.practice, today=local_day(now, world.practice.zone))


def client_of(world, role):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def shown(world, now=NOW, role="clinical_staff", **asked):
    found = panel(world.practice, Filters.of(asked), member=world.members[role], now=now)
    return {band.number: [row.enrollment_id for row in band.rows] for band in found.bands}, found


def test_a_row_is_stale_from_the_moment_a_fact_moves(world):
    def moves(act):
        fresh(world)
        assert not is_stale(world)
        act()
        return is_stale(world)

    nurse = world.user("clinical_staff")
    assert moves(lambda: world.read(days("2026-03-01", "2026-03-03")))
    assert moves(lambda: world.work("2026-03-04", 300))
    assert moves(lambda: world.call("2026-03-05"))
    assert moves(lambda: enrollment.withdraw_consent(enrollment=world.enrollment, on=date(2026, 3, 19), by=nurse, now=NOW))  # fmt: skip
    fresh(world)
    assert is_stale(world, now=NOW + timedelta(days=1)), "another day decides again"
    assert not is_stale(world)


def test_a_running_timer_is_no_fact_and_its_heartbeat_moves_nothing(world):
    from timetracking import timers as timetracking

    before = fresh(world)
    entry = timetracking.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=NOW
    )
    assert row_of(world).version == before.version
    timetracking.stop_timer(entry=entry, by=world.user("clinical_staff"), now=NOW + timedelta(minutes=3))
    assert row_of(world).version > before.version


def test_a_row_has_what_the_engine_decides_of_the_facts(worked):
    today, month = local_day(NOW, worked.practice.zone), Month(2026, 3)
    row = fresh(worked)
    data = row.display.data
    _, decision = decided_now(worked.practice, [worked.enrollment.pk], month=month, today=today)[worked.enrollment.pk]

    assert [tuple(status) for status in data["statuses"]] == [tuple(s) for s in outlook(decision, today=today, last_day=month.last_day)]  # fmt: skip
    assert len(data["days"]) == 30
    assert data["device_days"] == sum(letter in "sp" for letter in data["days"])
    assert row.payer == worked.payer
    assert data["papers"]["order"]["number"] == worked.enrollment.orders.get().number


def test_a_fact_that_changes_while_it_is_decided_leaves_the_row_to_be_decided_again(world, monkeypatch):
    from rpm_portal.pages.worklist import refresh as module

    decide = module.decide

    def change_meanwhile(*given, **named):
        decided = decide(*given, **named)
        world.read(days("2026-03-01", "2026-03-03"))  # after the version and the facts were read
        return decided

    monkeypatch.setattr(module, "decide", change_meanwhile)
    (decided,) = refresh(world.practice, [world.enrollment.pk], now=NOW)
    monkeypatch.undo()

    assert decided.data["enrollment"] == world.enrollment.public_id, "the page shows what was decided"
    assert row_of(world).decided_version == 0
    assert is_stale(world)
    assert refresh_practice(world.practice, now=NOW) == 1
    assert not is_stale(world)


@pytest.mark.slow
def test_a_row_that_another_transaction_writes_is_not_waited_for(live_world):
    """Neither placing nor deciding: the other transaction marks it again, or the next reader takes it."""
    world, done = live_world, []

    def at_the_same_time():
        try:
            place_due(world.practice, now=NOW)
            done.append(refresh(world.practice, [world.enrollment.pk], now=NOW)[0].data["patient"])
        finally:
            connection.close()

    with transaction.atomic():
        WorklistRow.objects.select_for_update().get(enrollment=world.enrollment)
        thread = threading.Thread(target=at_the_same_time, daemon=True)
        thread.start()
        thread.join(HANG_TIMEOUT_SECONDS)
        assert done == [world.patient.public_id]
        assert row_of(world).decided_version == 0


def test_the_last_live_call_is_on_the_row_and_a_voided_one_is_not(world):
    from timetracking.calls import call_log

    def live_on():
        place_due(world.practice, now=NOW)
        return row_of(world).live_on

    call = world.call("2026-03-05")
    assert live_on() == date(2026, 3, 5)
    call_log.void_call(call=call, reason="another patient was called", by=world.user("clinical_staff"), now=at("2026-03-05", "17:00:00"))  # fmt: skip
    assert live_on() is None


@pytest.mark.slow
def test_bands_are_clinical_first_each_with_its_rule(world):
    silent = world.enrollment
    rows = {}
    for number, name in enumerate(["alerted", "uncalled", "steady"]):
        rows[name] = an_enrollment(world, a_patient(world.practice, world.user("clinical_staff"), mrn=f"B{number}", family=name), serial=f"b{number}")  # fmt: skip
        limits = {"high": Decimal(150), "critical_high": Decimal(180)}
        monitoring.set_threshold(enrollment=rows[name], metric="blood_pressure", by=world.user("physician"), **limits)
        world.read(days("2026-03-01", "2026-03-19"), serial=f"b{number}", systolic=210 if name == "alerted" else 128)
    world.call("2026-03-10", row=rows["steady"])
    now = at("2026-03-20", "06:00:00")

    by_band, found = shown(world, now=now, steady="1")

    assert by_band == {1: [rows["alerted"].pk], 2: [silent.pk, rows["uncalled"].pk], 3: [rows["steady"].pk]}
    said = {row.enrollment_id: (row.rule, row.reason) for band in found.bands for row in band.rows}
    assert said[rows["alerted"].pk][0] == "A1"
    assert said[rows["alerted"].pk][1].startswith("BP 210/79 mmHg, limit ")
    assert said[silent.pk] == ("B1", "No readings received yet")
    assert said[rows["uncalled"].pk] == ("B2", "No live call in March 2026")
    assert said[rows["steady"].pk][0] == "C1"
    assert [band.count for band in found.bands] == [1, 2, 1]
    assert found.urgent == 1


PLANTED = """<i id="zq">'&"</i>"""


@pytest.mark.slow
def test_what_people_wrote_is_shown_and_is_no_markup(world):
    """Each text that a person can write, on every cell of a row."""
    now = timezone.now()
    today = local_day(now, world.practice.zone)
    high(world)
    nurse, doctor = world.user("clinical_staff"), world.members["physician"]
    world.read(days(str(today), str(today)), systolic=190, now=now)
    colleague = an_enrollment(world, a_patient(world.practice, nurse, mrn="Q", family="Q"), serial="q")
    for row in (world.enrollment, colleague):
        Enrollment.objects.filter(pk=row.pk).update(condition=PLANTED, looked_after_by=doctor)
        Patient.objects.filter(pk=row.patient_id).update(family_name=f"{PLANTED}\x1e", given_name=PLANTED)
    User.objects.filter(pk=doctor.user_id).update(given_name="<", family_name=PLANTED)
    Alert.objects.filter(enrollment=world.enrollment).update(description=PLANTED)
    client_of(world, "physician").get(f"/patients/{world.patient.public_id}/")

    client = client_of(world, "clinical_staff")
    for _ in range(2):  # decided now, then as it is stored
        page = client.get("/").content.decode()
        assert "<i id=" not in page
        assert page.count("&lt;i id=&#34;zq&#34;&gt;&#39;&amp;&#34;&lt;/i&gt;") >= 9
        assert page.count("&lt;I ID=&#34;ZQ&#34;") >= 6, "names are shown in capitals"
        assert "open by &lt;. " in page
    assert client.get("/worklist/counts/").status_code == 200


@pytest.mark.slow
def test_the_week_keeps_ten_rows_however_many_are_in_need_now(world, monkeypatch):
    nurse = world.user("clinical_staff")
    for number in range(11):
        an_enrollment(world, a_patient(world.practice, nurse, mrn=f"W{number}", family="W"), serial=f"w{number}")
    Standing.objects.filter(enrollment__patient__mrn__in=[f"W{n}" for n in range(8)]).update(open_high=1)
    monkeypatch.setattr("rpm_portal.pages.worklist.page.PAGE", 8)
    monkeypatch.setattr("rpm_portal.pages.worklist.page.FEWEST", 3)

    by_band, found = shown(world)
    assert (len(by_band[1]), len(by_band[2])) == (5, 3)
    assert all(band.after for band in found.bands[:2])
    more, _ = shown(world, band="1", after=found.bands[0].after)
    assert len({*by_band[1], *more[1]}) == 8
    assert len(shown(world, band="1")[0][1]) == 8, "a band alone has the page"
    Standing.objects.filter(practice=world.practice).update(open_high=0)
    assert len(shown(world)[0][2]) == 8


def test_a_row_decided_by_another_release_is_decided_again(world, monkeypatch):
    before = fresh(world)
    assert not is_stale(world)
    for module in ("models", "queryset", "refresh"):
        monkeypatch.setattr(f"rpm_portal.pages.worklist.{module}.release", lambda: "another")
    assert is_stale(world)
    assert shown(world)[1].bands[1].rows[0].name
    assert (row_of(world).release, before.release) == ("another", release())


def test_a_page_whose_decisions_change_a_place_is_read_again(world):
    """A device period about to close comes into the week with the very page that finds it."""
    world.read(days("2026-03-01", "2026-03-03"))
    world.call("2026-03-02")
    fresh(world, now=at("2026-03-03", "12:00:00"))
    later = at("2026-03-20", "12:00:00")
    Standing.objects.filter(enrollment=world.enrollment).update(last_reading_at=later)
    day = date(2026, 3, 4)
    while (row := refresh(world.practice, [world.enrollment.pk], now=at(day, "12:00:00"))[0]).slack != 4:
        day += timedelta(days=1)
    now = at(day + timedelta(days=1), "12:00:00")
    Standing.objects.filter(enrollment=world.enrollment).update(last_reading_at=now)
    assert row.slack == 4

    by_band, found = shown(world, now=now, steady="1")

    assert by_band == {1: [], 2: [world.enrollment.pk], 3: []}
    assert found.bands[1].rows[0].rule == "B3"
    assert [band.count for band in found.bands] == [0, 1, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ends", "is_announced"), [("2026-03-19", False), ("2026-03-20", True), ("2026-04-03", True), ("2026-04-04", False), (None, False)]
)  # fmt: skip
def test_the_chart_says_two_weeks_ahead_that_the_order_ends(world, ends, is_announced):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="E1", family="Ending")
    an_enrollment(world, patient, serial="e1", ordered_to=date.fromisoformat(ends) if ends else None)
    with time_machine.travel(NOW, tick=False):
        page = client_of(world, "clinical_staff").get(f"/patients/{patient.public_id}/").content.decode()
    assert ("a new order, this one ends" in page) == is_announced


def test_the_edge_of_silence_is_three_days_to_the_minute(world):
    world.read(days("2026-03-10", "2026-03-10"))
    world.call("2026-03-10")
    last = Standing.objects.get(enrollment=world.enrollment).last_reading_at

    assert shown(world, now=last + timedelta(days=3))[0][2] == []
    assert shown(world, now=last + timedelta(days=3, seconds=1))[0][2] == [world.enrollment.pk]


def test_who_asked_not_to_be_called_is_written_to_unless_it_is_critical(world):
    nurse = world.user("clinical_staff")
    world.read(days("2026-03-10", "2026-03-10"))
    later = NOW + timedelta(days=1)

    def row():
        _, found = shown(world, now=NOW)
        return next(row for band in found.bands for row in band.rows)

    assert (row().action, row().no_calls) == ("Call", False)
    enrollment.change_patient(patient=world.patient, reason="She asked", by=nurse, now=NOW, no_calls=True)
    assert (row().action, row().no_calls) == ("Write", True)
    assert row().next_url == f"{row().chart}&do=message"
    page = client_of(world, "clinical_staff").get(f"/patients/{world.patient.public_id}/").content.decode()
    assert "do not call" in page
    history = client_of(world, "clinical_staff").get(f"/patients/{world.patient.public_id}/history/").content.decode()
    assert "do not call" in history
    high(world)
    world.read(days("2026-03-20", "2026-03-20"), systolic=190, now=later)
    critical = Standing.objects.get(enrollment=world.enrollment)
    critical.open_critical, critical.open_high = 1, 0
    critical.save()
    _, found = shown(world, now=later)
    urgent = next(row for band in found.bands for row in band.rows)
    assert (urgent.rule, urgent.action) == ("A1", "Call")


def test_a_device_period_about_to_be_lost_comes_into_the_week(world):
    # Sixteen days are asked of thirty: eleven read by 20 March, five to go and the period ends on 30 March.
    world.read(days("2026-03-01", "2026-03-03"))
    world.call("2026-03-02")
    read = ["2026-03-01", "2026-03-02", "2026-03-03"]
    day = date(2026, 3, 4)
    found = None
    while day < date(2026, 3, 30):
        now = at(day, "12:00:00")
        Standing.objects.filter(enrollment=world.enrollment).update(last_reading_at=now)
        row = fresh(world, now=now)
        by_band, found = shown(world, now=now)
        if by_band[2]:
            break
        day += timedelta(days=1)

    left = (row.period_to - day).days + 1
    assert row.slack == 3 == left - (row.display.data["device_need"] - len(read))
    assert found.bands[1].rows[0].rule == "B3"
    assert "13 reading days needed by Mar 30, only 3 may be missed" in found.bands[1].rows[0].reason


@pytest.mark.parametrize("chip", CHIPS)
def test_every_chip_narrows_and_counts_without_error(worked, chip):
    client = client_of(worked, "clinical_staff")
    assert client.get(f"/?{chip}=1").status_code == 200
    assert client.get(f"/?{chip}=1&band=2&sort=name").status_code == 200
    assert 'href="/?"' in client.get(f"/worklist/counts/?{chip}=1").content.decode()


def _more_than_a_page():
    made = a_world()
    for number in range(PAGE + 7):
        patient = a_patient(made.practice, made.user("clinical_staff"), mrn=f"P{number}", family=f"Fam{number % 5}")
        an_enrollment(made, patient, serial=f"p{number}")
    return made


_long = Snapshot(_more_than_a_page)


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["", "name", "reading", "days", "minutes", "call"])
def test_pages_follow_each_other_without_a_gap_or_a_repeat(db, sort):
    world = _long()
    seen, after, counts = [], "", []
    for _ in range(5):
        found = read_page(world.practice, Filters.of({"band": "2", "sort": sort, "after": after}), member=0, now=NOW)
        seen += [row.enrollment_id for row in found.rows[2]]
        after = found.after.get(2, "")
        counts.append(found.counts["band_2"])
        if not after:
            break

    assert len(seen) == len(set(seen)) == PAGE + 8
    assert counts == [PAGE + 8, PAGE + 8]


@pytest.mark.slow
def test_a_page_after_the_first_shows_where_it_is_and_the_count_of_its_band(world, monkeypatch):
    nurse = world.user("clinical_staff")
    for number in range(3):
        an_enrollment(world, a_patient(world.practice, nurse, mrn=f"D{number}", family="D"), serial=f"d{number}")
    monkeypatch.setattr("rpm_portal.pages.worklist.page.PAGE", 2)
    monkeypatch.setattr("rpm_portal.pages.worklist.page.FEWEST", 1)
    client = client_of(world, "clinical_staff")
    first = client.get("/?band=2").content.decode()
    (after,) = re.findall(r'href="([^"]*after=[^"]+)"', first)
    assert "4 more need something this week" in first

    page = client.get(after.replace("&amp;", "&")).content.decode()
    assert "This week, further down" in " ".join(page.split())
    assert "need something this week" not in page
    assert '<span class="count" id="count-2">4</span>' in page


@pytest.mark.slow
def test_a_row_that_moved_between_two_pages_hides_and_repeats_no_other(world, monkeypatch):
    nurse = world.user("clinical_staff")
    for number in range(5):
        an_enrollment(world, a_patient(world.practice, nurse, mrn=f"M{number}", family="M"), serial=f"m{number}")
    monkeypatch.setattr("rpm_portal.pages.worklist.page.PAGE", 3)
    first, found = shown(world, band="2")
    last = Enrollment.objects.get(pk=first[2][-1])
    world.read(days("2026-03-19", "2026-03-19"), serial=last.assignments.get().device.serial)

    second, _ = shown(world, band="2", after=found.bands[1].after)

    everybody = set(Enrollment.objects.filter(practice=world.practice).values_list("pk", flat=True))
    assert len(second[2]) == 3
    assert set(second[2]) - {last.pk} == everybody - set(first[2])


def test_a_made_up_place_in_the_list_is_the_first_page(worked):
    client = client_of(worked, "clinical_staff")
    for after in ("x", "WzJd:1:abc", "'; DROP TABLE x; --"):
        assert client.get("/", {"band": "2", "after": after}).status_code == 200
    odd = {"band": "9", "sort": "drop", "payer": "\u202e", "owner": "'", "condition": "%"}
    assert client.get("/", odd).status_code == 200
    nul = client.get("/", {"after": "\x00"})
    assert nul.status_code == 400
    assert b"an invalid character (NUL)" in nul.content


def test_putting_off_hides_a_patient_until_the_day_or_a_new_alert(world):
    nurse = world.members["clinical_staff"]
    row = world.enrollment
    assert shown(world)[0][2] == [row.pk]
    bulk_actions.snooze(rows=[row], until=date(2026, 3, 23), reason="in hospital until Monday", by=nurse, now=NOW)

    assert shown(world)[0][2] == []
    assert shown(world, snoozed="1")[0][2] == [row.pk]
    assert shown(world, now=at("2026-03-22", "23:59:59"))[0][2] == []
    assert shown(world, now=at("2026-03-23", "00:00:00"))[0][2] == [row.pk]
    high(world)
    world.read(days("2026-03-20", "2026-03-20"), systolic=210, now=NOW + timedelta(minutes=5))
    assert shown(world, now=NOW + timedelta(minutes=6))[0][1] == [row.pk], "a new alert brings the patient back"
    assert Snooze.objects.get().reason == "in hospital until Monday"


@pytest.mark.parametrize(
    ("until", "reason"), [("2026-03-20", "in hospital"), ("2026-04-20", "in hospital"), ("2026-03-25", " no ")]
)
def test_putting_off_needs_a_day_to_come_within_thirty_and_a_reason(world, until, reason):
    with pytest.raises(Refused):
        bulk_actions.snooze(rows=[world.enrollment], until=date.fromisoformat(until), reason=reason, by=world.members["qhp"], now=NOW)  # fmt: skip
    assert row_of(world).snoozed_until is None
    assert not Snooze.objects.exists()


def test_bringing_back_ends_a_snooze_before_its_day_and_is_counted_once(world):
    nurse, row = world.members["clinical_staff"], world.enrollment
    for until in (date(2026, 3, 23), date(2026, 3, 25)):
        bulk_actions.snooze(rows=[row], until=until, reason="in hospital", by=nurse, now=NOW)
    assert shown(world)[0][2] == []

    assert bulk_actions.wake(rows=[row], by=nurse, now=NOW) == 1

    assert shown(world)[0][2] == [row.pk]
    assert bulk_actions.wake(rows=[row], by=nurse, now=NOW) == 0
    assert Event.objects.get(action="wake_patients").detail == {"count": 1}
    bulk_actions.snooze(rows=[row], until=date(2026, 3, 24), reason="in hospital again", by=nurse, now=NOW)
    assert shown(world)[0][2] == []


def test_assigning_in_bulk_is_in_each_history_and_changes_the_assignment(world):
    client = client_of(world, "clinical_staff")
    nurse = world.members["clinical_staff"]
    asked = {"row": [world.enrollment.public_id], "act": "assign", "member": nurse.public_id, "mine": "1"}
    answer = client.post("/worklist/arrange/", asked)

    assert (answer.status_code, answer["Location"]) == (302, "/?mine=1")
    world.enrollment.refresh_from_db()
    assert world.enrollment.looked_after_by == nurse
    assert world.enrollment.history.first().history_change_reason == "Assigned to another person"
    assert shown(world, mine="1")[0][2] == [world.enrollment.pk]
    assert shown(world, owner=nurse.public_id)[0][2] == [world.enrollment.pk]
    assert shown(world, owner="nobody")[0][2] == []


def test_a_message_to_many_is_noted_with_each_and_is_no_live_call(world):
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="M2", family="Moss"), serial="m2")
    client, asked = (
        client_of(world, "clinical_staff"),
        {"act": "message", "channel": "sms", "text": " Bring the cuff. "},
    )
    answer = client.post("/worklist/arrange/", {**asked, "row": [world.enrollment.public_id, other.public_id]})
    assert answer.status_code == 302
    for row in (world.enrollment, other):
        call = row.calls.get()
        assert (call.channel, call.outcome, call.decided) == ("sms", "sent", "Bring the cuff.")
        assert (call.is_live, call.time_entry, call.number, call.called_by) == (False, None, row.patient.phone, nurse)
        assert Event.objects.filter(subject=f"call:{call.public_id}", action="log_call").count() == 1
    assert Event.objects.get(action="note_messages").detail == {"count": 2}
    place_due(world.practice, now=timezone.now())
    assert row_of(world).live_on is row_of(world, other).live_on is None


@pytest.mark.parametrize(
    ("channel", "text", "said"),
    [("phone", "Hello", "Choose how"), ("", "Hello", "Choose how"), ("sms", "  ", "what the message said"), ("portal", "x" * 4001, "up to 4,000")],
)  # fmt: skip
def test_a_message_that_cannot_be_is_noted_with_nobody_and_what_was_typed_stays(world, channel, text, said):
    asked = {"row": [world.enrollment.public_id], "act": "message", "channel": channel, "text": text}
    answer = client_of(world, "clinical_staff").post("/worklist/arrange/", asked)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert text in page
    assert not world.enrollment.calls.exists()


def test_a_message_into_a_locked_month_is_noted_with_nobody(world):
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="M2", family="Moss"), serial="m2")
    lock_month(practice=world.practice, month=Month(2026, 3), by=nurse, now=NOW)
    with pytest.raises(Refused, match=r"locked.* No message was noted"):
        bulk_actions.note_messages(
            rows=[world.enrollment, other], channel="sms", text="Hello", by=world.members["clinical_staff"], now=NOW
        )
    assert not world.enrollment.calls.exists()


def test_another_practices_patients_members_and_views_are_not_there(world):
    client = client_of(world, "clinical_staff")
    theirs, other = world.other.enrollment, world.other.members["clinical_staff"]
    assert client.post("/worklist/arrange/", {"row": [theirs.public_id], "act": "wake"}).status_code == 422
    mixed = {"row": [world.enrollment.public_id, theirs.public_id], "act": "assign", "member": other.public_id}
    assert client.post("/worklist/arrange/", mixed).status_code == 422
    mixed["member"] = world.members["clinical_staff"].public_id
    assert client.post("/worklist/arrange/", mixed).status_code == 302
    theirs.refresh_from_db()
    assert theirs.looked_after_by is None
    assert all(theirs.pk not in listed for listed in shown(world, steady="1")[0].values())
    SavedView.objects.create(practice=world.other.practice, user=other.user, name="Theirs", query="mine=1")
    assert client.post("/worklist/views/remove/", {"name": "Theirs"}).status_code == 404
    assert "Theirs" not in client.get("/worklist/counts/").content.decode()


def test_a_view_is_kept_replaced_and_removed_by_its_owner_only(world):
    client = client_of(world, "clinical_staff")
    assert client.post("/worklist/views/save/", {"name": " My  round ", "mine": "1"})["Location"] == "/?mine=1"
    client.post("/worklist/views/save/", {"name": "My round", "mine": "1", "sort": "name"})
    assert list(SavedView.objects.values_list("name", "query")) == [("My round", "mine=1&sort=name")]
    assert "My round" in client.get("/worklist/counts/").content.decode()
    assert "My round" not in client_of(world, "qhp").get("/worklist/counts/").content.decode()
    assert client_of(world, "qhp").post("/worklist/views/remove/", {"name": "My round"}).status_code == 404
    assert client.post("/worklist/views/save/", {"name": "  "}).status_code == 422
    client.post("/worklist/views/remove/", {"name": "My round"})
    assert not SavedView.objects.exists()


def test_a_colleague_is_shown_where_they_look_until_they_look_elsewhere(world):
    from timetracking import timers as timetracking

    nurse, doctor = client_of(world, "clinical_staff"), world.user("physician")

    def at_a_patient(now=None, *, practice=world.practice, but=doctor):
        return colleagues_here(practice, but=but.pk, now=now or timezone.now()).here

    nurse.get(f"/patients/{world.patient.public_id}/")
    now = timezone.now()
    assert at_a_patient(now)[world.patient.public_id].who == "C. P"
    assert at_a_patient(now, but=world.user("clinical_staff")) == {}
    assert at_a_patient(now, practice=world.other.practice) == {}
    assert at_a_patient(now + timedelta(minutes=11)) == {}
    nurse.get("/")
    assert at_a_patient() == {}
    timetracking.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["clinical_staff"], now=timezone.now()
    )
    assert at_a_patient()[world.patient.public_id].timer


def test_the_last_link_of_the_audit_is_read_with_the_colleagues(world):
    nurse, doctor = client_of(world, "clinical_staff"), world.user("physician")
    nurse.get(f"/patients/{world.patient.public_id}/")
    last = Event.objects.filter(practice=world.practice).latest("number")
    with_somebody = colleagues_here(world.practice, but=doctor.pk, now=timezone.now())
    with_nobody = colleagues_here(world.practice, but=doctor.pk, now=timezone.now() + timedelta(days=1))
    assert with_somebody.here
    assert not with_nobody.here
    assert with_somebody.link == with_nobody.link == (last.number, last.digest)

    untouched = Practice.objects.create(name="Untouched", zone="America/New_York")
    assert colleagues_here(untouched, but=doctor.pk, now=timezone.now()) == ({}, Link(0, ""))


def test_a_page_and_the_chips_take_eight_statements_each(world, django_assert_num_queries):
    client = client_of(world, "clinical_staff")
    client.get("/")
    with django_assert_num_queries(8):
        client.get("/")
    with django_assert_num_queries(8):
        client.get("/worklist/counts/")
    assert first_broken_link(world.practice) is None


def test_a_page_during_which_a_colleague_looks_is_audited_after_their_look(world, monkeypatch):
    """The last link is read before the rows; what was written meanwhile is not overwritten."""
    from rpm_portal.pages.worklist import views

    client = client_of(world, "clinical_staff")
    real = views.panel

    def panel(*given, **named):
        record(practice=world.practice, by=None, action="between", now=timezone.now())
        return real(*given, **named)

    monkeypatch.setattr(views, "panel", panel)
    assert client.get("/").status_code == 200
    actions = Event.objects.filter(practice=world.practice).order_by("-number").values_list("action", flat=True)
    assert list(actions[:2]) == ["list_worklist", "between"]
    assert first_broken_link(world.practice) is None


def test_the_news_counts_alerts_since_the_page_was_loaded(world):
    client = client_of(world, "clinical_staff")
    since = timezone.now() - timedelta(minutes=1)
    assert client.get("/worklist/news/", {"since": "soon"}).status_code == 404
    assert "new alert" not in client.get("/worklist/news/", {"since": since.isoformat()}).content.decode()
    today = local_day(timezone.now(), world.practice.zone)
    high(world)
    world.read([today - timedelta(days=1)], systolic=210, now=timezone.now())
    assert "1 new alert." in client.get("/worklist/news/", {"since": since.isoformat()}).content.decode()
