"""State changes of an enrollment: no sequence makes it active without its documents; every refusal at its boundary."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment import services
from enrollment.documents_in_force import documents_in_force
from enrollment.models import Consent, Coverage, Enrollment, EnrollmentState, Order
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.builders import CONSENT_STATEMENTS, a_patient, a_world, an_enrollment, at, days
from timetracking.timers import lock_month

DAY = date(2026, 3, 10)
NOW = at(DAY)


def draft(world, *, program="RPM", mrn="G1", **facts):
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn=mrn, family=f"Gate{mrn}", **facts)
    return services.draft_enrollment(
        patient=patient,
        program=program,
        billing_provider=world.members["physician"],
        diagnosis="I10",
        diagnosis_kind="chronic",
        rtm_system="respiratory" if program == "RTM" else "",
        by=world.user("clinical_staff"),
        now=NOW,
    )


def cover(world, row, starts_on=date(2025, 1, 1)):
    return services.add_coverage(
        patient=row.patient, payer=world.payer, member_id="1EG4TE5MK73", starts_on=starts_on, by=world.user("physician")
    )


def order(world, row, starts_on=DAY, *, now=NOW, **more):
    return services.sign_order(
        enrollment=row,
        ordered_by=world.members["physician"],
        measures="bp",
        frequency="daily",
        starts_on=starts_on,
        now=now,
        **more,
    )


def consent(world, row, given_on=DAY, *, now=NOW, **more):
    facts = {**CONSENT_STATEMENTS, **more}
    return services.record_consent(
        enrollment=row, given_on=given_on, mode="phone", taken_by=world.user("clinical_staff"), now=now, **facts
    )


def begin(world, row, on=DAY, *, now=NOW, **more):
    return services.activate(enrollment=row, on=on, by=world.user("physician"), now=now, **more)


def add_documents(world, row):
    cover(world, row)
    order(world, row)
    consent(world, row)
    return row


@pytest.mark.parametrize(
    ("left_out", "message"),
    [("cover", "No coverage"), ("order", "No signed order"), ("consent", "No consent"), ("", "")],
)
def test_a_single_missing_document_prevents_the_start(world, left_out, message):
    row = draft(world)
    for name, act in {"cover": cover, "order": order, "consent": consent}.items():
        if name != left_out:
            act(world, row)
    if not left_out:
        assert begin(world, row).state == EnrollmentState.ACTIVE
        return
    with pytest.raises(ValidationError, match=message):
        begin(world, row)


@pytest.mark.slow
@settings(max_examples=40)
@given(moves=st.lists(st.tuples(st.sampled_from(
    ["cover", "order", "short_order", "consent", "withdraw", "activate", "pause", "resume", "discharge", "episode"]
), st.integers(0, 3)), max_size=14))  # fmt: skip
def test_no_sequence_of_moves_makes_an_active_enrollment_without_documents(world, moves):
    with transaction.atomic():
        row, day, doctor = draft(world), DAY, world.user("physician")
        for act, step in moves:
            day += timedelta(days=step)
            now, row = at(day), Enrollment.objects.get(pk=row.pk)
            before = row.state
            common = {"enrollment": row, "on": day, "by": doctor, "now": now}
            try:
                with transaction.atomic():
                    match act:
                        case "cover":
                            cover(world, row)
                        case "order":
                            order(world, row, day, now=now)
                        case "short_order":
                            order(world, row, day, now=now, ends_on=day + timedelta(days=1))
                        case "consent":
                            consent(world, row, day, now=now)
                        case "withdraw":
                            services.withdraw_consent(**common)
                        case "activate":
                            services.activate(**common)
                        case "pause":
                            services.pause(reason="in hospital", **common)
                        case "resume":
                            services.resume(**common)
                        case "discharge":
                            services.discharge(reason="goal met", **common)
                        case "episode":
                            services.new_episode(reason="goal met, new goal set", goal_met=True, **common)
            except (ValidationError, Refused):
                pass
            row = Enrollment.objects.get(pk=row.pk)
            if row.state == EnrollmentState.ACTIVE and before != EnrollmentState.ACTIVE:
                on = day
                assert Coverage.objects.filter(patient=row.patient, starts_on__lte=on).exists()
                assert Order.objects.filter(enrollment=row, starts_on__lte=on).exclude(ends_on__lt=on).exists()
                assert Consent.objects.filter(enrollment=row, given_on__lte=on, withdrawn_on__isnull=True).exists()
            assert row.episodes.filter(ended_on__isnull=True).count() == (
                row.state in {EnrollmentState.ACTIVE, EnrollmentState.PAUSED}
            )
            assert row.pauses.filter(ends_on__isnull=True).count() == (row.state == EnrollmentState.PAUSED)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("back", "because", "message"),
    [
        pytest.param(0, "", "", id="today needs no reason"),
        pytest.param(1, "", "Say why", id="yesterday without a reason"),
        pytest.param(1, "given on Friday, written on Monday", "", id="yesterday with a reason"),
        pytest.param(30, "paper came late", "", id="thirty days back"),
        pytest.param(31, "paper came late", "30 days", id="thirty-one days back"),
        pytest.param(-1, "", "future", id="tomorrow"),
    ],
)
def test_a_backdated_entry_has_a_reason_and_a_limit(world, back, because, message):
    row = draft(world)
    if message:
        with pytest.raises(ValidationError, match=message):
            consent(world, row, DAY - timedelta(days=back), because=because)
        return
    stored = consent(world, row, DAY - timedelta(days=back), because=because)
    assert stored.backdated_because == because


def test_an_order_may_begin_later_and_is_backdated_only_with_a_reason(world):
    row = draft(world)
    assert order(world, row, DAY + timedelta(days=20)).backdated_because == ""
    with pytest.raises(ValidationError, match="Say why"):
        order(world, row, DAY - timedelta(days=1))
    assert order(world, row, DAY - timedelta(days=1), because="verbal order").backdated_because == "verbal order"


@pytest.mark.parametrize("act", ["order", "consent", "start", "end"])
def test_nothing_is_dated_into_a_locked_month(world, act):
    row = add_documents(world, draft(world))
    lock_month(practice=world.practice, month=Month(2026, 2), by=world.user("manager"), now=at("2026-03-02"))
    last = date(2026, 2, 28)
    with pytest.raises(ValidationError, match="closed"):
        if act == "order":
            order(world, row, last, because="verbal order")
        elif act == "consent":
            consent(world, row, last, because="given by phone")
        elif act == "start":
            # All documents are in force in February, but the month is locked.
            early = draft_with_documents_before_the_lock(world, last)
            begin(world, early, last, because="begun at the visit")
        else:
            services.discharge(
                enrollment=world.enrollment, on=last, reason="moved away", by=world.user("physician"), now=NOW
            )
    assert order(world, row, date(2026, 3, 1), because="verbal order").pk


def draft_with_documents_before_the_lock(world, day):
    """An enrollment whose documents were signed before the month was locked."""
    from timetracking.models import MonthLock

    lock = MonthLock.objects.get()
    saved = (lock.month, lock.zone, lock.locked_at, lock.locked_by)
    lock.delete()
    row = draft(world, mrn="G2")
    cover(world, row)
    order(world, row, day, now=at(day))
    consent(world, row, day, now=at(day))
    month, zone, locked_at, by = saved
    MonthLock.objects.create(practice=world.practice, month=month, zone=zone, locked_at=locked_at, locked_by=by)
    return row


@pytest.mark.parametrize(("after", "starts"), [(29, False), (30, True)])
def test_rtm_starts_thirty_days_after_the_end_of_rpm(world, after, starts):
    doctor = world.user("physician")
    ended = date(2026, 3, 10)
    services.discharge(enrollment=world.enrollment, on=ended, reason="goal met", by=doctor, now=at(ended))
    on = ended + timedelta(days=after)
    if starts:
        assert (
            an_enrollment(world, world.patient, started=on, program="RTM", serial="r1").state == EnrollmentState.ACTIVE
        )
    else:
        with pytest.raises(ValidationError, match="plan it from 2026-04-09"):
            an_enrollment(world, world.patient, started=on, program="RTM", serial="r1")


def test_ccm_runs_together_with_rpm(world):
    assert an_enrollment(world, world.patient, program="CCM", serial="c1").state == EnrollmentState.ACTIVE


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"other_monitoring": "running", "other_monitoring_by": "HeartCo"}, "only one may bill"),
        ({"other_monitoring": "ended", "other_monitoring_by": "HeartCo", "other_monitoring_ended_on": DAY}, "runs to"),
        (
            {
                "other_monitoring": "ended",
                "other_monitoring_by": "HeartCo",
                "other_monitoring_ended_on": DAY - timedelta(days=1),
            },
            "",
        ),
    ],
)
def test_another_practices_monitoring_ends_first(world, facts, message):
    row = add_documents(world, draft(world))
    services.change_enrollment(enrollment=row, reason="asked", by=world.user("physician"), now=NOW, **facts)
    if message:
        with pytest.raises(ValidationError, match=message):
            begin(world, row)
    else:
        assert begin(world, row).state == EnrollmentState.ACTIVE


@pytest.mark.parametrize("missing", list(CONSENT_STATEMENTS))
def test_a_consent_needs_every_disclosure(world, missing):
    with pytest.raises(ValidationError, match="told"):
        consent(world, draft(world), **{missing: False})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"%PDF-1.7 x", ""),
        (b"\xff\xd8\xff\xe0", ""),
        (b"\x89PNG\r\n\x1a\n", ""),
        (b"<html><script>", "PDF, JPEG or PNG"),
        (b"", "PDF, JPEG or PNG"),
        (b"\xff\xd8\xff\xe0" + b"x" * 900 + b"%PDF-1.7", "PDF, JPEG or PNG"),  # both a JPEG and a PDF
        (b"\x89PNG\r\n\x1a\n%PDF-1.7", "PDF, JPEG or PNG"),
        (b"%PDF-1.7 with %PDF-1.4 inside", ""),
        (b"%PDF-" + b"x" * (5 * 1024 * 1024), "5 MB"),
    ],
)
def test_the_type_of_a_paper_is_detected_from_its_content(world, body, message):
    row = draft(world)
    if message:
        with pytest.raises(ValidationError, match=message):
            consent(world, row, paper=body)
        assert not row.consents.exists()
    else:
        assert bytes(consent(world, row, paper=body).paper.body) == body


def test_a_new_order_supersedes_from_its_first_day(world):
    row = add_documents(world, draft(world))
    first = row.orders.get()
    order(world, row, date(2026, 3, 20), now=at("2026-03-20"), supersedes=first, ends_on=date(2026, 3, 25))
    documents = documents_in_force([row.pk], first_day=date(2026, 3, 1), last_day=date(2026, 3, 31))[row.pk]

    assert documents.order is not None
    assert (documents.order.public_id, documents.ordered_to) == (first.public_id, date(2026, 3, 25))
    with pytest.raises((ValidationError, IntegrityError)):
        order(world, row, date(2026, 3, 22), now=at("2026-03-22"), supersedes=first)


def test_a_new_episode_needs_the_end_of_the_old_one_and_a_later_day(world):
    nurse = world.user("clinical_staff")
    common = {"enrollment": world.enrollment, "goal_met": True, "by": nurse, "now": NOW}
    with pytest.raises(ValidationError, match="ten characters"):
        services.new_episode(on=DAY, reason="done", **common)
    episode = services.new_episode(on=DAY, reason="goal met in February", **common)

    assert (episode.number, episode.educated_on) == (2, None)
    assert world.enrollment.episodes.get(number=1).ended_on == DAY - timedelta(days=1)
    with pytest.raises(ValidationError, match="begin the next one later"):
        services.new_episode(on=DAY, reason="goal met once more", **common)


def test_education_before_the_start_opens_the_episode_that_the_start_uses(world):
    row = add_documents(world, draft(world))
    services.record_education(enrollment=row, on=DAY, by=world.user("clinical_staff"), minutes=15)
    begin(world, row)

    assert [(e.number, e.started_on, e.educated_on, e.education_minutes) for e in row.episodes.all()] == [
        (1, DAY, DAY, 15)
    ]
    with pytest.raises(ValidationError, match="shown it back"):
        services.record_education(enrollment=row, on=DAY, by=world.user("clinical_staff"), teach_back=False)


def test_a_swap_has_no_gap_and_no_second_set_up(world):
    nurse, when = world.user("clinical_staff"), at("2026-03-10", "11:00:00")
    old = world.enrollment.assignments.get()
    spare = services.add_device(model=world.cuff, serial="spare-1", by=nurse)
    new = services.swap_device(assignment=old, device=spare, at=when, reason="screen broken", by=nurse)
    old.refresh_from_db()

    assert (old.ends_at, new.starts_at) == (when, when)
    assert world.enrollment.episodes.count() == 1
    again = services.add_device(model=world.cuff, serial="spare-2", by=nurse)
    with pytest.raises(ValidationError, match="taken back already"):
        services.swap_device(assignment=old, device=again, at=when, reason="x", by=nurse)


def test_a_lost_device_is_unassigned_and_cannot_be_assigned(world):
    nurse = world.user("clinical_staff")
    device = world.enrollment.assignments.get().device
    with pytest.raises(ValidationError, match="Say why"):
        services.set_device_state(device=device, state="lost", reason=" ", by=nurse, now=NOW)
    services.set_device_state(device=device, state="lost", reason="left on a bus", by=nurse, now=NOW)

    assert world.enrollment.assignments.get().ends_at == NOW
    with pytest.raises(ValidationError, match="lost"):
        services.assign_device(device=device, enrollment=world.enrollment, starts_at=NOW, by=nurse)


@pytest.mark.parametrize(
    ("serial", "valid"),
    [
        ("359021041000013", False),
        ("35902104100000", False),
        ("3590210410000123", False),
        ("SN-4411", True),
    ],
)
def test_an_imei_has_a_valid_check_digit(world, serial, valid):
    from rpm_portal.core.identifiers import luhn_digit

    nurse = world.user("clinical_staff")
    good = "35902104100000" + luhn_digit("35902104100000")
    if serial == good:
        valid = True
    if valid:
        assert services.add_device(model=world.cuff, serial=f" {serial} ", by=nurse).serial == serial
    else:
        with pytest.raises(ValidationError, match="IMEI"):
            services.add_device(model=world.cuff, serial=serial, by=nurse)


@pytest.mark.parametrize(("born", "message"), [(date(2027, 1, 1), "past"), (date(1890, 1, 1), "older than")])
def test_impossible_birth_dates_are_refused(world, born, message):
    with pytest.raises(ValidationError, match=message):
        services.register_patient(
            practice=world.practice, mrn="B9", family_name="No", given_name="One", born_on=born, sex="U",
            zone="America/Chicago", by=world.user("physician"), now=NOW,
        )  # fmt: skip


def test_likely_duplicates_have_the_same_number_or_birth_date_and_name_in_this_practice(world):
    def duplicates(**typed):
        person = {"family_name": "Ortega", "given_name": "Miguel", "born_on": date(1950, 3, 2), "mrn": "ZZ"} | typed
        return services.likely_duplicates(world.practice, **person)

    assert duplicates() == [world.patient]
    assert duplicates(born_on=date(1950, 3, 3)) == []
    assert duplicates(born_on=None, mrn="a1") == [world.patient]
    assert duplicates(family_name="Smith", given_name="Bo") == []


@pytest.mark.parametrize("family", ["Obrien Nunez", "O'BRIEN", "N\u00fa\u00f1ez", "O\u2019Brien-N\u00fa\u00f1ez"])
def test_apostrophes_hyphens_and_accents_do_not_hide_a_duplicate(world, family):
    nurse = world.user("clinical_staff")
    row = a_patient(world.practice, nurse, mrn="D-7", family="O\u2019Brien-N\u00fa\u00f1ez")

    def duplicates(born_on, given="Another"):
        return services.likely_duplicates(
            world.practice, family_name=family, given_name=given, born_on=born_on, mrn="ZZ"
        )

    assert duplicates(row.born_on) == [row]
    assert duplicates(date(1950, 3, 3)) == []


def test_a_patient_is_found_by_any_parts_in_any_order(world):
    nurse = world.user("clinical_staff")
    a_patient(world.practice, nurse, mrn="PL-1027", family="Núñez-Stone", given_name="José", phone="(312) 555-0199")
    from enrollment.models import Patient

    def find(words, practice=None):
        return list(
            Patient.objects.all()
            .matching(words, practice=(practice or world.practice).pk)
            .values_list("mrn", flat=True)
        )

    for words in (
        "nunez", "Núñez", "stone", "nunezstone", "PL1027", "jos", "PL-1027", "1027", "312 555", "3125550199", "0199", "nun 1950-03-02",
        "3/2/1950 jose", "stone pl",
    ):  # fmt: skip
        assert find(words) == ["PL-1027"], words
    assert find("unez") == find("zzz") == []
    assert set(find("1950")) == {"A1", "PL-1027"}
    assert find("nunez", world.other.practice) == []
    assert find("'; drop table --:*&|!") == []


def test_a_paused_service_can_be_resumed(world):
    doctor = world.user("physician")
    services.pause(enrollment=world.enrollment, on=DAY, reason="in hospital", by=doctor, now=NOW)
    world.read(days("2026-03-11", "2026-03-12"))
    row = services.resume(enrollment=world.enrollment, on=date(2026, 3, 15), by=doctor, now=at("2026-03-15"))

    assert row.state == EnrollmentState.ACTIVE
    assert [(p.starts_on, p.ends_on) for p in row.pauses.all()] == [(DAY, date(2026, 3, 15))]


@pytest.mark.django_db
def test_a_device_belongs_to_one_patient_and_may_measure_several_things():
    world = a_world(with_other=False)
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Ortega"), serial="second")
    world.cuff.also_measures = ["spo2"]
    world.cuff.save()

    assert {a.enrollment_id for a in world.cuff.devices.get(serial="second").assignments.all()} == {other.pk}
    entry = {"device": "second", "metric": "spo2", "measured_at": NOW.isoformat(), "spo2": 97}
    assert world.send([entry], now=NOW) is not None
