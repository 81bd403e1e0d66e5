"""The seal: by two persons or with a reason, never over unsigned days or unattested lines, and reopened before sending."""

import hashlib
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from billing.close import moves
from billing.evidence import month_summary
from billing.models import Attestation, ClaimLine, LineState, MonthClose, PayerPolicy
from billing.seal import services as sealing
from billing.seal.attestation_texts import TEXTS
from enrollment.models import Payer
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import PASSWORD, a_patient, an_enrollment, at, days, seal
from tests.roles import as_owner
from timetracking.models import MonthLock
from timetracking.staff_days.workdays import sign_day


@pytest.fixture
def worked(world):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-12", 700)
    world.work("2026-03-19", 600)
    world.call("2026-03-12", by="qhp")
    return world


@pytest.fixture
def strict(worked):
    """A patient whose payer asks the billing provider to attest; the provider does the work."""
    payer = Payer.objects.create(practice=worked.practice, name="Northwest Health")
    PayerPolicy.objects.create(
        practice=worked.practice, payer=payer, preset="strict_provider_only", starts_on=date(2019, 1, 1), source="test"
    )
    patient = a_patient(worked.practice, worked.user("clinical_staff"), mrn="B2", family="Hall")
    row = an_enrollment(worked, patient, serial="hall", payer=payer)
    worked.read(days("2026-02-10", "2026-03-31"), serial="hall")
    worked.work("2026-03-16", 1300, by="physician", row=row)
    worked.call("2026-03-16", by="physician", row=row)
    return worked


def ready(world):
    close = compute(world)
    approve_all(close, world)
    return close


def sign_all(world):
    for role, on in (("clinical_staff", "2026-03-12"), ("clinical_staff", "2026-03-19"), ("qhp", "2026-03-12")):
        sign_day(practice=world.practice, by=world.members[role], on=date.fromisoformat(on), now=AFTER)


def require_signed_days(world):
    world.practice.days_signed = True
    world.practice.save()


def test_one_prepares_and_another_seals(worked):
    close = ready(worked)
    with pytest.raises(Refused, match="Only a month that was submitted for lock"):
        sealing.seal_month(close=close, by=worked.members["physician"], now=AFTER)
    sealing.prepare_seal(close=close, by=worked.members["manager"], now=AFTER)
    with pytest.raises(Refused, match="A second person"):
        sealing.seal_month(close=close, by=worked.members["manager"], now=AFTER, alone="There is nobody else here")

    sealed = sealing.seal_month(close=close, by=worked.members["physician"], now=AFTER)

    assert (sealed.state, sealed.prepared_by, sealed.sealed_by) == (
        "sealed", worked.user("manager"), worked.user("physician"),
    )  # fmt: skip


def test_a_prepared_month_changes_no_line_and_can_be_taken_back(worked):
    close = ready(worked)
    sealing.prepare_seal(close=close, by=worked.members["manager"], now=AFTER)
    line = close.lines.first()

    with pytest.raises(Refused, match="awaiting lock"):
        moves.move_line(line=line, to="held", reason="look again", by=worked.user("manager"), now=AFTER)
    with pytest.raises(Refused, match="awaiting lock"):
        moves.start_computing(practice=worked.practice, month=Month(2026, 3), by=None, now=AFTER)
    sealing.take_back(close=close, by=worked.members["manager"], now=AFTER)
    assert moves.move_line(line=line, to="held", reason="look again", by=worked.user("manager"), now=AFTER).pk
    with pytest.raises(Refused, match="only a month that was submitted for lock can be returned"):
        sealing.take_back(close=close, by=worked.members["manager"], now=AFTER)


