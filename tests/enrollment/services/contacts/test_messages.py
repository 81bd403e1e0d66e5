"""Messages to patients: consent, stop words between writing and sending, quiet hours, caps, budgets, and no patient data."""

from datetime import UTC, date, timedelta

import pytest

from enrollment.models import ConsentEvent
from enrollment.services.contacts import ledger, messages, points, purposes
from enrollment.services.contacts.inbound import receive_text
from enrollment.services.contacts.messages import queue_message
from enrollment.services.contacts.purposes import MessageText, Purpose
from rpm_portal.core.outbox import work
from rpm_portal.core.outbox.channels import hooks
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.refusals import Refused
from tests.builders import a_patient
from tests.carrier.accounts import NUMBER, a_point, an_account
from tests.carrier.fake_carrier import running_carrier
from tests.clock import TEST_DAY

NOW = TEST_DAY  # a Wednesday at noon in Chicago
DAY = timedelta(days=1)


@pytest.fixture
def carrier(settings, monkeypatch):
    monkeypatch.setattr(purposes, "_purposes", purposes._purposes.copy())
    purposes.register_purpose(
        Purpose("test_notice", lambda row, point, account: MessageText(f"{account.outside_name}: you have a message."))
    )
    with running_carrier() as running:
        settings.CARRIER_URL = running.url
        yield running


def notice(point, key="n1", **more):
    return queue_message(point, **{"purpose": "test_notice", "key": key, "now": NOW} | more)


def run(now=NOW):
    work.work_batch(lambda: now)


def state_of(row):
    row.refresh_from_db()
    return row.state


def text_from(world, account, text, number=NUMBER, key="IN1", now=NOW):
    hook = hooks.store(account, about="inbound", key=key, fields=[("From", number), ("Body", text)], row=None, now=now)
    return receive_text(account, hook, number=number, text=text, now=now)


def test_a_notice_reaches_the_carrier_once_with_the_practices_outside_name_only(world, carrier):
    an_account(world)
    row = notice(a_point(world))

    run()

    assert state_of(row) == "accepted"
    (text,) = carrier.texts
    assert (text["to"], text["body"]) == (NUMBER, "Lakeside Clinic: you have a message.")
    assert text["callback"].endswith(f"/sms/{row.public_id}/")
    assert (row.parts, row.provider_id, len(row.digest)) == (1, text["sid"], 64)


def test_no_patient_data_is_in_the_row_the_log_or_the_carriers_request(world, carrier, caplog):
    caplog.set_level("DEBUG")
    an_account(world)
    row = notice(a_point(world))
    run()

    stored = str(OutboxRow.objects.filter(pk=row.pk).values().get())
    for word in (world.patient.family_name, world.patient.given_name, world.patient.mrn, "1950", "RPM"):
        assert word not in str(carrier.texts[0]["body"]) + stored
    assert NUMBER[2:] not in stored + caplog.text


@pytest.mark.parametrize(
    ("account", "consent", "sentence"),
    [
        ({}, False, "No consent for texts is recorded."), ({"baa_signed_on": None}, True, "business associate agreement"),
        ({"is_on": False}, True, "no account"),
    ],
)  # fmt: skip
def test_a_message_that_may_not_be_sent_is_not_written(world, carrier, account, consent, sentence):
    an_account(world, **account)
    point = a_point(world, consent=consent)

    with pytest.raises(Refused, match=sentence):
        notice(point)

    assert OutboxRow.objects.count() == 0


def test_a_landline_and_a_removed_number_get_no_text(world, carrier):
    an_account(world)
    landline = a_point(world, "(312) 555-0143", kind="landline")
    removed = a_point(world)
    points.end_point(removed, by=world.members["clinical_staff"], now=NOW)
    removed.refresh_from_db()

    for point, sentence in ((landline, "landline"), (removed, "removed")):
        with pytest.raises(Refused, match=sentence):
            notice(point)


@pytest.mark.parametrize("word", ["STOP", "\uff33\uff34\uff2f\uff30", "Baja!", "opt-out \U0001f6d1"])
def test_a_stop_word_between_writing_and_sending_wins(world, carrier, word):
    account, point = an_account(world), a_point(world)
    row = notice(point)
    claimed = work.claim(now=NOW)

    assert text_from(world, account, word) == "stop"
    assert work.begin(claimed[0].pk, now=NOW) is None
    assert state_of(row) == "dropped"
    assert "asked to stop" in row.why
    assert carrier.texts == []


