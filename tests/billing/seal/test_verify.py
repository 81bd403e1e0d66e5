"""A sealed month verifies as identical until one of its own facts changes, and then the change is named."""

import contextlib
import os
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.close import moves
from billing.models import ClaimLine, CloseState, DeviceAnchor, KeptDecision, MonthClose
from billing.rules.engine import VERSION
from billing.rules.sentences import SENTENCES
from billing.seal import services as sealing
from billing.seal.verify import verify
from enrollment import services as enrollment
from enrollment.models import Payer
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, compute, lines
from tests.builders import at, days, seal

FEBRUARY, APRIL = Month(2026, 2), Month(2026, 4)
IN_APRIL, IN_MAY = at("2026-04-25"), at("2026-05-03")
UNREAD = ["2026-03-05", "2026-03-15", "2026-03-25"]


def approve(close, world):
    for line in close.lines.filter(state="proposed"):
        moves.move_line(line=line, to="approved", reason="", by=world.user("manager"), now=AFTER)


@pytest.fixture
def world_sealed(world):
    """March is sealed; three of its days have no reading yet, and April is full of readings and work."""
    read = [day for day in days("2026-02-10", "2026-04-30") if day.isoformat() not in UNREAD]
    world.read(read)
    for month in ("03", "04"):
        world.work(f"2026-{month}-10", 1250)
        world.call(f"2026-{month}-10")
    world.march = compute(world)
    approve(world.march, world)
    world.march = seal(world.march, world, now=AFTER)
    return world


def change_diagnosis(world, code):
    enrollment.change_enrollment(
        enrollment=world.enrollment, reason="coding review", by=world.user("physician"), now=IN_MAY, diagnosis=code
    )


def state_of(world, month):
    row = MonthClose.objects.filter(practice=world.practice, month=month.first_day).first()
    return row.state if row else CloseState.OPEN


def close_april(world):
    if state_of(world, APRIL) == CloseState.SEALED:
        return
    close = compute(world, month=APRIL, now=IN_MAY)
    approve(close, world)
    seal(close, world, now=IN_MAY)


def reopen_april(world):
    if state_of(world, APRIL) == CloseState.SEALED:
        close = MonthClose.objects.get(practice=world.practice, month=APRIL.first_day)
        sealing.reopen_month(close=close, by=world.members["qhp"], reason="A line was missed", now=IN_MAY)


def forecast_april(world):
    if state_of(world, APRIL) != CloseState.SEALED:
        compute(world, month=APRIL, now=IN_APRIL)


def new_payer(world):
    """BlueCo pays from May 1 on."""
    world.patient.coverages.update(ends_on=date(2026, 4, 30))
    payer = Payer.objects.create(practice=world.practice, name="BlueCo")
    by = world.user("clinical_staff")
    enrollment.add_coverage(patient=world.patient, payer=payer, member_id="B123", starts_on=date(2026, 5, 1), by=by)


