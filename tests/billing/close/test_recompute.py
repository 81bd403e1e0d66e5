"""Computing a month again: what has not moved stands as it was decided, what has is decided anew, and all of it adds up."""

import json
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from billing import tasks
from billing.close import moves, write
from billing.close.compute import compute_chunk
from billing.close.lines import said
from billing.facts.case_files import facts_of
from billing.models import GONE, ClaimLine, CodeVerdict, KeptDecision, MonthClose, PayerPolicy
from billing.review.queries import waiting_chunks
from billing.rules import decide, golden, load_preset, scenario_facts
from billing.seal.verify import verify
from enrollment import services as enrollment
from enrollment.models import Coverage, Payer
from enrollment.queries import served_in_parts
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.models import Event
from rpm_portal.core.fact_counters import moves_of
from rpm_portal.pages.worklist.cache.invalidation_triggers import LINES_THAT_COUNT
from tests.billing.close.test_close import AFTER, MARCH, compute
from tests.builders import a_patient, an_enrollment, at, days


@pytest.fixture
def two(world):
    """Two patients whose March bills set-up, supply and management."""
    world.second = an_enrollment(
        world, a_patient(world.practice, world.user("clinical_staff"), mrn="SECOND", family="Second"), serial="second"
    )
    for clock, row, serial in (("10:00:00", world.enrollment, world.serial), ("11:00:00", world.second, "second")):
        world.read(days("2026-02-10", "2026-03-31"), serial=serial)
        world.work("2026-03-10", 1250, clock=clock, row=row)
        world.call("2026-03-10", row=row)
    return world


def stands(close):
    """enrollment -> the run that decided it, of the decisions that stand."""
    return dict(close.decisions.filter(replaced_in=None).values_list("enrollment_id", "run"))


def read_by(world, monkeypatch, **how):
    """Compute again; the enrollments whose facts were read, and the month."""
    asked = []

    def heard(practice_id, ids, **span):
        asked.extend(ids)
        return facts_of(practice_id, ids, **span)

    monkeypatch.setattr("billing.close.compute.facts_of", heard)
    return asked, compute(world, **how)


def counted(close):
    """Of each decision that stands: the count of moves it has seen, and the count now."""
    rows = close.decisions.filter(replaced_in=None).values_list("enrollment_id", "facts_seen")
    now = moves_of([pk for pk, _ in rows])
    return {pk: (seen, now[pk]) for pk, seen in rows}


def test_facts_are_read_of_those_whose_count_has_moved_and_of_no_others(two, monkeypatch):
    close = compute(two)
    assert all(seen == now for seen, now in counted(close).values()), "its own lines are counted in"
    before = close.facts_digest, close.output_digest
    assert read_by(two, monkeypatch)[0] == []
    two.work("2026-03-20", 1200, row=two.second)

    asked, close = read_by(two, monkeypatch)

    assert asked == [two.second.pk]
    assert all(seen == now for seen, now in counted(close).values()), "voided and added lines are counted in"
    assert (close.facts_digest, close.output_digest) != before
    assert verify(close).identical, "which reads everything"
    assert read_by(two, monkeypatch)[0] == []


def test_the_states_that_stand_no_more_are_the_same_to_the_database():
    assert f"({', '.join(repr(str(state.value)) for state in GONE)})" in LINES_THAT_COUNT


def test_what_people_do_with_lines_moves_no_facts_and_what_stands_no_more_does(two, monkeypatch):
    close, manager = compute(two), two.user("manager")
    for line in close.lines.filter(enrollment=two.second):
        moves.move_line(line=line, to="approved", reason="", by=manager, now=AFTER)
    assert read_by(two, monkeypatch)[0] == []
    line = close.lines.get(code="99457", enrollment=two.second)
    moves.move_line(line=line, to="held", reason="asked the nurse", by=manager, now=AFTER)
    line.refresh_from_db()
    moves.move_line(line=line, to="dropped", reason="her call was not about this", by=manager, now=AFTER)

    assert read_by(two, monkeypatch)[0] == [two.second.pk], "it is billed no more, and other months may ask"
    assert read_by(two, monkeypatch)[0] == [], "read once, found as it was"


def test_a_fact_that_moves_while_a_month_is_computed_is_read_by_the_next(two, monkeypatch):
    decide_then = write.keep_decisions

    def and_meanwhile(*args, **kwargs):
        two.work("2026-03-21", 300, row=two.second)
        return decide_then(*args, **kwargs)

    monkeypatch.setattr(write, "keep_decisions", and_meanwhile)
    compute(two)
    monkeypatch.setattr(write, "keep_decisions", decide_then)

    asked, close = read_by(two, monkeypatch)

    assert asked == [two.second.pk]
    assert verify(close).identical