def test_a_stop_word_ends_texts_and_automated_calls_for_everybody_with_the_number_and_no_e_mail(world, carrier):
    account, point = an_account(world), a_point(world)
    spouse = a_patient(world.practice, world.user("manager"), mrn="A9", family="Spouse")
    other_point = a_point(world, patient=spouse)
    second_number = a_point(world, "(312) 555-0144")
    mail = a_point(world, "a@example.com", kind="email")

    text_from(world, account, "stop")

    assert all(ledger.refusal(row, "sms") for row in (point, other_point, second_number))
    assert ledger.refusal(point, "call_auto")
    assert ledger.refusal(mail, "email") == ""
    assert ledger.refusal(point, "call_human") == ""
    event = ConsentEvent.objects.filter(act="withdrawn").first()
    assert (event.honored_at, event.honor_by) == (NOW, date(2026, 12, 3))


def test_the_same_number_in_another_practice_stays_apart(world, carrier):
    account = an_account(world)
    a_point(world)
    theirs = a_point(world.other)

    text_from(world, account, "stop")

    assert ledger.refusal(theirs, "sms") == ""


@pytest.mark.parametrize(("answers", "count"), [(True, 0), (False, 1)])
def test_one_confirmation_is_sent_unless_the_carrier_confirms(world, carrier, answers, count):
    account = an_account(world, provider_answers_stop=answers)
    a_point(world)
    a_point(world, patient=a_patient(world.practice, world.user("manager"), mrn="A9", family="Spouse"))

    text_from(world, account, "stop")
    run()

    assert [text["body"].startswith("Lakeside Clinic: you will get no more texts") for text in carrier.texts] == [
        True
    ] * count


def test_start_resumes_texts_where_they_had_been_allowed(world, carrier):
    account, allowed = an_account(world), a_point(world)
    never = a_point(world, "(312) 555-0147", consent=False)
    text_from(world, account, "stop")

    text_from(world, account, "START", key="IN2")
    text_from(world, account, "START", number=never.value, key="IN3")

    assert ledger.refusal(allowed, "sms") == ""
    assert ledger.refusal(allowed, "call_auto") != ""
    assert ledger.refusal(never, "sms") != ""


def test_words_that_may_ask_to_stop_hold_texts_until_a_person_decides(world, carrier):
    account, point = an_account(world), a_point(world)
    row = notice(point)

    text_from(world, account, "please don't text me any more")
    run()
    assert (state_of(row), carrier.texts) == ("held", [])
    (request,) = ledger.open_requests(world.practice)
    assert request.honor_by == date(2026, 12, 3)

    ledger.decide_request(request, stop=False, by=world.members["clinical_staff"], now=NOW)
    run(NOW + timedelta(hours=1))
    assert state_of(row) == "accepted"
    assert list(ledger.open_requests(world.practice)) == []


def test_a_person_who_decides_that_it_asks_to_stop_ends_texts(world, carrier):
    account, point = an_account(world), a_point(world)
    row = notice(point)
    text_from(world, account, "no more messages please")
    (request,) = ledger.open_requests(world.practice)

    ledger.decide_request(request, stop=True, by=world.members["clinical_staff"], now=NOW)
    run()

    assert state_of(row) == "dropped"
    with pytest.raises(Refused, match="decided"):
        ledger.decide_request(request, stop=False, by=world.members["clinical_staff"], now=NOW)


def test_quiet_hours_hold_until_eight_in_the_patients_zone(world, carrier):
    an_account(world)
    world.patient.zone = "Pacific/Honolulu"
    world.patient.save()
    row = notice(a_point(world))

    early = NOW - timedelta(minutes=1)  # 7:59 in Honolulu
    work.claim(now=NOW)
    OutboxRow.objects.update(state="ready", due_at=early)
    run(early)
    assert (state_of(row), row.due_at.astimezone(UTC).hour) == ("held", 18)
    run(row.due_at)
    assert state_of(row) == "accepted"


def test_a_person_gets_one_automated_text_a_day_and_three_a_week(world, carrier):
    an_account(world)
    point = a_point(world)
    sent = []
    for number in range(8):
        now = NOW + number * DAY
        row = notice(point, f"n{number}", now=now)
        run(now)
        sent.append(state_of(row) == "accepted")
        OutboxRow.objects.filter(state="held").update(state="dropped")

    assert sent == [True, True, True, False, False, False, False, True]


def test_a_second_text_of_the_day_is_held_until_the_next_morning(world, carrier):
    an_account(world)
    point = a_point(world)
    notice(point)
    run()
    second = notice(point, "n2")
    run()

    assert state_of(second) == "held"
    assert second.due_at.astimezone(UTC).isoformat() == "2026-11-19T14:00:00+00:00"


