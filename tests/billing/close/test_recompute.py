"""Computing a month again: only changed enrollments are decided again, and the result equals a full computation."""

import json
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from billing import tasks
from billing.close import moves, write
from billing.close.compute import compute_chunk
from billing.close.lines import finding_json
from billing.facts.case_files import facts_of
from billing.models import NOT_IN_FORCE_STATES, ClaimLine, CodeVerdict, KeptDecision, MonthClose, PayerPolicy
from billing.review.queries import pending_chunks
from billing.rules import decide, golden, load_preset, scenario_facts
from billing.seal.verify import verify
from enrollment import services as enrollment
from enrollment.models import Coverage, Payer
from enrollment.queries import served_in_parts
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.models import Event
from rpm_portal.core.fact_counters import fact_change_counts
from rpm_portal.pages.worklist.invalidation import GONE_STATES
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


def runs_by_enrollment(close):
    """The run of each current decision, by enrollment."""
    return dict(close.decisions.filter(replaced_in=None).values_list("enrollment_id", "run"))


def compute_and_record_reads(world, monkeypatch, **options):
    """Recalculate; returns the enrollments whose facts were read, and the month."""
    read_ids = []

    def recording_facts_of(practice_id, ids, **span):
        read_ids.extend(ids)
        return facts_of(practice_id, ids, **span)

    monkeypatch.setattr("billing.close.compute.facts_of", recording_facts_of)
    return read_ids, compute(world, **options)


def stored_and_present_counts(close):
    """The change count stored with each current decision, and the count now."""
    rows = close.decisions.filter(replaced_in=None).values_list("enrollment_id", "facts_change_count")
    present = fact_change_counts([pk for pk, _ in rows])
    return {pk: (stored, present[pk]) for pk, stored in rows}


def test_only_facts_with_a_changed_count_are_read(two, monkeypatch):
    close = compute(two)
    assert all(stored == present for stored, present in stored_and_present_counts(close).values()), (
        "its own lines are included"
    )
    before = close.facts_digest, close.output_digest
    assert compute_and_record_reads(two, monkeypatch)[0] == []
    two.work("2026-03-20", 1200, row=two.second)

    read_ids, close = compute_and_record_reads(two, monkeypatch)

    assert read_ids == [two.second.pk]
    assert all(stored == present for stored, present in stored_and_present_counts(close).values()), (
        "voided and added lines are included"
    )
    assert (close.facts_digest, close.output_digest) != before
    assert verify(close).identical, "which reads everything"
    assert compute_and_record_reads(two, monkeypatch)[0] == []


def test_model_and_trigger_agree_on_the_states_of_lines_that_no_longer_count():
    assert f"({', '.join(repr(str(state.value)) for state in NOT_IN_FORCE_STATES)})" == GONE_STATES


def test_approving_a_line_changes_no_facts_and_dropping_one_does(two, monkeypatch):
    close, manager = compute(two), two.user("manager")
    for line in close.lines.filter(enrollment=two.second):
        moves.move_line(line=line, to="approved", reason="", by=manager, now=AFTER)
    assert compute_and_record_reads(two, monkeypatch)[0] == []
    line = close.lines.get(code="99457", enrollment=two.second)
    moves.move_line(line=line, to="held", reason="asked the nurse", by=manager, now=AFTER)
    line.refresh_from_db()
    moves.move_line(line=line, to="dropped", reason="her call was not about this", by=manager, now=AFTER)

    assert compute_and_record_reads(two, monkeypatch)[0] == [two.second.pk], (
        "it is no longer billed, and that is a fact of other months"
    )
    assert compute_and_record_reads(two, monkeypatch)[0] == [], "read once and unchanged"


def test_a_fact_that_changes_during_a_computation_is_read_by_the_next(two, monkeypatch):
    write_decisions = write.write_decisions

    def change_a_fact_and_write(*args, **kwargs):
        two.work("2026-03-21", 300, row=two.second)
        return write_decisions(*args, **kwargs)

    monkeypatch.setattr(write, "write_decisions", change_a_fact_and_write)
    compute(two)
    monkeypatch.setattr(write, "write_decisions", write_decisions)

    read_ids, close = compute_and_record_reads(two, monkeypatch)

    assert read_ids == [two.second.pk]
    assert verify(close).identical