def test_while_a_month_runs_and_where_nobody_counts_all_facts_are_read(two, monkeypatch):
    both = [two.enrollment.pk, two.second.pk]
    running = at("2026-03-25")
    close = compute(two, now=running)
    assert set(close.decisions.values_list("facts_seen", flat=True)) == {None}
    assert read_by(two, monkeypatch, now=running)[0] == both, "the day is a fact"
    assert read_by(two, monkeypatch)[0] == both, "the first one after its end"
    assert read_by(two, monkeypatch)[0] == []
    monkeypatch.setattr("rpm_portal.core.fact_counters._tellers", [])
    assert read_by(two, monkeypatch)[0] == both


def test_a_manager_can_have_all_of_a_month_decided_anew(two, monkeypatch, client):
    compute(two)
    client.force_login(two.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    monkeypatch.setattr(tasks, "ring", lambda close: [compute_chunk(pk, now=AFTER) for pk in waiting_chunks(close)])

    client.post(f"/months/{MARCH}/compute/", {"anew": "1"})

    close = MonthClose.objects.get(practice=two.practice)
    assert set(stands(close).values()) == {2}
    event = Event.objects.filter(action="start_computing").latest("pk")
    assert event.detail["anew"] is True


def followed(world, monkeypatch):
    """RPM until 20 March, and in the same patient's March RTM after it, which the family's rule would refuse."""
    monkeypatch.setattr("enrollment.services.moves._other_family", lambda *a, **k: "")
    doctor = world.user("physician")
    enrollment.discharge(enrollment=world.enrollment, on=date(2026, 3, 20), reason="goal met", by=doctor, now=AFTER)
    return an_enrollment(world, world.patient, started=date(2026, 3, 21), program="RTM", serial="rtm")


def test_who_was_decided_beside_an_enrollment_that_left_is_decided_again(two, monkeypatch):
    """What one enrollment bills keeps codes off the patient's next; gone, it keeps them no longer."""
    later = followed(two, monkeypatch)
    compute(two)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_enrollment SET discharged_on = '2026-02-20' WHERE id = %s", [two.enrollment.pk]
        )

    close = compute(two)

    assert stands(close) == {later.pk: 2, two.second.pk: 1}
    assert verify(close).identical


def test_only_what_moved_is_decided_again(two):
    first = compute(two)
    lines = set(first.lines.values_list("pk", flat=True))
    two.work("2026-03-20", 1200, row=two.second)

    close = compute(two)

    assert stands(close) == {two.enrollment.pk: 1, two.second.pk: 2}
    assert list(close.decisions.filter(run=1).order_by("enrollment_id").values_list("replaced_in", flat=True)) == [
        None,
        2,
    ]
    assert CodeVerdict.objects.filter(close=close, decision__replaced_in=None).count() == 12
    gone = set(close.lines.filter(state="void").values_list("pk", flat=True))
    assert {ClaimLine.objects.get(pk=pk).code for pk in gone} == {"99457"}
    assert gone < lines
    assert verify(close).identical


def test_a_month_computed_in_steps_is_the_month_computed_at_once(two):
    compute(two)
    two.work("2026-03-20", 1200, row=two.second)
    stepwise = compute(two)
    told = stepwise.facts_digest, stepwise.output_digest

    close = moves.start_computing(practice=two.practice, month=MARCH, by=None, now=AFTER, anew=True)
    for chunk in waiting_chunks(close.pk):
        compute_chunk(chunk, now=AFTER)
    moves.finish_computing(close_pk=close.pk, now=AFTER)
    close.refresh_from_db()

    assert (close.facts_digest, close.output_digest) == told
    assert set(stands(close).values()) == {3}, "anew decides everything"


def test_another_payer_under_the_same_policy_moves_the_lines_to_its_claim(two):
    """No rule asks who pays: facts and policy are the same, and yet the claim is another."""
    first = compute(two)
    other = Payer.objects.create(practice=two.practice, name="Medicare of the West", is_medicare=True)
    PayerPolicy.objects.create(
        practice=two.practice,
        payer=other,
        preset="medicare_general_supervision",
        starts_on=date(2019, 1, 1),
        source="x",
    )
    Coverage.objects.filter(patient=two.second.patient).update(payer=other)

    close = compute(two)

    assert close.facts_digest == first.facts_digest
    assert stands(close) == {two.enrollment.pk: 1, two.second.pk: 2}
    lines = close.lines.filter(enrollment=two.second).exclude(state="void")
    assert {line.claim.payer for line in lines.select_related("claim__payer")} == {other}
    assert lines.count() == 3