# Acts after March was sealed. Verifying March must then name the changed fact, or nothing.
ACTS = {
    "forecast April": lambda world: forecast_april(world),
    "close and seal April": close_april,
    "reopen April": reopen_april,
    "compute February": lambda world: compute(world, month=FEBRUARY, now=IN_MAY),
    "second reading on a day that has one": lambda world: world.send(
        [{"device": world.serial, "metric": "blood_pressure", "systolic": 131, "diastolic": 80, "pulse": 70,
          "measured_at": at("2026-03-20", "18:00:00").isoformat()}], now=IN_MAY),
    "call in May": lambda world: world.call("2026-05-01"),
    "discharge in May": lambda world: enrollment.discharge(
        enrollment=world.enrollment, on=date(2026, 5, 2), reason="goal met", by=world.user("physician"), now=IN_MAY),
    "consent withdrawn in May": lambda world: enrollment.withdraw_consent(
        enrollment=world.enrollment, on=date(2026, 5, 2), by=world.user("clinical_staff"), now=IN_MAY),
    "order renewed in May": lambda world: enrollment.sign_order(
        enrollment=world.enrollment, ordered_by=world.members["physician"], measures="blood pressure",
        frequency="daily", starts_on=date(2026, 5, 3), supersedes=world.enrollment.orders.last(), now=IN_MAY),
    "new payer from May": new_payer,
    "cuff returned in May": lambda world: enrollment.take_back_device(
        assignment=world.enrollment.assignments.first(), ends_at=IN_MAY),
    "another cuff in May": lambda world: enrollment.assign_device(
        device=enrollment.add_device(model=world.cuff, serial="later", by=world.user("clinical_staff")),
        enrollment=world.enrollment, starts_at=IN_MAY, by=world.user("clinical_staff")),
    "late reading": lambda world: world.read([date(2026, 3, 5)], now=IN_MAY),
    "another late reading": lambda world: world.read([date(2026, 3, 15)], now=IN_MAY),
    "diagnosis": lambda world: change_diagnosis(world, "I11.9"),
    "diagnosis back": lambda world: change_diagnosis(world, "I10"),
}  # fmt: skip
quick = settings(
    max_examples=int(os.environ.get("CAMPAIGN", "15")), deadline=None, derandomize="CAMPAIGN" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


@pytest.mark.slow
@quick
@given(acts=st.lists(st.sampled_from(list(ACTS)), min_size=1, max_size=7))
def test_a_sealed_month_is_identical_unless_one_of_its_facts_changed(world_sealed, acts):
    with transaction.atomic():
        late = set()
        for act in acts:
            # An act that is refused, such as a second discharge, changes nothing.
            with contextlib.suppress(ValidationError, Refused, IntegrityError):
                with transaction.atomic():
                    ACTS[act](world_sealed)
            world_sealed.enrollment.refresh_from_db()
            late |= {"late reading": {"Mar 5"}, "another late reading": {"Mar 15"}}.get(act, set())
            diagnosis = world_sealed.enrollment.diagnosis
            result = verify(MonthClose.objects.get(pk=world_sealed.march.pk))

            expected = []
            if late:
                named = ", ".join(day for day in ("Mar 5", "Mar 15") if day in late)
                expected.append(f"reading day{'s' if len(late) > 1 else ''} {named} added")
            if diagnosis != "I10":
                expected.append("diagnosis changed from I10 to I11.9")
            assert result.follows
            assert [difference.changes for difference in result.differences] == ([expected] if expected else [])
            assert result.identical is not bool(expected)
        transaction.set_rollback(True)


def test_a_month_seals_after_the_next_one_was_forecast(world):
    """A forecast's lines are no facts: the nightly forecast of April must not stop March's seal."""
    world.read(days("2026-02-10", "2026-04-20"))
    world.work("2026-03-10", 1250)
    world.call("2026-03-10")
    march = compute(world)
    approve(march, world)
    forecast_april(world)

    sealed = seal(march, world, now=AFTER)

    assert sealed.state == CloseState.SEALED
    assert verify(sealed).sentence == (
        f"Identical: 1 enrollments decided again, every digest the same (engine {VERSION})."
    )


def test_a_forecast_line_yields_to_the_month_it_would_exclude(world):
    """April was forecast before March was ever computed, and proposed the one set-up of the episode."""
    world.read(days("2026-02-10", "2026-04-25"))
    april = compute(world, month=APRIL, now=at("2026-04-26"))
    assert april.lines.filter(component="setup", state="proposed").exists()

    march = compute(world, now=at("2026-04-26"))

    assert ("99453", 1, "2026-03-11") in lines(march)
    assert not april.lines.filter(component="setup", state="proposed").exists()
    assert "99453" not in [code for code, _, _ in lines(compute(world, month=APRIL, now=IN_MAY))]


def test_the_anchor_that_a_later_seal_fixed_is_no_fact_of_the_earlier_month(world):
    """March was sealed without a device line; April's seal fixed the windows. March still verifies."""
    world.read(days("2026-03-20", "2026-04-30"))
    march = compute(world)
    approve(march, world)
    march = seal(march, world, now=AFTER)
    assert not DeviceAnchor.objects.exists()
    close_april(world)

    assert DeviceAnchor.objects.get().starts_on == date(2026, 3, 20)
    assert verify(march).identical


def test_rewording_a_sentence_changes_no_digest(world_sealed, monkeypatch):
    monkeypatch.setitem(SENTENCES, "CONSENT_ON_FILE", "The patient agreed{since}, and it is written down.")
    from billing.close.lines import _json_around_evidence

    _json_around_evidence.cache_clear()
    try:
        assert verify(world_sealed.march).identical
    finally:
        _json_around_evidence.cache_clear()


@pytest.mark.slow
def test_a_month_depends_on_an_earlier_month_that_is_not_sealed(world):
    world.read(days("2026-02-10", "2026-04-30"))
    march = compute(world)
    april = compute(world, month=APRIL, now=IN_MAY)
    approve(april, world)
    with pytest.raises(Refused, match=r"Lines of March 2026 count .* Lock March 2026 first"):
        sealing.prepare_seal(close=april, by=world.members["manager"], now=IN_MAY)
    approve(march, world)
    seal(march, world, now=IN_MAY)
    with pytest.raises(Refused, match="first day of the fixed device periods changed"):
        sealing.prepare_seal(close=april, by=world.members["manager"], now=IN_MAY)
    april = compute(world, month=APRIL, now=IN_MAY)
    approve(april, world)

    assert seal(april, world, now=IN_MAY).state == CloseState.SEALED


def test_an_earlier_month_is_not_computed_under_a_prepared_seal(world):
    world.read(days("2026-03-20", "2026-04-30"))
    april = compute(world, month=APRIL, now=IN_MAY)
    approve(april, world)
    sealing.prepare_seal(close=april, by=world.members["manager"], now=IN_MAY)

    with pytest.raises(Refused, match="April 2026 is awaiting lock"):
        compute(world, now=IN_MAY)


@pytest.mark.parametrize("act", ["attest", "prepare", "seal"])
def test_what_changed_is_named_before_anybody_signs(world, act):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 1250)
    world.call("2026-03-10")
    close = compute(world)
    approve(close, world)
    if act == "seal":
        sealing.prepare_seal(close=close, by=world.members["manager"], now=AFTER)
    world.call("2026-03-12")
    change_diagnosis(world, "I11.9")

    with pytest.raises(Refused) as refused:
        {
            "attest": lambda: sealing.attest(close=close, by=world.members["physician"], now=AFTER),
            "prepare": lambda: sealing.prepare_seal(close=close, by=world.members["manager"], now=AFTER),
            "seal": lambda: sealing.seal_month(close=close, by=world.members["physician"], now=AFTER),
        }[act]()

    assert str(refused.value) == (
        "Facts of 1 enrollment changed since the month was computed. ORTEGAP, Miguel: call of Mar 12 added; "
        "diagnosis changed from I10 to I11.9. Calculate the month again."
    )