def test_all_facts_are_read_while_the_month_runs_or_nothing_counts_changes(two, monkeypatch):
    both = [two.enrollment.pk, two.second.pk]
    running = at("2026-03-25")
    close = compute(two, now=running)
    assert set(close.decisions.values_list("facts_change_count", flat=True)) == {None}
    assert compute_and_record_reads(two, monkeypatch, now=running)[0] == both, "the current day is a fact"
    assert compute_and_record_reads(two, monkeypatch)[0] == both, "the first run after the month's end"
    assert compute_and_record_reads(two, monkeypatch)[0] == []
    monkeypatch.setattr("rpm_portal.core.fact_counters._counters", [])
    assert compute_and_record_reads(two, monkeypatch)[0] == both


def test_a_manager_can_have_the_whole_month_decided_again(two, monkeypatch, client):
    compute(two)
    client.force_login(two.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    monkeypatch.setattr(tasks, "ring", lambda close: [compute_chunk(pk, now=AFTER) for pk in pending_chunks(close)])

    client.post(f"/months/{MARCH}/compute/", {"recompute_all": "1"})

    close = MonthClose.objects.get(practice=two.practice)
    assert set(runs_by_enrollment(close).values()) == {2}
    event = Event.objects.filter(action="start_computing").latest("pk")
    assert event.detail["recompute_all"] is True


def rtm_after_rpm(world, monkeypatch):
    """RPM until 20 March and RTM after it for the same patient, which the enrollment service would refuse."""
    monkeypatch.setattr("enrollment.services.moves._other_family", lambda *a, **k: "")
    doctor = world.user("physician")
    enrollment.discharge(enrollment=world.enrollment, on=date(2026, 3, 20), reason="goal met", by=doctor, now=AFTER)
    return an_enrollment(world, world.patient, started=date(2026, 3, 21), program="RTM", serial="rtm")


def test_other_enrollments_of_the_patient_are_decided_again_if_one_leaves(two, monkeypatch):
    """What one enrollment bills excludes codes of the patient's other one; without it they are no longer excluded."""
    later = rtm_after_rpm(two, monkeypatch)
    compute(two)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_enrollment SET discharged_on = '2026-02-20' WHERE id = %s", [two.enrollment.pk]
        )

    close = compute(two)

    assert runs_by_enrollment(close) == {later.pk: 2, two.second.pk: 1}
    assert verify(close).identical


def test_only_changed_enrollments_are_decided_again(two):
    first = compute(two)
    lines = set(first.lines.values_list("pk", flat=True))
    two.work("2026-03-20", 1200, row=two.second)

    close = compute(two)

    assert runs_by_enrollment(close) == {two.enrollment.pk: 1, two.second.pk: 2}
    assert list(close.decisions.filter(run=1).order_by("enrollment_id").values_list("replaced_in", flat=True)) == [
        None,
        2,
    ]
    assert CodeVerdict.objects.filter(close=close, decision__replaced_in=None).count() == 12
    voided = set(close.lines.filter(state="void").values_list("pk", flat=True))
    assert {ClaimLine.objects.get(pk=pk).code for pk in voided} == {"99457"}
    assert voided < lines
    assert verify(close).identical


def test_a_month_computed_in_steps_is_the_month_computed_at_once(two):
    compute(two)
    two.work("2026-03-20", 1200, row=two.second)
    stepwise = compute(two)
    digests = stepwise.facts_digest, stepwise.output_digest

    close = moves.start_computing(practice=two.practice, month=MARCH, by=None, now=AFTER, recompute_all=True)
    for chunk in pending_chunks(close.pk):
        compute_chunk(chunk, now=AFTER)
    moves.finish_computing(close_pk=close.pk, now=AFTER)
    close.refresh_from_db()

    assert (close.facts_digest, close.output_digest) == digests
    assert set(runs_by_enrollment(close).values()) == {3}, "`recompute_all` decides everything"


def test_another_payer_under_the_same_policy_moves_the_lines_to_its_claim(two):
    """No rule depends on the payer itself: only the coverage of the facts differs, and the claim is another."""
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

    assert close.facts_digest != first.facts_digest
    assert close.decisions.get(enrollment=two.enrollment).facts == first.decisions.get(enrollment=two.enrollment).facts
    assert runs_by_enrollment(close) == {two.enrollment.pk: 1, two.second.pk: 2}
    lines = close.lines.filter(enrollment=two.second).exclude(state="void")
    assert {line.claim.payer for line in lines.select_related("claim__payer")} == {other}
    assert lines.count() == 3