@pytest.mark.parametrize(("alone", "sealed"), [("", False), ("too short", False), ("One-person practice", True)])
def test_if_nobody_else_may_approve_one_person_seals_alone_with_a_reason(worked, alone, sealed):
    for role in ("physician", "therapist", "qhp"):
        member = worked.members[role]
        member.ends_on = date(2026, 4, 1)
        member.save()
    close = ready(worked)
    now = at("2026-04-05")
    sealing.prepare_seal(close=close, by=worked.members["manager"], now=now)

    if sealed:
        done = sealing.seal_month(close=close, by=worked.members["manager"], now=now, alone=alone)
        assert done.single_person_reason == alone
        assert Event.objects.get(action="seal_month").detail["alone"] == alone
    else:
        with pytest.raises(Refused, match="at least 10 characters"):
            sealing.seal_month(close=close, by=worked.members["manager"], now=now, alone=alone)


def test_the_database_refuses_a_seal_by_one_without_a_reason(worked):
    close = seal(ready(worked), worked, now=AFTER)

    with pytest.raises(IntegrityError, match="by_two_or_with_a_reason"), transaction.atomic():
        as_owner(
            "UPDATE billing_monthclose SET prepared_by_id = %s WHERE id = %s", worked.user("physician").pk, close.pk
        )


def test_unsigned_days_block_only_the_lines_that_depend_on_them(worked):
    require_signed_days(worked)
    close = ready(worked)
    waiting = sealing.waiting_for(MonthClose.objects.get(pk=close.pk))

    assert {(row.staff, row.day, row.lines) for row in waiting.unsigned} == {
        (worked.user("clinical_staff"), date(2026, 3, 12), 1), (worked.user("clinical_staff"), date(2026, 3, 19), 1),
        (worked.user("qhp"), date(2026, 3, 12), 1),
    }  # fmt: skip
    fed = ClaimLine.objects.get(pk__in=waiting.unsigned_lines)
    assert fed.code == "99457"
    with pytest.raises(Refused, match="1 line depends on 3 unsigned days"):
        sealing.prepare_seal(close=close, by=worked.members["manager"], now=AFTER)

    moves.move_line(line=fed, to="held", reason="day not signed", by=worked.user("manager"), now=AFTER)
    assert seal(close, worked, now=AFTER).state == "sealed"


def test_work_after_the_signature_of_its_day_blocks_the_line_until_the_day_is_signed_again(world):
    require_signed_days(world)
    nurse, day = world.members["clinical_staff"], date(2026, 3, 12)
    world.read(days("2026-02-10", "2026-03-31"))
    world.work(day, 1300)
    world.call(day)
    sign_day(practice=world.practice, by=nurse, on=day, now=at(day, "18:00:00"))
    world.work(day, 600, clock="18:30:00")
    close = ready(world)

    waiting = sealing.waiting_for(MonthClose.objects.get(pk=close.pk))
    assert [(row.staff, row.day, row.lines) for row in waiting.unsigned] == [(nurse.user, day, 1)]
    sign_day(practice=world.practice, by=nurse, on=day, now=AFTER)
    assert sealing.waiting_for(MonthClose.objects.get(pk=close.pk)).unsigned == []


def test_a_timer_over_the_months_first_midnight_waits_for_the_day_it_began(world):
    require_signed_days(world)
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-02-28", 1200, clock="23:50:00")
    world.work("2026-03-12", 1300)
    world.call("2026-03-12")
    close = ready(world)
    sign_day(practice=world.practice, by=world.members["clinical_staff"], on=date(2026, 3, 12), now=AFTER)
    waiting = sealing.waiting_for(MonthClose.objects.get(pk=close.pk))

    assert [(row.day, row.lines) for row in waiting.unsigned] == [(date(2026, 2, 28), 1)]
    sign_day(practice=world.practice, by=world.members["clinical_staff"], on=date(2026, 2, 28), now=AFTER)
    assert sealing.waiting_for(MonthClose.objects.get(pk=close.pk)).nothing


def test_a_month_with_signed_days_can_be_sealed(worked):
    require_signed_days(worked)
    close = ready(worked)
    sign_all(worked)

    assert seal(close, worked, now=AFTER).state == "sealed"