def test_another_billing_membership_of_the_same_person_moves_the_lines(two):
    compute(two)
    doctor = two.members["physician"]
    Membership.objects.filter(pk=doctor.pk).update(ends_on=date(2026, 4, 1))
    again = Membership.objects.create(
        practice=two.practice, user=doctor.user, role="qhp", credential="MD", npi=doctor.npi, starts_on=date(2026, 4, 2)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_enrollment SET billing_provider_id = %s WHERE id = %s", [again.pk, two.second.pk]
        )

    close = compute(two)

    assert stands(close)[two.second.pk] == 2
    lines = close.lines.filter(enrollment=two.second).exclude(state="void")
    assert {line.claim.billing_provider_id for line in lines.select_related("claim")} == {again.pk}


def test_an_enrollment_that_moved_to_the_record_that_stays_takes_its_lines_along(two):
    """A merge: the same facts, and another patient on the claim."""
    compute(two)
    stays = a_patient(two.practice, two.user("clinical_staff"), mrn="STAYS", family="Second")
    Coverage.objects.filter(patient=two.second.patient).update(patient=stays)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_enrollment SET patient_id = %s WHERE id = %s", [stays.pk, two.second.pk])
        cursor.execute("UPDATE enrollment_patient SET established_on = '2025-11-03' WHERE id = %s", [stays.pk])

    close = compute(two)

    lines = close.lines.filter(enrollment=two.second).exclude(state="void").select_related("claim")
    assert {(line.patient_id, line.claim.patient_id) for line in lines} == {(stays.pk, stays.pk)}
    assert lines.count() == 3


def test_a_policy_that_says_otherwise_decides_again_whatever_it_is_called(two):
    compute(two)
    PayerPolicy.objects.filter(practice=two.practice).update(
        departures=[{"key": "max_units_99458", "value": 1, "from": "2026-01-01", "source": "letter"}]
    )
    assert set(stands(compute(two)).values()) == {2}
    PayerPolicy.objects.filter(practice=two.practice).update(
        departures=[{"key": "max_units_99458", "value": 2, "from": "2026-01-01", "source": "letter"}]
    )
    assert set(stands(compute(two)).values()) == {3}


def test_verifying_names_the_enrollments_that_differ_and_no_others(two):
    close = compute(two)
    assert (len(close.policies_digest), len(close.codes_digest)) == (64, 64)
    two.work("2026-03-20", 60, row=two.second)

    found = verify(close)

    (one,) = found.differences
    assert (one.enrollment, one.lines, one.words) == (two.second.public_id, False, "1:00 of time on Mar 20 added")
    assert found.sentence == (
        "The lines of all 2 enrollments follow from the facts kept with them. Facts of 1 changed since the computation."
    )


def test_verifying_says_what_it_was_decided_with_and_is_another_now(two):
    close = compute(two)
    assert verify(close).moved == []
    PayerPolicy.objects.filter(practice=two.practice).update(
        departures=[{"key": "max_units_99458", "value": 1, "from": "2026-01-01", "source": "letter"}]
    )
    close.codes_digest = "another"

    found = verify(close)

    assert found.moved == ["the code set", "the payers' policies"]
    assert found.sentence.endswith("Different since: the code set, the payers' policies.")
    close.codes_digest = close.policies_digest = ""
    assert verify(close).moved == [], "a month from before they were kept says nothing"


def test_another_engine_decides_everything_again(two, monkeypatch):
    compute(two)
    monkeypatch.setattr("billing.close.compute.release", lambda: "another")
    monkeypatch.setattr(write, "release", lambda: "another")

    close = compute(two)

    assert set(stands(close).values()) == {2}
    assert close.lines.filter(state="void").count() == 0, "the same words make the same lines"


def test_who_left_the_month_leaves_no_decision_and_no_line_that_stands(two):
    close = compute(two)
    # As if somebody had entered in April that it never began in March.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_enrollment SET started_on = '2026-04-02' WHERE id = %s", [two.second.pk])

    close = compute(two)

    assert stands(close) == {two.enrollment.pk: 1}
    assert set(close.lines.filter(enrollment=two.second).values_list("state", flat=True)) == {"void"}
    assert close.lines.filter(enrollment=two.enrollment).exclude(state="void").count() == 3


def test_a_dropped_line_stays_dropped_until_its_facts_move(two):
    close = compute(two)
    manager = two.user("manager")
    line = close.lines.get(code="99457", enrollment=two.second)
    moves.move_line(line=line, to="held", reason="asked the nurse", by=manager, now=AFTER)
    line.refresh_from_db()
    moves.move_line(line=line, to="dropped", reason="her call was not about this", by=manager, now=AFTER)

    close = compute(two)
    assert set(close.lines.filter(code="99457", enrollment=two.second).values_list("state", flat=True)) == {"dropped"}

    two.work("2026-03-20", 60, row=two.second)
    close = compute(two)
    rows = close.lines.filter(code="99457", enrollment=two.second).order_by("pk").values_list("state", flat=True)
    assert list(rows) == ["dropped", "proposed"], "other facts, another look"