def test_another_billing_membership_of_the_same_person_moves_the_lines(two):
    compute(two)
    doctor = two.members["physician"]
    Membership.objects.filter(pk=doctor.pk).update(ends_on=date(2026, 4, 1))
    second_membership = Membership.objects.create(
        practice=two.practice, user=doctor.user, role="qhp", credential="MD", npi=doctor.npi, starts_on=date(2026, 4, 2)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_enrollment SET billing_provider_id = %s WHERE id = %s",
            [second_membership.pk, two.second.pk],
        )

    close = compute(two)

    assert runs_by_enrollment(close)[two.second.pk] == 2
    lines = close.lines.filter(enrollment=two.second).exclude(state="void")
    assert {line.claim.billing_provider_id for line in lines.select_related("claim")} == {second_membership.pk}


def test_after_a_merge_the_lines_move_to_the_remaining_patient_record(two):
    """The same facts, but another patient on the claim."""
    compute(two)
    remaining = a_patient(two.practice, two.user("clinical_staff"), mrn="REMAINS", family="Second")
    Coverage.objects.filter(patient=two.second.patient).update(patient=remaining)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_enrollment SET patient_id = %s WHERE id = %s", [remaining.pk, two.second.pk])
        cursor.execute("UPDATE enrollment_patient SET established_on = '2025-11-03' WHERE id = %s", [remaining.pk])

    close = compute(two)

    lines = close.lines.filter(enrollment=two.second).exclude(state="void").select_related("claim")
    assert {(line.patient_id, line.claim.patient_id) for line in lines} == {(remaining.pk, remaining.pk)}
    assert lines.count() == 3


def test_a_policy_with_other_values_is_decided_again_even_under_the_same_name(two):
    compute(two)
    PayerPolicy.objects.filter(practice=two.practice).update(
        departures=[{"key": "max_units_99458", "value": 1, "from": "2026-01-01", "source": "letter"}]
    )
    assert set(runs_by_enrollment(compute(two)).values()) == {2}
    PayerPolicy.objects.filter(practice=two.practice).update(
        departures=[{"key": "max_units_99458", "value": 2, "from": "2026-01-01", "source": "letter"}]
    )
    assert set(runs_by_enrollment(compute(two)).values()) == {3}


def test_verifying_names_only_the_enrollments_that_differ(two):
    close = compute(two)
    assert (len(close.policies_digest), len(close.codes_digest)) == (64, 64)
    two.work("2026-03-20", 60, row=two.second)

    result = verify(close)

    (difference,) = result.differences
    assert (difference.enrollment, difference.lines, difference.words) == (
        two.second.public_id,
        False,
        "1:00 of time on Mar 20 added",
    )
    assert result.sentence == (
        "The lines of all 2 enrollments follow from the facts kept with them. Facts of 1 changed since the computation."
    )


def test_verifying_names_the_rules_that_differ_since(two):
    close = compute(two)
    assert verify(close).moved == []
    PayerPolicy.objects.filter(practice=two.practice).update(
        departures=[{"key": "max_units_99458", "value": 1, "from": "2026-01-01", "source": "letter"}]
    )
    close.codes_digest = "another"

    result = verify(close)

    assert result.moved == ["the code set", "the payers' policies"]
    assert result.sentence.endswith("Different since: the code set, the payers' policies.")
    close.codes_digest = close.policies_digest = ""
    assert verify(close).moved == [], "a month without stored digests reports no difference"


def test_another_engine_decides_everything_again(two, monkeypatch):
    compute(two)
    monkeypatch.setattr("billing.close.compute.release", lambda: "another")
    monkeypatch.setattr(write, "release", lambda: "another")

    close = compute(two)

    assert set(runs_by_enrollment(close).values()) == {2}
    assert close.lines.filter(state="void").count() == 0, "the same reasons make the same lines"


def test_an_enrollment_that_left_the_month_has_no_current_decision_or_line(two):
    close = compute(two)
    # As if somebody had entered in April that it never began in March.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_enrollment SET started_on = '2026-04-02' WHERE id = %s", [two.second.pk])

    close = compute(two)

    assert runs_by_enrollment(close) == {two.enrollment.pk: 1}
    assert set(close.lines.filter(enrollment=two.second).values_list("state", flat=True)) == {"void"}
    assert close.lines.filter(enrollment=two.enrollment).exclude(state="void").count() == 3


