"""The audit chain: events are appended in order, and every change is detected and named."""

import io
import threading
from datetime import date

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from billing.models import AnswerFile, ClaimVersion, LineOverride, MockAudit, MonthClose, PolicyDraft
from enrollment.models import Device, Enrollment, Panel
from monitoring.models import Note, Source
from rpm_portal.accounts.models import EmergencyAccess, Invitation, Practice
from rpm_portal.audit import services
from rpm_portal.audit.models import ChainHead, Event
from rpm_portal.audit.services import first_broken_link, record
from rpm_portal.audit.signed import check_against_minutes
from rpm_portal.audit.tasks import keep_heads, send_heads
from tests.builders import at, at_once
from timetracking.models import Call, TimeEntry, Visit

NOW = at("2026-03-10")


def test_events_are_numbered_without_gaps_in_each_practice(world):
    for practice in (world.practice, world.other.practice):
        numbers = list(Event.objects.filter(practice=practice).order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert first_broken_link(practice) is None


def test_an_event_overtaken_by_another_gets_the_next_number(world, monkeypatch):
    """Another event is appended after the last link was read and before the new event is written."""
    read_head, locked = services._head, []

    def overtaken(practice, *, lock=False):
        head = read_head(practice, lock=lock)
        locked.append(lock)
        if len(locked) == 1:
            record(practice=practice, by=None, action="first", now=NOW)
        return head

    monkeypatch.setattr(services, "_head", overtaken)
    event = record(practice=world.practice, by=None, action="second", now=NOW)

    assert [row.action for row in Event.objects.filter(practice=world.practice)[:2]] == ["second", "first"]
    assert event.number == Event.objects.filter(practice=world.practice).count()
    assert locked == [False, False, True]
    assert first_broken_link(world.practice) is None


def test_an_event_after_a_link_already_read_takes_one_statement(world, django_assert_num_queries):
    link = services._head(world.practice)
    with django_assert_num_queries(1):
        first = record(practice=world.practice, by=None, action="first", now=NOW, after=link)
    assert first.number == link.number + 1
    # Overtaken, of another chain, and with the right number over something else.
    for stale in (link, services.Link(10**6, "0" * 64), services.Link(first.number + 2, "0" * 64)):
        record(practice=world.practice, by=None, action="next", now=NOW, after=stale)
    assert [event.number for event in Event.objects.filter(practice=world.practice)[:4]] == [
        first.number + 3, first.number + 2, first.number + 1, first.number,
    ]  # fmt: skip
    assert first_broken_link(world.practice) is None


def test_concurrent_events_form_one_chain(live_world):
    before, barrier = Event.objects.filter(practice=live_world.practice).count(), threading.Barrier(8)

    def add_events(number):
        barrier.wait()
        try:
            for _ in range(5):
                record(practice=live_world.practice, by=None, action=f"act_{number}", now=NOW)
            with transaction.atomic():
                record(practice=live_world.practice, by=None, action=f"act_{number}", now=NOW)
                record(practice=live_world.practice, by=None, action=f"act_{number}", now=NOW)
        finally:
            connection.close()

    at_once(add_events, times=8)

    numbers = list(
        Event.objects.filter(practice=live_world.practice).order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(1, before + 8 * 7 + 1))
    assert first_broken_link(live_world.practice) is None


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_database_refuses_to_rewrite(world, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_truncate_is_refused_by_the_trigger(world):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_no_truncate")
        try:
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute("TRUNCATE audit_event CASCADE")
        finally:
            cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_no_truncate")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_event SET detail = '{\"count\": 0}' WHERE practice_id = %s AND number = 3",
        "UPDATE audit_event SET actor_id = NULL WHERE practice_id = %s AND number = 3",
        "DELETE FROM audit_event WHERE practice_id = %s AND number = 3",
        "DELETE FROM audit_event WHERE practice_id = %s AND number >= 3",
        "UPDATE audit_event SET at = at + interval '1 second' WHERE practice_id = %s AND number = 3",
    ],
)
def test_a_superusers_tampering_is_detected_and_named(world, tampering):
    for count in range(4):
        record(
            practice=world.practice,
            by=world.user("manager"),
            action="list_patients",
            now=NOW,
            detail={"count": count + 1},
        )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(tampering, [world.practice.pk])
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_no_truncate")

    assert first_broken_link(world.practice) == 3
    assert first_broken_link(world.other.practice) is None