def test_two_enrollments_of_a_patient_are_decided_again_together(two, monkeypatch):
    later = followed(two, monkeypatch)
    compute(two)
    two.work("2026-03-12", 300, clock="15:00:00")

    close = compute(two)

    assert stands(close) == {two.enrollment.pk: 2, later.pk: 2, two.second.pk: 1}


def test_what_a_line_rests_on_and_what_was_decided_is_written_once(two):
    close = compute(two)
    line = close.lines.first()
    for change in ("own_reasons = '[]'", "evidence = '{}'", "digest = 'x'"):
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE billing_claimline SET {change} WHERE id = %s", [line.pk])
    line.state = "approved"
    line.save()
    decision = KeptDecision.objects.first()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_keptdecision SET findings_json = '[]' WHERE id = %s", [decision.pk])
    with pytest.raises(DatabaseError, match="set once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_keptdecision SET replaced_in = 2 WHERE id = %s", [decision.pk])
        cursor.execute("UPDATE billing_keptdecision SET replaced_in = NULL WHERE id = %s", [decision.pk])


def test_a_finding_is_kept_in_its_own_words_however_many_said_the_like_before():
    """Texts are made once for equal numbers; seconds and counts are equal as numbers and are not said alike."""
    cases = [case for case in golden._cases() if not case.get("policy_overrides")]
    assert len(cases) > 80
    for case in [*cases, *reversed(cases)]:
        for finding in decide(scenario_facts.facts_of(case), load_preset(case["policy"])).findings:
            kept = json.loads(said(finding))
            assert (kept["code"], kept["gravity"]) == (finding.code, finding.gravity.value)
            assert kept["says"] == finding.sentence
            assert tuple(kept.get("evidence", ())) == finding.evidence
            assert kept.get("parameter", "") == finding.parameter
            assert list(kept) == sorted(kept), "its digest is over the keys in order"


def test_a_month_of_any_size_calls_workers_by_a_few_messages_and_each_works_until_nothing_waits(
    two, settings, monkeypatch
):
    settings.CLOSE_CHUNK_SIZE = 1
    for number in range(7):
        patient = a_patient(two.practice, two.user("clinical_staff"), mrn=f"M{number}", family=f"Many{number}")
        an_enrollment(two, patient, serial=f"many-{number}")
    close = moves.start_computing(practice=two.practice, month=MARCH, by=None, now=AFTER)
    heard = []
    monkeypatch.setattr(tasks.close_month, "apply_async", lambda args, **_: heard.append(args[0]))
    tasks.ring(close.pk)

    assert heard == [close.pk] * tasks.BELLS
    assert close.chunks.count() == 9
    tasks.close_month(close.pk)
    close.refresh_from_db()
    assert (close.state, close.chunks.filter(state="done").count()) == ("in_review", 9)
    for _ in heard:
        tasks.close_month(close.pk)  # bells that ring late find nothing to do
    close.refresh_from_db()
    assert close.state == "in_review"


def test_a_worker_makes_way_for_others_after_a_while_and_rings_for_the_rest(two, settings, monkeypatch):
    settings.CLOSE_CHUNK_SIZE = 1
    close = moves.start_computing(practice=two.practice, month=MARCH, by=None, now=AFTER)
    heard = []
    monkeypatch.setattr(tasks, "AT_A_STRETCH", -1)
    monkeypatch.setattr(tasks.close_month, "delay", heard.append)

    tasks.close_month(close.pk)

    close.refresh_from_db()
    assert (close.state, close.chunks.filter(state="done").count(), heard) == ("computing", 1, [close.pk])


@pytest.mark.parametrize(("many", "most", "parts"), [(3, 1000, [3]), (10, 2, [2] * 5), (10, 3, [3, 3, 3, 1])])
def test_parts_are_as_large_as_they_may_be_and_enough_for_a_few_workers(world, monkeypatch, many, most, parts):
    rows = [(number, number) for number in range(many)]
    monkeypatch.setattr("enrollment.queries._served", lambda *_: rows)
    assert [len(part) for part in served_in_parts(1, MARCH.first_day, MARCH.last_day, most=most)] == parts


@pytest.mark.parametrize(
    ("count", "parts"),
    [(0, []), (749, [749]), (750, [376, 374]), (1001, [502, 499]), (2000, [500] * 4), (3001, [752, 752, 752, 745])],
)
def test_a_month_is_cut_for_a_few_workers(monkeypatch, count, parts):
    monkeypatch.setattr("enrollment.queries._served", lambda *_: [(number, number // 2) for number in range(count)])
    found = served_in_parts(1, MARCH.first_day, MARCH.last_day, most=1000)
    assert [len(part) for part in found] == parts
    assert [pk for part in found for pk in part] == list(range(count)), "two enrollments of a patient are in one part"