def test_a_late_evening_belongs_to_its_local_day(worked):
    """23:30 in Chicago is the next day in UTC; the signature is for the day on the wall."""
    require_signed_days(worked)
    worked.work("2026-03-20", 60, clock="23:30:00")
    close = ready(worked)
    sign_all(worked)
    sign_day(practice=worked.practice, by=worked.members["clinical_staff"], on=date(2026, 3, 20), now=AFTER)

    assert sealing.waiting_for(MonthClose.objects.get(pk=close.pk)).nothing


@pytest.mark.slow
def test_lines_wait_for_the_attestation_their_payer_asks_for(strict):
    close = ready(strict)
    waiting = sealing.waiting_for(close)
    count = close.lines.filter(enrollment__patient__mrn="B2").count()

    assert count >= 2
    assert waiting.unattested == [(strict.members["physician"], count)]
    with pytest.raises(Refused, match=f"attestation: .* \\({count}\\)"):
        sealing.prepare_seal(close=close, by=strict.members["manager"], now=AFTER)
    with pytest.raises(Refused, match="No line"):
        sealing.attest(close=close, by=strict.members["qhp"], now=AFTER)
    row = sealing.attest(close=close, by=strict.members["physician"], now=AFTER)
    assert row.signed_as == "Physician P, MD"
    assert (row.version, row.statement) == (2, TEXTS[2])
    assert seal(close, strict, now=AFTER).state == "sealed"


def test_a_published_attestation_text_never_changes_and_the_new_one_says_what_was_asked():
    digests = {version: hashlib.sha256(text.encode()).hexdigest()[:16] for version, text in TEXTS.items()}

    assert digests == {1: "076434b0ddd76d4a", 2: "04f8e3af5e250db0"}
    for words in (
        "performed by me, or by the people named in the record",
        "the time and the live communication that each code requires took place",
        "no other provider billed a conflicting code for the same period, as far as",
    ):
        assert words in TEXTS[2]


def test_a_line_computed_again_needs_the_attestation_again(strict):
    close = ready(strict)
    sealing.attest(close=close, by=strict.members["physician"], now=AFTER)
    row = strict.practice.pk and ClaimLine.objects.filter(close=close, code="99457", needs_attestation=True).first()
    assert row is not None
    strict.work("2026-03-17", 60, by="physician", row=row.enrollment)
    close = ready(strict)

    assert [count for _, count in sealing.waiting_for(close).unattested] == [1]
    sealing.attest(close=close, by=strict.members["physician"], now=AFTER)
    assert Attestation.objects.count() == 2
    assert sealing.waiting_for(close).nothing


@pytest.mark.slow
def test_a_sealed_month_is_reopened_with_a_reason_and_sealed_again(worked):
    close = seal(ready(worked), worked, now=AFTER)
    with pytest.raises(Refused, match="at least 10 characters"):
        sealing.reopen_month(close=close, by=worked.members["qhp"], reason="oops", now=AFTER)

    opened = sealing.reopen_month(close=close, by=worked.members["qhp"], reason="A device was lent out", now=AFTER)

    assert (opened.state, opened.sealed_at, opened.prepared_by) == ("in_review", None, None)
    assert not MonthLock.objects.exists()
    assert worked.work("2026-03-21", 60).pk
    close = ready(worked)
    assert seal(close, worked, now=AFTER + timedelta(hours=1)).state == "sealed"
    assert MonthLock.objects.count() == 1
    assert Event.objects.filter(action="reopen_month").count() == 1


def test_the_person_who_sealed_reopens_alone_only_if_nobody_else_may(worked):
    close = seal(ready(worked), worked, now=AFTER)
    for role in ("manager", "therapist", "qhp"):
        member = worked.members[role]
        member.ends_on = date(2026, 4, 1)
        member.save()

    opened = sealing.reopen_month(
        close=close, by=worked.members["physician"], reason="A device was lent out", now=at("2026-04-05")
    )

    lifted = opened.seals.get()
    assert (opened.state, lifted.lifted_by, lifted.lift_reason) == (
        "in_review", worked.user("physician"), "A device was lent out",
    )  # fmt: skip