def test_an_event_is_rolled_back_with_its_action(world):
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        record(practice=world.practice, by=None, action="x", now=NOW)
        raise RuntimeError
    assert Event.objects.count() == before
    assert first_broken_link(world.practice) is None


def test_the_chain_has_no_name_of_a_patient(world):
    world.call("2026-03-10")
    text = " ".join(f"{e.subject} {e.detail} {e.action}" for e in Event.objects.all())

    assert "Ortega" not in text
    assert "Miguel" not in text


def signed_in(world, role):
    from django.test import Client

    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def test_the_history_is_filtered_by_action_person_subject_and_day(world):
    nurse = world.user("clinical_staff")
    subject = f"patient:{world.patient.public_id}"
    for clock in ("00:00:00", "23:59:59"):
        record(practice=world.practice, by=nurse, action="read_chart", subject=subject, now=at("2026-03-10", clock))
    client = signed_in(world, "auditor")

    def count(**filters):
        return client.get("/audit/", filters).context["page"].paginator.count

    assert count(action="read_chart") == 2
    assert count(subject=subject, person=nurse.email, action="read_chart") == 2
    assert count(subject=subject, person=world.user("biller").email) == 0
    chart = {"subject": subject, "action": "read_chart"}
    assert count(**chart, first="2026-03-10", last="2026-03-10") == 2
    assert count(**chart, last="2026-03-09") == count(**chart, first="2026-03-11") == 0
    assert count(first="never", last="\u202e", subject="'; --") == 0


def test_the_file_has_the_filtered_events_of_this_practice_without_formulas(world):
    record(practice=world.practice, by=None, action="odd", now=NOW, detail={}, subject="=cmd|'/c calc'!A1")
    record(practice=world.other.practice, by=None, action="odd", now=NOW, detail={}, subject="theirs")
    response = signed_in(world, "manager").get("/audit/file/", {"action": "odd"})
    lines = b"".join(response.streaming_content).decode().splitlines()

    assert len(lines) == 2
    assert "'=cmd" in lines[1]
    assert response["Content-Disposition"].startswith("attachment")
    assert Event.objects.filter(practice=world.practice, action="export_audit").exists()


