"""Calls: allowed outcomes, live calls, time entries of calls, addenda, voids, attempts, and note templates."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client

from rpm_portal.core.days import Month
from tests.builders import at, days
from timetracking import timers
from timetracking.calls import call_log
from timetracking.calls.attempts import reach_of
from timetracking.calls.texts import add_call_templates, fill, open_brackets, texts_for
from timetracking.models import Activity, Call, CallAddendum, CallTemplate, MonthTotal, TimeEntry

NINE = at("2026-03-10", "09:00:00")
HTMX = {"HX-Request": "true"}


def log(world, *, start=NINE, length=180, by="clinical_staff", **changes):
    values = {"channel": "phone", "outcome": "patient", "decided": "Talked it through."} | changes
    end = start + timedelta(seconds=length)
    now = values.pop("now", end)
    return call_log.log_call(
        enrollment=world.enrollment, started_at=start, ended_at=end, by=world.members[by], now=now, **values
    )


def client_of(world, role="clinical_staff"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


@pytest.mark.parametrize(
    ("channel", "outcome", "message"),
    [
        ("sms", "patient", "a conversation takes place"),
        ("portal", "voicemail", "sent or received"),
        ("phone", "sent", "text or portal"),
        ("autocall", "patient", "automated voice talks with nobody"),
        ("autocall", "caregiver", "automated voice talks with nobody"),
    ],
)
def test_an_outcome_impossible_for_the_channel_is_refused(world, channel, outcome, message):
    with pytest.raises(timers.TimeRefused, match=message):
        log(world, channel=channel, outcome=outcome)
    assert not Call.objects.exists()


def test_the_next_contact_cannot_be_before_the_call(world):
    with pytest.raises(timers.TimeRefused, match="before this one"):
        log(world, next_contact_on=date(2026, 3, 9))
    assert log(world, next_contact_on=date(2026, 3, 10)).pk


def test_a_call_refers_to_the_time_entry_of_its_minutes(world):
    timer = timers.start_timer(
        enrollment=world.enrollment, activity="call", by=world.members["clinical_staff"], now=NINE
    )
    inside = log(world, start=NINE + timedelta(seconds=5), count_time=True)
    alone = log(world, by="qhp", count_time=True)
    uncounted = log(world, by="physician")

    assert inside.time_entry == timer
    assert alone.time_entry.proof == "call"
    assert alone.time_entry.staff == world.user("qhp")
    assert uncounted.time_entry is None
    assert TimeEntry.objects.count() == 2


def test_a_call_is_not_saved_if_its_time_is_refused(world):
    world.work("2026-03-10", 60, clock="09:02:00")

    with pytest.raises(timers.TimeRefused, match="overlaps another entry"):
        log(world, count_time=True, now=NINE + timedelta(hours=1))
    assert not Call.objects.exists()


def test_a_recorded_call_gets_addenda_and_is_never_rewritten(world):
    call = log(world)
    call_log.add_to_call(call=call, text="  Pharmacy called back.  ", by=world.members["physician"], now=NINE)

    assert call.addenda.get().text == "Pharmacy called back."
    with pytest.raises(timers.TimeRefused, match="Write what"):
        call_log.add_to_call(call=call, text=" \n ", by=world.members["physician"], now=NINE)
    for change in (lambda: Call.objects.update(decided="else"), lambda: CallAddendum.objects.update(text="else")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_a_voided_call_does_not_count_and_stays_visible(world):
    call = log(world)
    assert MonthTotal.objects.get().live_contacts == 1
    with pytest.raises(timers.TimeRefused, match="10 characters"):
        call_log.void_call(call=call, reason="wrong one", by=world.user("clinical_staff"), now=NINE)

    call_log.void_call(call=call, reason="Wrong patient was open", by=world.user("clinical_staff"), now=NINE)

    assert MonthTotal.objects.get().live_contacts == 0
    page = client_of(world).get(f"/calls/{call.public_id}/").content.decode()
    assert "Voided by" in page
    assert "Wrong patient was open" in page
    with pytest.raises(timers.TimeRefused, match="already"):
        call_log.void_call(call=call, reason="Wrong patient was open", by=world.user("clinical_staff"), now=NINE)


def test_a_call_in_a_closed_month_accepts_only_an_addendum(world):
    call = log(world)
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=at("2026-04-03"))

    with pytest.raises(timers.TimeRefused, match="locked"):
        call_log.void_call(call=call, reason="Wrong patient was open", by=world.user("clinical_staff"), now=NINE)
    assert call_log.add_to_call(call=call, text="Late word", by=world.members["physician"], now=at("2026-04-04")).pk


def test_only_the_manager_voids_another_persons_call(world):
    call = log(world, by="physician")
    reason = {"reason": "Wrong patient was open"}

    assert client_of(world, "qhp").post(f"/calls/{call.public_id}/void/", reason).status_code == 422
    assert client_of(world, "manager").post(f"/calls/{call.public_id}/void/", reason).status_code == 302


def test_failed_attempts_are_counted_since_the_last_conversation_with_the_best_hour(world):
    for day, clock, outcome in [
        ("2026-02-02", "09:10:00", "patient"), ("2026-02-03", "09:20:00", "patient"), ("2026-02-04", "15:00:00", "no_answer"),
        ("2026-02-05", "15:30:00", "patient"), ("2026-02-06", "09:05:00", "no_answer"),
        ("2026-03-02", "15:00:00", "voicemail"), ("2026-03-03", "15:00:00", "no_answer"),
    ]:  # fmt: skip
        log(world, start=at(day, clock), outcome=outcome, length=60 if outcome == "patient" else 0)
    now = at("2026-03-09")
    reach = reach_of(world.patient, month=Month(2026, 3), now=now)

    assert (reach.in_vain, reach.since, reach.too_many) == (3, date(2026, 2, 6), True)
    assert reach.best == "answered 2 of 3 calls between 9 AM and 10 AM"
    assert [on.day for on, attempts in reach.days if attempts] == [2, 3]
    log(world, start=at("2026-03-05"))
    assert reach_of(world.patient, month=Month(2026, 3), now=now).in_vain == 0


def test_calls_by_the_patient_and_messages_are_not_failed_attempts(world):
    log(world, outcome="no_answer", direction="in", length=0)
    log(world, channel="sms", outcome="sent", length=0)

    assert reach_of(world.patient, month=Month(2026, 3), now=at("2026-03-11")).in_vain == 0


def test_a_template_is_filled_from_the_chart_and_has_brackets_for_the_rest(world):
    assert fill("{latest}, {average}: [how]", {"latest": "148/92"}) == "148/92, [average]: [how]"
    assert open_brackets("Fine [] then [what] and [that\nthis]") == ["[what]"]
    assert add_call_templates(practice=world.practice, by=None) == 7
    assert add_call_templates(practice=world.practice, by=None) == 0
    CallTemplate.objects.filter(title="Short follow-up").update(offered=False)

    texts = texts_for(world.practice.pk, "Type 2 diabetes", {"latest": "110 mg/dL"})

    assert texts[0][0] == "Glucose: monthly talk"
    assert texts[0][1].startswith("Latest 110 mg/dL; seven-day average [average].")
    assert len(texts) == 6


def form(world, **changes):
    values = {
        "direction": "out", "channel": "phone", "outcome": "patient", "started_at": "2026-03-10T09:00:00", "minutes": "3",
        "seconds": "0", "decided": "Salt less.", "count_time": "on",
    }  # fmt: skip
    return values | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": ""}, "This field is required"),
        ({"decided": "   "}, "Enter the discussion and plan"),
        ({"minutes": "0"}, "Enter the length of the conversation"),
        ({"decided": "Plan: [what was decided]"}, "Fill in or delete [what was decided]."),
        ({"decided": "[a] and [b] and [c]"}, "Fill in or delete [a] and 2 more."),
        ({"outcome": "caregiver"}, "name of the person you spoke with"),
        ({"channel": "portal"}, "a conversation takes place"),
        ({"next_contact_on": "2026-03-09"}, "before this one"),
        ({"started_at": "2999-01-01T09:00:00"}, "ends in the future"),
        ({"minutes": "241"}, "less than or equal to 240"),
        ({"number": "5" * 21}, "at most 20"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_invalid_form_shows_the_error_and_keeps_the_input(world, changes, message, headers):
    url = f"/enrollments/{world.enrollment.public_id}/calls/new/"
    response = client_of(world).post(url, form(world, showed="148/92 on Monday", **changes), headers=headers)

    assert response.status_code == 422
    assert message in response.content.decode()
    assert "148/92 on Monday" in response.content.decode()
    assert not Call.objects.exists()


def test_the_panel_moves_the_timer_to_the_call_and_back(world):
    world.read(days("2026-03-04", "2026-03-10"))
    client, base = client_of(world), f"/enrollments/{world.enrollment.public_id}/calls"
    with time_machine.travel(NINE, tick=False):
        client.post(f"/timer/start/{world.enrollment.public_id}/", {"activity": "plan"}, headers=HTMX)
    with time_machine.travel(NINE + timedelta(minutes=2), tick=False):
        panel = client.post(f"{base}/begin/", headers=HTMX)
    assert panel["HX-Trigger"] == '{"timer-moved": {}}'
    assert "End call" in panel.content.decode()
    assert "128/79 mmHg" in panel.content.decode()
    assert 'name="back_to" value="plan"' in panel.content.decode()
    with time_machine.travel(NINE + timedelta(minutes=5), tick=False):
        client.post("/timer/beat/")
    with time_machine.travel(NINE + timedelta(minutes=7, seconds=12), tick=False):
        talk = client.post(f"{base}/hang-up/", {"back_to": "plan"}, headers=HTMX).content.decode()
    assert 'value="5"' in talk
    assert 'value="12"' in talk
    with time_machine.travel(NINE + timedelta(minutes=9), tick=False):
        saved = client.post(
            f"{base}/new/",
            form(
                world,
                started_at="2026-03-10T09:02:00",
                minutes="5",
                seconds="12",
                number="3125550100",
                keep_number="on",
            ),
            headers=HTMX,
        )

    assert saved["HX-Redirect"] == f"/patients/{world.patient.public_id}/"
    segments = list(TimeEntry.objects.order_by("started_at").values_list("activity", "started_at", "stopped_at"))
    assert segments == [
        ("plan", NINE, NINE + timedelta(minutes=2)),
        ("call", NINE + timedelta(minutes=2), NINE + timedelta(minutes=7, seconds=12)),
        ("plan", NINE + timedelta(minutes=7, seconds=12), None),
    ]
    call = Call.objects.get()
    assert call.is_live
    assert call.time_entry.activity == Activity.CALL
    world.patient.refresh_from_db()
    assert world.patient.phone == "3125550100"


def test_a_call_does_not_change_a_timer_on_another_patient(world):
    from tests.timetracking.test_timers import second_patient

    row, client = second_patient(world), client_of(world)
    with time_machine.travel(NINE, tick=False):
        client.post(f"/timer/start/{row.public_id}/", {"activity": "review"}, headers=HTMX)
        panel = client.post(f"/enrollments/{world.enrollment.public_id}/calls/begin/", headers=HTMX)

    assert "Your timer is running for another patient" in panel.content.decode()
    assert TimeEntry.objects.get().enrollment == row