def test_a_month_in_review_is_not_reopened(worked):
    with pytest.raises(Refused, match="in review"):
        sealing.reopen_month(
            close=ready(worked), by=worked.members["physician"], reason="A device was lent out", now=AFTER
        )


@pytest.mark.slow
def test_the_pages_lead_from_review_to_the_seal_and_ask_for_passwords(worked):
    def client_of(role):
        client = Client()
        client.force_login(worked.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
        return client

    close, manager, doctor = ready(worked), client_of("manager"), client_of("physician")
    assert manager.post("/months/2026-03/prepare/").status_code == 302
    page = manager.get("/months/2026-03/").content.decode()
    assert "A second person must lock it." in page
    wrong = doctor.post("/months/2026-03/seal/", {"password": "not-mine-at-all"})
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.content.decode()
    assert doctor.post("/months/2026-03/seal/", {"password": PASSWORD}).status_code == 302
    close.refresh_from_db()
    assert close.state == "sealed"
    assert doctor.post("/months/2026-03/reopen/", {"password": PASSWORD, "reason": "x"}).status_code == 422
    alone = doctor.post("/months/2026-03/reopen/", {"password": PASSWORD, "reason": "A wrong device"})
    assert alone.status_code == 422
    assert "You locked this month" in alone.content.decode()
    assert (
        manager.post("/months/2026-03/reopen/", {"password": PASSWORD, "reason": "A wrong device"}).status_code == 302
    )


def test_open_work_takes_the_same_number_of_statements_for_any_number_of_lines(worked, django_assert_max_num_queries):
    require_signed_days(worked)
    close = MonthClose.objects.select_related("practice").get(pk=ready(worked).pk)

    with django_assert_max_num_queries(5):
        sealing.waiting_for(close)


def test_two_managers_at_once_prepare_and_seal_once(worked):
    close = ready(worked)
    sealing.prepare_seal(close=close, by=worked.members["manager"], now=AFTER)
    with pytest.raises(Refused, match="awaiting lock"):
        sealing.prepare_seal(close=close, by=worked.members["manager"], now=AFTER)
    sealing.seal_month(close=close, by=worked.members["physician"], now=AFTER)
    with pytest.raises(Refused, match="lock"):
        sealing.seal_month(close=close, by=worked.members["physician"], now=AFTER)
    assert LineState.APPROVED in set(close.lines.values_list("state", flat=True))


def test_the_summary_of_a_sealed_month_is_the_same_each_time(world, django_assert_max_num_queries):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 1250)
    world.call("2026-03-10")
    close = compute(world)
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    assert client.get("/months/2026-03/seal.pdf").status_code == 404, "nothing is sealed yet"
    approve_all(close, world)
    close = seal(close, world, now=AFTER)

    with django_assert_max_num_queries(10):
        first = month_summary.write(close)
    answer = client.get("/months/2026-03/seal.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content == first == month_summary.write(MonthClose.objects.get(pk=close.pk))
    rows_by_title = {part.title: part.rows for part in month_summary.parts_of(close)}
    assert ("99457", "approved", "1", "1") in rows_by_title["Lines"]
    assert dict(rows_by_title["Decided with"])["Facts"] == close.facts_digest
    assert dict(rows_by_title["Decided with"])["Code set"] == close.codes_digest
    seal_rows = {row[0]: row[1] for row in rows_by_title["Lock"]}
    assert seal_rows["Submitted for lock by"] != seal_rows["Locked by"]
    assert seal_rows["Entry of the audit chain"].startswith("No. ")
    assert ("99445", "do not bill", "1") in rows_by_title["Codes not billed"]
    assert world.patient.family_name not in str(rows_by_title), "no patient is named"
