"""Close of a month: repeatable, failed chunks are marked, sealed once, a constant number of statements."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.close import moves as services
from billing.close.compute import compute_chunk
from billing.facts.case_files import facts_of
from billing.models import ClaimLine, CloseChunk, CodeVerdict, DeviceAnchor, MonthClose, PayerPolicy
from billing.review.code_status import outlook
from billing.review.queries import decided_now, late_facts, pending_chunks, progress
from enrollment import services as enrollment
from enrollment.models import Payer
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.builders import a_patient, an_enrollment, at, days, is_blocking_another_connection, seal
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for

MARCH = Month(2026, 3)
AFTER = at("2026-04-03")


def compute(world, *, month=MARCH, now=AFTER, recompute_all=False):
    manager = world.user("manager")
    close = services.start_computing(
        practice=world.practice, month=month, by=manager, now=now, recompute_all=recompute_all
    )
    for chunk in pending_chunks(close.pk):
        compute_chunk(chunk, now=now)
    services.finish_computing(close_pk=close.pk, now=now)
    close.refresh_from_db()
    return close


def lines(close):
    rows = ClaimLine.objects.filter(close=close).exclude(state="void").order_by("dos", "code", "enrollment_id")
    return [(row.code, row.units, str(row.dos)) for row in rows]


def approve_all(close, world):
    for line in close.lines.filter(state="proposed"):
        services.move_line(line=line, to="approved", reason="", by=world.user("manager"), now=AFTER)


@pytest.fixture
def worked(world):
    """A patient whose March bills set-up, supply and management."""
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 1250)
    world.call("2026-03-10")
    return world


EARNED = [("99453", 1, "2026-03-11"), ("99454", 1, "2026-03-11"), ("99457", 1, "2026-03-31")]


def test_computing_twice_gives_the_same_rows(worked):
    first = compute(worked)
    rows = list(ClaimLine.objects.filter(close=first).values_list("pk", "digest", "state"))
    digest = first.output_digest
    second = compute(worked)

    assert lines(second) == EARNED
    assert list(ClaimLine.objects.filter(close=second).values_list("pk", "digest", "state")) == rows
    assert second.output_digest == digest
    assert CodeVerdict.objects.filter(close=second).count() == 6
    assert set(second.decisions.values_list("run", "replaced_in")) == {(1, None)}, "nothing changed, nothing is written"


def test_a_changed_fact_voids_its_line_and_the_new_line_stays_held(worked):
    close = compute(worked)
    manager = worked.user("manager")
    held = close.lines.get(code="99457")
    services.move_line(line=held, to="held", reason="call text is thin", by=manager, now=AFTER)
    assert services.approve_clean_lines(close=close, by=manager, now=AFTER) == 0, "a first month is looked at"
    services.move_line(line=close.lines.get(code="99454"), to="approved", reason="", by=manager, now=AFTER)
    worked.work("2026-03-20", 1200)

    close = compute(worked)

    assert lines(close) == [*EARNED, ("99458", 1, "2026-03-31")]
    assert close.lines.get(pk=held.pk).state == "void"
    assert close.lines.get(code="99457", state="held").pk != held.pk
    assert close.lines.get(code="99454").state == "approved"
    assert close.lines.get(code="99458").state == "proposed"


def test_a_line_without_its_facts_is_voided(worked):
    from timetracking.models import TimeEntry
    from timetracking.timers import void_entry

    compute(worked)
    void_entry(
        entry=TimeEntry.objects.get(), reason="was with another patient", by=worked.user("clinical_staff"), now=AFTER
    )

    assert lines(compute(worked)) == EARNED[:2]


def test_a_payer_without_a_policy_row_is_decided_by_the_strictest_reading(worked):
    PayerPolicy.objects.all().delete()

    close = compute(worked)

    assert lines(close) == EARNED[:2]
    assert {verdict.policy for verdict in close.verdicts.all()} == {"strict_provider_only"}
    findings = close.verdicts.get(code="99457").findings
    assert "20 min 50 sec of clinical staff time was not counted. This payer counts only physician and QHP time." in [
        finding["says"] for finding in findings
    ]


def test_a_patient_without_coverage_is_decided_by_the_strictest_reading_too(worked):
    cover = worked.patient.coverages.get()
    cover.ends_on = date(2026, 2, 1)
    cover.save()

    assert lines(compute(worked)) == EARNED[:2]


def test_a_departure_of_a_payer_is_followed_from_its_day(worked):
    policy = PayerPolicy.objects.get(practice=worked.practice)
    policy.departures = [{"key": "live_channels", "value": ["video"], "from": "2026-03-01", "source": "letter"}]
    policy.full_clean()
    policy.save()

    assert lines(compute(worked)) == EARNED[:2]


def test_a_wrong_departure_is_refused_and_named(world):
    policy = PayerPolicy.objects.get(practice=world.practice)
    for departures, message in (([{"key": "liv_by"}], "liv_by"), ("x", "list"), ([3], "departure")):
        policy.departures = departures
        with pytest.raises(ValidationError) as refusal:
            policy.full_clean()
        assert message in str(refusal.value)


def test_an_order_that_ended_blocks_and_is_named(world):
    nurse = world.user("clinical_staff")
    patient = a_patient(world.practice, nurse, mrn="B2", family="Hall")
    row = an_enrollment(world, patient, serial="hall", ordered_to=date(2026, 2, 28))
    world.read(days("2026-02-10", "2026-03-31"), serial="hall")
    world.work("2026-03-10", 1250, row=row)
    world.call("2026-03-10", row=row)

    close = compute(world)

    assert [line for line in close.lines.all() if line.enrollment_id == row.pk] == []
    verdict = close.verdicts.get(decision__enrollment=row, code="99457")
    assert verdict.outcome == "blocked"
    assert verdict.findings[0]["code"] == "ORDER_MISSING"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("renewed_on", "codes"),
    [
        pytest.param(date(2026, 3, 16), ["99453", "99454", "99457"], id="renewed the day after: one order"),
        pytest.param(date(2026, 3, 10), ["99453", "99454", "99457"], id="renewed before the end: one order"),
        pytest.param(date(2026, 3, 17), ["99453", "99454", "99457"], id="a day without an order: both orders count"),
    ],
)
def test_work_under_each_of_two_orders_counts(world, renewed_on, codes):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall")
    row = an_enrollment(world, patient, serial="hall", ordered_to=date(2026, 3, 15))
    world.read(days("2026-02-25", "2026-03-31"), serial="hall")
    enrollment.sign_order(
        enrollment=row,
        ordered_by=world.members["physician"],
        measures="bp",
        frequency="daily",
        starts_on=renewed_on,
        now=at(renewed_on),
    )
    world.work("2026-03-12", 600, row=row)
    world.work("2026-03-20", 700, row=row)
    world.call("2026-03-20", row=row)

    close = compute(world)

    assert [line.code for line in close.lines.filter(enrollment=row).order_by("code")] == codes


def test_a_period_that_began_under_an_earlier_order_is_billed_under_its_renewal(world):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Hall")
    row = an_enrollment(world, patient, serial="hall", ordered_to=date(2026, 2, 28))
    world.read(days("2026-02-10", "2026-03-20"), serial="hall")
    enrollment.sign_order(
        enrollment=row,
        ordered_by=world.members["physician"],
        measures="bp",
        frequency="daily",
        starts_on=date(2026, 3, 1),
        now=at("2026-03-01"),
    )
    close = compute(world)

    assert [(line.code, str(line.dos)) for line in close.lines.filter(enrollment=row, component="device")] == [
        ("99454", "2026-03-11")
    ]


def test_two_windows_end_in_a_month_of_thirty_one_days(world):
    world.read(days("2026-01-05", "2026-01-29") + days("2026-01-31", "2026-03-31"))
    january = MonthClose.objects.create(practice=world.practice, month=date(2026, 1, 1), zone=world.practice.zone)
    DeviceAnchor.objects.create(
        practice=world.practice, enrollment=world.enrollment, starts_on=date(2026, 1, 31), fixed_by=january
    )

    assert [line for line in lines(compute(world)) if line[0] == "99454"] == [
        ("99454", 1, "2026-03-01"),
        ("99454", 1, "2026-03-31"),
    ]


def test_the_second_month_bills_no_second_set_up(worked):
    compute(worked)
    worked.read(days("2026-04-01", "2026-04-30"))

    close = compute(worked, month=Month(2026, 4), now=at("2026-05-03"))

    assert lines(close) == [("99454", 1, "2026-04-10")]


def test_a_running_month_is_a_forecast_and_cannot_be_sealed(worked):
    now = at("2026-03-20")
    close = compute(worked, now=now)
    approve_all(close, worked)

    with pytest.raises(Refused, match="not over"):
        seal(close, worked, now=now)


@pytest.mark.parametrize(("second", "over"), [("23:59:59", False), ("00:00:00", True)])
def test_a_month_is_over_at_its_last_midnight_in_the_practices_zone(worked, second, over):
    close = compute(worked)
    approve_all(close, worked)
    now = at("2026-04-01" if over else "2026-03-31", second)

    if over:
        assert seal(close, worked, now=now).state == "sealed"
    else:
        with pytest.raises(Refused, match="not over"):
            seal(close, worked, now=now)


def test_a_month_that_has_not_begun_is_not_computed(world):
    with pytest.raises(Refused, match="not begun"):
        services.start_computing(practice=world.practice, month=Month(2026, 5), by=None, now=AFTER)


def test_changed_facts_prevent_the_seal(worked):
    close = compute(worked)
    approve_all(close, worked)
    worked.work("2026-03-20", 60)

    with pytest.raises(Refused, match="changed"):
        seal(close, worked, now=AFTER)
    assert worked.work("2026-03-21", 60).pk, "a refused seal leaves no lock"


def test_a_running_timer_of_the_month_prevents_the_seal(worked):
    from timetracking.timers import start_timer

    close = compute(worked)
    approve_all(close, worked)
    start_timer(
        enrollment=worked.enrollment, activity="review", by=worked.members["qhp"], now=at("2026-03-31", "23:58:00")
    )

    with pytest.raises(Refused, match="still run"):
        seal(close, worked, now=AFTER)


def test_lines_of_a_sealed_month_cannot_be_moved(worked):
    close = compute(worked)
    approve_all(close, worked)
    manager = worked.user("manager")
    seal(close, worked, now=AFTER)

    with pytest.raises(Refused, match="month is locked"):
        services.move_line(line=close.lines.first(), to="held", reason="too late", by=manager, now=AFTER)
    with pytest.raises(Refused):
        seal(close, worked, now=AFTER)


@pytest.mark.parametrize(
    ("moves", "allowed"),
    [
        (["approved"], True), (["held"], True), (["held", "approved"], True), (["held", "dropped"], True),
        (["dropped"], False), (["approved", "approved"], False), (["held", "dropped", "approved"], False),
    ],
)  # fmt: skip
def test_lines_move_only_as_the_table_allows(worked, moves, allowed):
    line = compute(worked).lines.get(code="99457")

    def make_moves():
        for to in moves:
            services.move_line(line=line, to=to, reason="a reason", by=worked.user("manager"), now=AFTER)

    if allowed:
        make_moves()
        assert [h.state for h in line.history.order_by("history_id")] == ["proposed", *moves]
    else:
        with pytest.raises(Refused):
            make_moves()


def test_holding_needs_a_reason(worked):
    line = compute(worked).lines.first()

    with pytest.raises(Refused, match="Say why"):
        services.move_line(line=line, to="held", reason=" ", by=worked.user("manager"), now=AFTER)


def test_a_late_reading_changes_no_sealed_month_and_shows_its_effect(world):
    # Fifteen days inside the window, then the sixteenth arrives after the seal.
    world.read(days("2026-02-10", "2026-02-24"))
    close = compute(world)
    assert ("99445", 1, "2026-03-11") in lines(close)
    approve_all(close, world)
    seal(close, world, now=AFTER)

    world.read([date(2026, 3, 1)], now=at("2026-04-10"))
    close.refresh_from_db()

    assert ("99445", 1, "2026-03-11") in lines(close)
    (fact,) = late_facts(close)
    assert fact.effect == "would add 99454 of Mar 11 and would remove 99445 of Mar 11"


def test_a_late_device_reading_on_a_day_the_patient_reported_is_a_late_fact(world):
    """The day was on file already and did not count; the late reading makes it count."""
    world.read(days("2026-02-10", "2026-02-24"))
    reported = {
        "device": world.serial, "metric": "blood_pressure", "measured_at": at("2026-03-01").isoformat(), "systolic": 130,
        "diastolic": 80, "source": "patient",
    }  # fmt: skip
    world.send([reported], now=at("2026-03-01", "10:00:00"))
    close = compute(world)
    approve_all(close, world)
    seal(close, world, now=AFTER)
    close.refresh_from_db()
    assert late_facts(close) == []

    world.read([date(2026, 3, 1)], now=at("2026-04-10"))

    (fact,) = late_facts(close)
    assert (fact.days, fact.first_day) == (1, date(2026, 3, 1))
    assert fact.effect.startswith("would add 99454")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_reading_that_arrives_during_the_seal_is_either_in_it_or_late(live_world):
    """The seal locks readings: one that arrives meanwhile waits, and is late by the database's own clock."""
    import threading

    from monitoring.services import lock_readings

    live_world.read(days("2026-02-10", "2026-02-24"))
    close = compute(live_world)
    approve_all(close, live_world)
    deliveries = []

    def arrive():
        deliveries.append(live_world.read([date(2026, 3, 1)], now=at("2026-03-02")))
        connection.close()

    thread = threading.Thread(target=arrive)
    with transaction.atomic():
        lock_readings([live_world.enrollment.pk])
        thread.start()
        wait_for(is_blocking_another_connection)
        assert deliveries == []
        seal(close, live_world, now=AFTER)
    thread.join(HANG_TIMEOUT_SECONDS)
    close.refresh_from_db()

    assert deliveries[0].new == 1
    assert len(late_facts(close)) == 1