def test_a_used_up_budget_holds_until_the_next_month(world, carrier):
    an_account(world, per_month_cents=1)
    a, b = (
        a_point(world),
        a_point(world, patient=a_patient(world.practice, world.user("manager"), mrn="A9", family="X")),
    )
    first, second = notice(a), notice(b, "n2")
    run()

    assert (state_of(first), state_of(second)) == ("accepted", "held")
    assert second.due_at.astimezone(UTC).isoformat().startswith("2026-12-01T0")


def test_a_caregiver_is_written_to_only_between_two_days(world, carrier):
    an_account(world)
    by = world.members["clinical_staff"]
    row, code = points.allow_caregiver(
        patient=world.patient, name="Rosa Ortega", relation="daughter", since=date(2026, 11, 18),
        until=date(2026, 11, 19), basis="patient_agreed", document="", may_answer=True, may_sign=False, by=by, now=NOW,
    )  # fmt: skip
    point = a_point(world, caregiver=row)

    assert points.is_code_of(row, code)
    assert not points.is_code_of(row, "x" + code[1:])
    for days, allowed in ((-1, False), (0, True), (1, True), (2, False)):
        assert (points.caregiver_refusal(row, now=NOW + days * DAY) == "") is allowed
    queued = notice(point)
    run(NOW + 2 * DAY)
    assert state_of(queued) == "dropped"


def test_the_stop_word_of_a_caregiver_does_not_end_the_patients_texts(world, carrier):
    account, own = an_account(world), a_point(world)
    row, _ = points.allow_caregiver(
        patient=world.patient, name="Rosa", relation="daughter", since=date(2026, 11, 1), until=None,
        basis="patient_agreed", document="", may_answer=False, may_sign=False, by=world.members["clinical_staff"], now=NOW,
    )  # fmt: skip
    hers = a_point(world, "(312) 555-0150", caregiver=row)

    text_from(world, account, "stop", number=hers.value)

    assert ledger.refusal(hers, "sms") != ""
    assert ledger.refusal(own, "sms") == ""


def test_only_a_legal_representative_with_a_document_signs(world):
    arguments = {
        "patient": world.patient, "name": "Rosa", "relation": "daughter", "since": date(2026, 11, 1), "until": None,
        "may_answer": True, "may_sign": True, "by": world.members["clinical_staff"], "now": NOW,
    }  # fmt: skip
    for basis, document in (("patient_agreed", "POA 12"), ("legal_representative", " ")):
        with pytest.raises(Refused, match="legal representative"):
            points.allow_caregiver(**arguments, basis=basis, document=document)


def test_a_stop_at_the_carrier_is_written_to_the_ledger(world, carrier):
    an_account(world)
    point = a_point(world)
    carrier.faults = ["21610"]
    row = notice(point)

    run()

    assert (state_of(row), row.code) == ("refused", "21610")
    assert ledger.last_event(point, "sms").act == "blocked_by_provider"


def test_a_number_is_suspended_after_two_permanent_failures(world, carrier):
    an_account(world)
    point = a_point(world)
    carrier.faults = ["21211", "21211"]
    for number in range(2):
        notice(point, f"n{number}", now=NOW + number * DAY)
        run(NOW + number * DAY)
        point.refresh_from_db()
        assert point.suspended_because == ("bounced" if number else "")

    with pytest.raises(Refused, match="suspended"):
        notice(point, "n9")


@pytest.mark.parametrize(
    ("fault", "texts", "state", "settled"),
    [("lost_reply", 1, "unsure", "accepted"), ("500_sent", 1, "unsure", "accepted"), ("500", 0, "unsure", "ready")],
)
def test_after_a_lost_reply_the_carriers_list_decides_and_nothing_is_sent_twice(
    world, carrier, fault, texts, state, settled
):
    an_account(world)
    carrier.faults = [fault]
    row = notice(a_point(world))

    run()
    assert (state_of(row), len(carrier.texts)) == (state, texts)
    later = NOW + timedelta(minutes=15)
    work.settle_unsure(lambda: later)
    assert state_of(row) == settled
    run(later + timedelta(minutes=1))
    assert len(carrier.texts) == 1


def test_a_carrier_that_is_not_reached_is_tried_again(world, carrier, settings):
    an_account(world)
    settings.CARRIER_URL = "http://127.0.0.1:9"
    row = notice(a_point(world))

    run()

    assert (state_of(row), row.due_at) == ("ready", NOW + timedelta(minutes=1))