def test_the_command_names_the_practice_and_the_broken_event(world, capsys):
    call_command("verify_audit")
    assert "is intact" in capsys.readouterr().out
    record(practice=world.practice, by=None, action="one", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET action = 'two' WHERE action = 'one'")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    number = Event.objects.get(action="two").number
    with pytest.raises(CommandError, match="1 chain"):
        call_command("verify_audit")
    assert f"breaks at event {number}" in capsys.readouterr().out


def test_exported_events_are_signed_and_a_changed_file_is_detected(world, tmp_path, capsys):
    for action in ("one", "two", "three"):
        record(practice=world.practice, by=world.user("manager"), action=action, now=NOW, detail={"n": 1})
    client = signed_in(world, "manager")
    body = b"".join(client.get("/audit/file/?shape=json&action=two").streaming_content)
    file = tmp_path / "audit.ndjson"
    file.write_bytes(body)
    call_command("verify_audit", file=file)
    assert "as it left" in capsys.readouterr().out
    assert body.count(b"\n") == 3
    for changed in (body.replace(b'"two"', b'"TWO"'), body.split(b"\n", 1)[1], body[:-30], b"", b"[]\n"):
        file.write_bytes(changed)
        with pytest.raises(CommandError, match="not as it left"):
            call_command("verify_audit", file=file)


def stored_heads(tmp_path):
    out = io.StringIO()
    call_command("audit_heads", stdout=out)
    file = tmp_path / "heads.ndjson"
    file.write_text(out.getvalue())
    return file


def test_a_chain_cut_short_is_detected_by_a_head_stored_elsewhere(world, tmp_path, capsys):
    file = stored_heads(tmp_path)
    call_command("verify_audit", heads=file)
    record(practice=world.practice, by=None, action="later", now=NOW)
    call_command("verify_audit", heads=file)  # a chain may grow

    last = Event.objects.filter(practice=world.practice).order_by("-number")[1].number
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_chainhead DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM audit_event WHERE practice_id = %s AND number >= %s", [world.practice.pk, last])
        cursor.execute(
            "UPDATE audit_chainhead SET number = %s, digest = (SELECT digest FROM audit_event WHERE practice_id = %s "
            "AND number = %s) WHERE practice_id = %s",
            [last - 1, world.practice.pk, last - 1, world.practice.pk],
        )
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE audit_chainhead ENABLE TRIGGER USER")
    assert first_broken_link(world.practice) is None
    with pytest.raises(CommandError, match=f"{world.practice.public_id}: event {last} is gone"):
        call_command("verify_audit", heads=file)


def test_changed_heads_are_refused(world, tmp_path):
    file = stored_heads(tmp_path)
    file.write_text(file.read_text().replace('"number":', '"number":1'))
    with pytest.raises(CommandError, match="not as they left"):
        call_command("verify_audit", heads=file)


def test_the_heads_are_mailed_and_contain_no_names(world, settings, tmp_path):
    assert not send_heads()
    settings.AUDIT_HEADS_TO = ["keeper@example.org"]
    assert send_heads()
    (sent,) = mail.outbox
    ((_, body, _),) = sent.attachments
    file = tmp_path / "mailed.ndjson"
    file.write_text(body if isinstance(body, str) else body.decode())
    call_command("verify_audit", heads=file)
    assert world.practice.name not in file.read_text()


@pytest.mark.parametrize(
    ("row", "subject"),
    [
        (TimeEntry(public_id="a1"), "time:a1"),
        (Call(public_id="a1"), "call:a1"),
        (Visit(public_id="a1"), "visit:a1"),
        (Enrollment(public_id="a1"), "enrollment:a1"),
        (Device(public_id="a1"), "device:a1"),
        (Panel(public_id="a1"), "panel:a1"),
        (Source(public_id="a1"), "source:a1"),
        (Note(public_id="n1", enrollment=Enrollment(public_id="a1")), "enrollment:a1"),
        (Invitation(public_id="a1"), "invitation:a1"),
        (EmergencyAccess(public_id="a1"), "emergency:a1"),
        (MonthClose(month=date(2026, 3, 1)), "month:2026-03"),
        (LineOverride(public_id="a1"), "override:a1"),
        (PolicyDraft(public_id="a1"), "policy_draft:a1"),
        (MockAudit(public_id="a1"), "mock_audit:a1"),
        (ClaimVersion(public_id="a1", control="000000012"), "claim:000000012"),
        (AnswerFile(public_id="a1"), "answerfile:a1"),
    ],
    ids=lambda part: part if isinstance(part, str) else type(part).__name__,
)
def test_a_row_names_the_subject_of_its_events(row, subject):
    assert services.subject_of(row) == subject


def test_only_an_event_of_a_membership_has_a_role(world):
    member = world.members["clinical_staff"]
    events = [
        services.record_change(world.enrollment, "changed", by=by, now=NOW, reason="typed twice", role="seen")
        for by in (member, member.user, None)
    ]

    assert [(event.actor, event.role) for event in events] == [
        (member.user, "clinical_staff"), (member.user, ""), (None, ""),
    ]  # fmt: skip
    for event in events:
        assert (event.practice, event.action, event.at) == (world.practice, "changed", NOW)
        assert event.subject == f"enrollment:{world.enrollment.public_id}"
        # A detail may be named as a column of the event is: it stays a detail.
        assert event.detail == {"reason": "typed twice", "role": "seen"}


def test_an_action_without_a_row_is_in_the_chain_of_the_members_practice(world):
    member = world.other.members["manager"]

    event = services.record_change(None, "looked", by=member, now=NOW, count=2)

    assert (event.practice, event.actor, event.role, event.subject) == (
        world.other.practice,
        member.user,
        "manager",
        "",
    )
    assert event.detail == {"count": 2}
    assert first_broken_link(world.other.practice) is None


def test_a_change_costs_two_statements(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        services.record_change(world.enrollment, "changed", by=world.members["manager"], now=NOW)


def as_owner(*statements: str) -> None:
    """Execute statements with the triggers of the audit tables disabled."""
    tables = ("audit_event", "audit_chainhead")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_truncate")


def test_a_practice_has_a_head_from_its_first_moment_and_without_it_the_chain_is_broken(world):
    practice = Practice.objects.create(name="New")
    assert (ChainHead.objects.get(practice=practice).number, first_broken_link(practice)) == (0, None)
    count = Event.objects.filter(practice=world.practice).count()
    as_owner(f"DELETE FROM audit_chainhead WHERE practice_id IN ({practice.pk}, {world.practice.pk})")

    assert (first_broken_link(practice), first_broken_link(world.practice)) == (1, count + 1)


def test_everything_deleted_with_its_head_is_a_break(world):
    pk = world.practice.pk
    as_owner(
        f"DELETE FROM audit_chainhead WHERE practice_id = {pk}", f"DELETE FROM audit_event WHERE practice_id = {pk}"
    )

    assert first_broken_link(world.practice) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_chainhead",
        "UPDATE audit_chainhead SET number = number - 1",
        "UPDATE audit_chainhead SET number = number + 2",
        "UPDATE audit_chainhead SET digest = 'x'",
        "UPDATE audit_chainhead SET kept_number = number + 1",
    ],
)
def test_the_head_moves_only_forward(world, statement):
    with pytest.raises(DatabaseError, match="audit chain"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


CUT = (
    "DELETE FROM audit_event WHERE practice_id = {pk} AND number > {left}",
    "UPDATE audit_chainhead SET number = {left}, kept_number = {left}, "
    "digest = (SELECT digest FROM audit_event WHERE practice_id = {pk} AND number = {left}) WHERE practice_id = {pk}",
)


def test_the_heads_of_each_minute_show_a_chain_cut_with_its_head(world, settings, tmp_path):
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.ndjson")
    assert keep_heads() == 2
    assert keep_heads() == 0
    record(practice=world.practice, by=None, action="later", now=NOW)
    assert keep_heads() == 1
    body = (tmp_path / "heads.ndjson").read_bytes()
    assert (len(body.splitlines()), check_against_minutes(body)) == (2, [])
    count = Event.objects.filter(practice=world.practice).count()
    as_owner(*(statement.format(pk=world.practice.pk, left=count - 1) for statement in CUT))

    assert first_broken_link(world.practice) is None  # nothing in the database shows it
    assert check_against_minutes(body) == [f"{world.practice.public_id}: event {count} is gone"]
    with pytest.raises(CommandError, match="is gone"):
        call_command("verify_audit", minutes=tmp_path / "heads.ndjson")


def test_a_changed_line_of_heads_is_named(world, settings, tmp_path):
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.ndjson")
    keep_heads()
    body = (tmp_path / "heads.ndjson").read_bytes()
    with pytest.raises(ValueError, match="Line 1"):
        check_against_minutes(body.replace(b'"made_at":"2026', b'"made_at":"2025'))


def test_heads_are_not_lost_if_the_file_cannot_be_written(world, settings, tmp_path):
    settings.AUDIT_HEADS_FILE = str(tmp_path / "no folder" / "heads.ndjson")
    assert keep_heads() == 0
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.ndjson")
    assert keep_heads() == 2
    settings.AUDIT_HEADS_FILE = ""
    assert keep_heads() == 0