def test_the_database_refuses_the_same_bill_twice(worked):
    close = compute(worked)
    for code in ("99454", "99457", "99453"):
        line = close.lines.get(code=code)
        line.pk, line.public_id = None, f"again-{code}"
        line.dos = line.dos + timedelta(days=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            line.save(force_insert=True)


def test_a_verdict_is_never_rewritten(worked):
    close = compute(worked)

    from django.db import DatabaseError

    with pytest.raises(DatabaseError), transaction.atomic():
        close.verdicts.update(outcome="bill")


def test_a_chunk_that_fails_is_counted_and_marked(worked, monkeypatch):
    from billing import tasks

    close = services.start_computing(practice=worked.practice, month=MARCH, by=None, now=AFTER)
    (pk,) = pending_chunks(close.pk)
    monkeypatch.setattr(tasks, "compute_chunk", lambda *a, **k: (_ for _ in ()).throw(ValueError("ORTEGA, Miguel")))
    for _ in range(services.MAX_CHUNK_ATTEMPTS):
        tasks.close_month(close.pk)

    chunk = CloseChunk.objects.get(pk=pk)
    assert (chunk.state, chunk.attempts, chunk.error) == ("failed", 5, "ValueError")
    assert MonthClose.objects.get(pk=close.pk).state == "computing"
    monkeypatch.undo()
    assert lines(compute(worked)) == EARNED


def test_facts_of_one_or_many_take_the_same_number_of_statements(world):
    nurse = world.user("clinical_staff")

    def count_statements():
        ids = sorted(world.practice.pk and [e.pk for e in type(world.enrollment).objects.for_practice(world.practice)])
        with CaptureQueriesContext(connection) as statements:
            facts_of(world.practice.pk, ids, month=MARCH, zone=world.practice.zone, today=date(2026, 4, 3))
        return len(statements)

    for_one = count_statements()
    for number in range(6):
        row = an_enrollment(world, a_patient(world.practice, nurse, mrn=f"N{number}"), serial=f"n{number}")
        world.read(days("2026-03-01", "2026-03-10"), serial=f"n{number}")
        world.work("2026-03-10", 60, clock=f"{10 + number}:00:00", row=row)

    assert count_statements() == for_one <= 14


@pytest.mark.parametrize("size", [1, 1000], ids=["chunks of one enrollment", "one chunk for all"])
def test_rpm_and_rtm_of_one_patient_in_one_month_are_not_both_billed(worked, monkeypatch, settings, size):
    settings.CLOSE_CHUNK_SIZE = size
    # The service refuses this; imported rows may contain it all the same.
    monkeypatch.setattr("enrollment.services.moves._other_family", lambda *a, **k: "")
    doctor = worked.user("physician")
    enrollment.discharge(enrollment=worked.enrollment, on=date(2026, 3, 20), reason="goal met", by=doctor, now=AFTER)
    row = an_enrollment(worked, worked.patient, started=date(2026, 3, 21), program="RTM", serial="rtm")
    worked.work("2026-03-25", 1300, by="physician", row=row)
    worked.call("2026-03-25", by="physician", row=row)

    close = compute(worked)

    assert {line.enrollment_id for line in close.lines.all()} == {worked.enrollment.pk}
    assert close.verdicts.get(decision__enrollment=row, code="98980").outcome == "blocked"


def test_worklist_chart_and_close_agree(worked):
    """The forecast a nurse sees on the last evening is what the manager's close decides after midnight."""
    evening = date(2026, 4, 1)
    _, decision = decided_now(worked.practice, [worked.enrollment.pk], month=MARCH, today=evening)[worked.enrollment.pk]
    close = compute(worked)

    assert [(line.code, line.units, str(line.dos)) for line in decision.lines] == lines(close)
    words = [(status.component, status.word) for status in outlook(decision, today=evening, last_day=MARCH.last_day)]
    # The window that ended in March, the one that runs into April, and the month's management.
    assert words == [("device", "Ready"), ("device", "Ready"), ("management", "Ready")]


def test_another_practices_payer_cannot_be_used_in_our_rows(world):
    theirs = Payer.objects.get(practice=world.other.practice)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayerPolicy.objects.create(
            practice=world.practice, payer=theirs, preset="strict_provider_only", starts_on=date(2019, 1, 1), source="x"
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_each_reason_of_a_line_names_its_parameter_and_citation(worked):
    close = compute(worked)
    (line,) = close.lines.filter(code="99457")
    by_parameter = {reason["parameter"]: reason.get("citation") for reason in line.because if "parameter" in reason}

    assert {"live_by", "supervision", "single_biller_scope"} <= set(by_parameter)
    assert all(by_parameter.values())


@pytest.mark.parametrize(
    ("outcome", "channel", "kind"),
    [
        ("voicemail", "phone", "attempt"),
        ("no_answer", "phone", "attempt"),
        ("sent", "portal", "message"),
        ("patient", "phone", ""),
    ],
)
def test_time_on_messages_and_on_unanswered_calls_is_marked_in_the_facts(world, outcome, channel, kind):
    from billing.facts.case_files import facts_of
    from timetracking.calls import call_log

    call_log.log_call(
        enrollment=world.enrollment, channel=channel, outcome=outcome, started_at=at("2026-03-10"), decided="x",
        ended_at=at("2026-03-10", "09:02:00"), by=world.members["clinical_staff"], now=at("2026-03-10", "09:03:00"),
        count_time=True,
    )  # fmt: skip
    (file,) = facts_of(
        world.practice.pk,
        [world.enrollment.pk],
        month=Month(2026, 3),
        zone=world.practice.zone,
        today=date(2026, 3, 20),
    )

    assert [slice_.kind for slice_ in file.facts.time] == [kind]


@pytest.mark.parametrize("few", [1, 10_000])
def test_rows_written_by_copy_are_the_rows_an_insert_would_write(worked, monkeypatch, few):
    monkeypatch.setattr("rpm_portal.core.db.history.FEW", few)
    close = compute(worked)
    line = close.lines.get(code="99457")
    past = line.history.get()

    assert lines(close) == [("99453", 1, "2026-03-11"), ("99454", 1, "2026-03-11"), ("99457", 1, "2026-03-31")]
    assert (line.state, line.modifiers, line.claim.patient, line.adjustment) == ("proposed", [], worked.patient, None)
    assert {entry.split(":")[0] for entry in line.evidence} == {"time", "call", "order", "consent"}
    assert line.because[0]["says"]
    assert (past.code, past.digest, past.history_type, past.units) == ("99457", line.digest, "+", 1)


def test_a_computation_is_paused_between_two_chunks_and_resumed(worked, settings):
    settings.CLOSE_CHUNK_SIZE = 1
    for number in range(2):
        patient = a_patient(worked.practice, worked.user("clinical_staff"), mrn=f"P{number}", family=f"Quick{number}")
        an_enrollment(worked, patient, serial=f"p-{number}")
    manager = worked.user("manager")
    close = services.start_computing(practice=worked.practice, month=MARCH, by=manager, now=AFTER)
    first, *rest = pending_chunks(close.pk)
    assert compute_chunk(first, now=AFTER)
    services.pause_computing(close=close, by=manager, now=AFTER)

    assert pending_chunks(close.pk) == []
    assert not compute_chunk(rest[0], now=AFTER), "a late signal finds nothing to do"
    assert not services.finish_computing(close_pk=close.pk, now=AFTER)
    with pytest.raises(Refused, match="No computation"):
        services.pause_computing(close=close, by=manager, now=AFTER)
    services.resume_computing(close=close, by=manager, now=AFTER)
    assert pending_chunks(close.pk) == rest
    for chunk in rest:
        assert compute_chunk(chunk, now=AFTER + timedelta(seconds=10))
    assert services.finish_computing(close_pk=close.pk, now=AFTER)
    uninterrupted = compute(worked)
    assert (
        uninterrupted.output_digest == MonthClose.objects.get(pk=close.pk).history.filter(run=1).first().output_digest
    )
    with pytest.raises(Refused, match="was not stopped"):
        services.resume_computing(close=close, by=manager, now=AFTER)


def test_the_remaining_time_follows_the_pace_of_the_last_chunks(worked, settings):
    settings.CLOSE_CHUNK_SIZE = 1
    for number in range(4):
        patient = a_patient(worked.practice, worked.user("clinical_staff"), mrn=f"P{number}", family=f"Quick{number}")
        an_enrollment(worked, patient, serial=f"p-{number}")
    close = services.start_computing(practice=worked.practice, month=MARCH, by=None, now=AFTER)
    assert progress(close).seconds_left is None
    for step, chunk in enumerate(pending_chunks(close.pk)[:3]):
        compute_chunk(chunk, now=AFTER + timedelta(seconds=7 * step))
    assert (progress(close).done, progress(close).seconds_left) == (3, 14)