def test_the_carriers_delay_is_kept(world, carrier):
    an_account(world)
    carrier.faults = ["429"]
    row = notice(a_point(world))

    run()

    assert (state_of(row), row.due_at) == ("ready", NOW + timedelta(minutes=2))


def test_a_text_of_two_segments_is_refused_before_sending(world, carrier):
    purposes.register_purpose(Purpose("test_notice", lambda row, point, account: MessageText("m\u00e1s " + "x" * 150)))
    an_account(world)
    row = notice(a_point(world))

    run()

    assert (state_of(row), carrier.texts) == ("refused", [])


def test_own_texts_are_one_segment_in_both_languages(world, carrier):
    account = an_account(world, outside_name="M" * 30)
    for language, number in (("en", NUMBER), ("es", "(312) 555-0148")):
        point = a_point(world, number, language=language)
        for name in (purposes.STOP_CONFIRMATION, purposes.HELP_ANSWER):
            assert purposes.check_text(purposes.purpose_of(name).write(None, point, account).body) == ""


def test_help_is_answered_once_within_fifteen_minutes(world, carrier):
    account = an_account(world)
    a_point(world, consent=False)

    assert text_from(world, account, "HELP") == "help"
    run()

    assert [text["body"] for text in carrier.texts] == [
        "Lakeside Clinic: call us at 312-555-0100. Reply STOP to end texts."
    ]


def test_other_texts_are_announced_with_the_points_of_the_practice(world, carrier, monkeypatch):
    from enrollment.events import TextReceived
    from rpm_portal.core import events

    heard = []
    monkeypatch.setattr(events, "_handlers", events._handlers.copy())
    events.register(TextReceived, heard.append)
    account, point = an_account(world), a_point(world)
    a_point(world.other)

    text_from(world, account, "My cuff is broken")
    text_from(world, account, "Hello", number="+13125550999", key="IN2")
    text_from(world, account, "stop", key="IN3")

    assert [(event.text, event.point_ids) for event in heard] == [("My cuff is broken", (point.pk,)), ("Hello", ())]


def test_the_ledger_is_never_rewritten(world):
    from django.db import DatabaseError, transaction

    a_point(world)
    for change in (lambda rows: rows.update(act="withdrawn"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(ConsentEvent.objects.all())


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("(312) 555-0142", NUMBER),
        ("1-312-555-0142", NUMBER),
        ("+1 312.555.0142", NUMBER),
        ("312\u2011555\u20110142", NUMBER),
    ],
)
def test_numbers_are_stored_in_one_form(world, typed, plain):
    assert a_point(world, typed).value == plain


@pytest.mark.parametrize(
    "typed",
    ["305-555-010", "911", "+1 900 555 0100", "+44 20 7946 0018", "312-555-0142 x12", "112-555-0100", "312-911-0100"],
)
def test_other_numbers_are_refused(world, typed):
    with pytest.raises(Refused):
        a_point(world, typed)


def test_a_number_is_added_once_to_a_person(world):
    a_point(world)

    with pytest.raises(Refused, match="already"):
        a_point(world, "312 555 0142")


def test_the_purpose_of_a_row_is_known(world):
    assert messages.PATIENT_MESSAGE.name == "patient_message"
    with pytest.raises(LookupError):
        queue_message(a_point(world), purpose="nothing", key="x", now=NOW)


def test_after_a_merge_a_request_to_stop_on_the_duplicate_holds_for_the_kept_record(world, carrier):
    from enrollment.services import merge_patients

    by = world.members["clinical_staff"]
    duplicate = a_patient(world.practice, world.user("manager"), mrn="A9", family="Ortega")
    kept, stopped = a_point(world), a_point(world, patient=duplicate)
    moved = a_point(world, "(312) 555-0151", patient=duplicate)
    ledger.record_act(stopped, channel="sms", act="withdrawn", how="letter", now=NOW, by=by)

    merge_patients(keep=world.patient, other=duplicate, reason="Same person, two records.", by=by.user, now=NOW)

    moved.refresh_from_db()
    assert moved.patient_id == world.patient.pk
    assert "asked to stop" in ledger.refusal(kept, "sms")
    assert ledger.refusal(moved, "sms") != ""


def test_after_a_second_try_an_unsure_text_is_left_to_a_person(world, carrier):
    an_account(world)
    carrier.faults = ["500", "500"]
    row = notice(a_point(world))
    run()
    later = NOW + timedelta(minutes=15)
    work.settle_unsure(lambda: later)
    run(later + timedelta(minutes=1))
    work.settle_unsure(lambda: later + timedelta(minutes=20))

    assert (state_of(row), row.tries, carrier.texts) == ("unsure", 2, [])