def test_a_dropped_line_stays_dropped_until_its_facts_change(two):
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
    assert list(rows) == ["dropped", "proposed"], "other facts need another review"


def test_two_enrollments_of_a_patient_are_decided_again_together(two, monkeypatch):
    later = rtm_after_rpm(two, monkeypatch)
    compute(two)
    two.work("2026-03-12", 300, clock="15:00:00")

    close = compute(two)

    assert runs_by_enrollment(close) == {two.enrollment.pk: 2, later.pk: 2, two.second.pk: 1}


def test_reasons_of_lines_and_decisions_are_written_once(two):
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


@pytest.mark.slow
def test_the_cache_of_finding_texts_never_mixes_up_two_findings():
    """Texts are cached by values; seconds and counts may be equal as numbers but are written differently."""
    cases = [case for case in golden._cases() if not case.get("policy_overrides")]
    assert len(cases) > 80
    for case in [*cases, *reversed(cases)]:
        for finding in decide(scenario_facts.facts_of(case), load_preset(case["policy"])).findings:
            stored = json.loads(finding_json(finding))
            assert (stored["code"], stored["gravity"]) == (finding.code, finding.gravity.value)
            assert stored["says"] == finding.sentence
            assert tuple(stored.get("evidence", ())) == finding.evidence
            assert stored.get("parameter", "") == finding.parameter
            assert list(stored) == sorted(stored), "its digest is over the keys in order"


@pytest.mark.slow
def test_a_month_of_any_size_sends_few_messages_and_each_worker_computes_all_waiting_chunks(
    two, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.CLOSE_CHUNK_SIZE = 1
    for number in range(7):
        patient = a_patient(two.practice, two.user("clinical_staff"), mrn=f"M{number}", family=f"Many{number}")
        an_enrollment(two, patient, serial=f"many-{number}")
    close = moves.start_computing(practice=two.practice, month=MARCH, by=None, now=AFTER)
    messages = []
    monkeypatch.setattr(tasks.close_month, "apply_async", lambda args, **_: messages.append(args[0]))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.ring(close.pk)

    assert messages == [close.pk] * tasks.MAX_MESSAGES_PER_CLOSE
    assert close.chunks.count() == 9
    tasks.close_month(close.pk)
    close.refresh_from_db()
    assert (close.state, close.chunks.filter(state="done").count()) == ("in_review", 9)
    for _ in messages:
        tasks.close_month(close.pk)  # late messages find nothing to do
    close.refresh_from_db()
    assert close.state == "in_review"


def test_a_worker_stops_after_a_while_and_sends_a_message_for_the_rest(two, settings, monkeypatch):
    settings.CLOSE_CHUNK_SIZE = 1
    close = moves.start_computing(practice=two.practice, month=MARCH, by=None, now=AFTER)
    messages = []
    monkeypatch.setattr(tasks, "MAX_TASK_SECONDS", -1)
    monkeypatch.setattr(tasks.close_month, "delay", messages.append)

    tasks.close_month(close.pk)

    close.refresh_from_db()
    assert (close.state, close.chunks.filter(state="done").count(), messages) == ("computing", 1, [close.pk])


@pytest.mark.parametrize(("enrollments", "most", "parts"), [(3, 1000, [3]), (10, 2, [2] * 5), (10, 3, [3, 3, 3, 1])])
def test_a_small_month_is_split_into_chunks_of_at_most_the_given_size(world, monkeypatch, enrollments, most, parts):
    rows = [(number, number) for number in range(enrollments)]
    monkeypatch.setattr("enrollment.queries._served", lambda *_: rows)
    assert [len(part) for part in served_in_parts(1, MARCH.first_day, MARCH.last_day, most=most)] == parts


@pytest.mark.parametrize(
    ("count", "parts"),
    [(0, []), (749, [749]), (750, [376, 374]), (1001, [502, 499]), (2000, [500] * 4), (3001, [752, 752, 752, 745])],
)
def test_a_large_month_is_split_for_a_few_workers(monkeypatch, count, parts):
    monkeypatch.setattr("enrollment.queries._served", lambda *_: [(number, number // 2) for number in range(count)])
    chunks = served_in_parts(1, MARCH.first_day, MARCH.last_day, most=1000)
    assert [len(part) for part in chunks] == parts
    assert [pk for part in chunks for pk in part] == list(range(count)), "two enrollments of a patient are in one chunk"