def test_a_month_computed_while_it_ran_is_computed_again_before_the_seal(world):
    world.read(days("2026-02-10", "2026-03-20"))
    close = compute(world, now=at("2026-03-25"))
    approve(close, world)
    with pytest.raises(Refused, match="calculated before it ended"):
        sealing.prepare_seal(close=close, by=world.members["manager"], now=AFTER)


def test_kept_facts_that_were_altered_are_found(world_sealed):
    row = KeptDecision.objects.get(close=world_sealed.march, replaced_in=None)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # as the owner of the database could
        cursor.execute("UPDATE billing_keptdecision SET facts = replace(facts, 'I10', 'I11') WHERE id = %s", [row.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    result = verify(world_sealed.march)

    assert [difference.words for difference in result.differences] == ["the facts kept with the decision were altered"]
    assert not result.follows
    with pytest.raises(CommandError, match="do not follow"):
        call_command("verify_close", world_sealed.practice.name, "2026-03")


def test_the_command_names_later_facts_and_does_not_call_them_an_error(world_sealed, capsys):
    world_sealed.read([date(2026, 3, 5)], now=IN_MAY)

    call_command("verify_close", world_sealed.practice.name, "2026-03")

    output = capsys.readouterr().out
    assert "Facts of 1 changed since the lock." in output
    assert f"enrollment {world_sealed.enrollment.public_id}: reading day Mar 5 added" in output


def test_the_database_dates_a_line_and_its_end(world_sealed):
    row = ClaimLine.objects.filter(close=world_sealed.march, state="approved").first()
    assert row.made_at is not None
    assert row.ended_at is None
    reopened = sealing.reopen_month(
        close=world_sealed.march, by=world_sealed.members["qhp"], reason="A device was lent out", now=AFTER
    )
    assert reopened.state == "in_review"
    ClaimLine.objects.filter(pk=row.pk).update(state="void")
    row.refresh_from_db()

    assert row.ended_at > row.made_at


@pytest.mark.slow
@pytest.mark.parametrize(
    "act", [name for name in ACTS if name not in {"late reading", "another late reading", "diagnosis"}]
)
def test_what_happens_after_the_month_is_no_fact_of_it(world_sealed, act):
    """Each act alone: in a sequence one could be refused and hide its effect."""
    ACTS[act](world_sealed)

    assert verify(MonthClose.objects.get(pk=world_sealed.march.pk)).identical
