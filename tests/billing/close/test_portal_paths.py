"""From what people did to the lines that come out: each line has the payer, policy, order, consent, device and person
of its own date of service.
"""

from datetime import date, timedelta

import pytest

from billing.evidence.gather import packets_of
from billing.facts.case_files import facts_of
from billing.models import Claim, ClaimLine, PayerPolicy
from billing.rules import decide
from enrollment import services as enrollment
from enrollment.models import Payer
from rpm_portal.core.days import Month
from tests.billing.close.test_close import MARCH, compute
from tests.builders import CONSENT_STATEMENTS, a_patient, an_enrollment, at, days

FEBRUARY_WINDOW = days("2026-02-10", "2026-03-01")  # twenty days of the window that ends on March 11
IN_APRIL = at("2026-04-03")


def paid_by(close):
    """(code, date of service, payer) of each line; no payer is None."""
    rows = ClaimLine.objects.filter(close=close).exclude(state="void").select_related("claim__payer")
    return [
        (line.code, str(line.dos), line.claim.payer.name if line.claim.payer else None)
        for line in rows.order_by("dos", "code")
    ]


def billed(close):
    return [(code, on) for code, on, _ in paid_by(close)]


def findings_of(world, *, row=None, month=MARCH, after=date(2026, 4, 3)):
    """The findings of the decision, by code."""
    (case,) = facts_of(
        world.practice.pk, [(row or world.enrollment).pk], month=month, zone=world.practice.zone, today=after
    )
    return {finding.code: finding for finding in decide(case.facts, case.policy).findings}


@pytest.fixture
def worked(world):
    """March of the test patient: a window from February 10 to March 11, and 20:50 with a call on March 5."""
    world.read(FEBRUARY_WINDOW)
    world.work("2026-03-05", 1250)
    world.call("2026-03-05")
    return world


def a_second_payer(world, **policy):
    payer = Payer.objects.create(practice=world.practice, name="BlueCo")
    values = {"preset": "medicare_general_supervision", "starts_on": date(2019, 1, 1), "source": "test"} | policy
    PayerPolicy.objects.create(practice=world.practice, payer=payer, **values)
    return payer


def change_payer(world, payer, *, last_day):
    nurse = world.user("clinical_staff")
    enrollment.end_coverage(coverage=world.patient.coverages.get(), ends_on=last_day, by=nurse)
    if payer is not None:
        enrollment.add_coverage(
            patient=world.patient, payer=payer, member_id="B1", starts_on=last_day + timedelta(days=1), by=nurse
        )


@pytest.mark.parametrize(
    ("last_day", "payer_of_the_window"), [("2026-03-10", "BlueCo"), ("2026-03-11", "Medicare Part B")]
)
def test_k1_each_line_goes_to_the_payer_of_its_own_date_of_service(worked, last_day, payer_of_the_window):
    change_payer(worked, a_second_payer(worked), last_day=date.fromisoformat(last_day))

    assert paid_by(compute(worked)) == [
        ("99453", "2026-03-11", payer_of_the_window),
        ("99454", "2026-03-11", payer_of_the_window),
        ("99457", "2026-03-31", "BlueCo"),
    ]


def test_k1_each_line_is_decided_under_the_policy_of_its_own_payer(worked):
    strict = {"preset": "strict_provider_only", "departures": [
        {"key": "setup_min_days", "value": 30, "from": "2019-01-01", "source": "letter"},
        {"key": "short_supply_codes_enabled", "value": False, "from": "2019-01-01", "source": "letter"},
    ]}  # fmt: skip
    change_payer(worked, a_second_payer(worked, **strict), last_day=date(2026, 3, 15))
    close = compute(worked)

    assert paid_by(close) == [
        ("99453", "2026-03-11", "Medicare Part B"),
        ("99454", "2026-03-11", "Medicare Part B"),
    ]
    assert set(close.lines.values_list("policy", flat=True)) == {"medicare_general_supervision"}


def test_k2_lines_before_the_end_of_coverage_keep_their_payer_and_later_ones_have_none(worked):
    change_payer(worked, None, last_day=date(2026, 3, 20))

    # The strictest reading, which applies without a payer, does not count the nurse's time of March 31.
    assert paid_by(compute(worked)) == [
        ("99453", "2026-03-11", "Medicare Part B"),
        ("99454", "2026-03-11", "Medicare Part B"),
    ]
    assert "NO_COVERAGE" in findings_of(worked)


def test_a_later_change_of_coverage_changes_no_line_dated_before_it(worked):
    before = compute(worked)
    kept = list(before.lines.filter(dos="2026-03-11").values_list("pk", "digest", "claim_id"))
    change_payer(worked, a_second_payer(worked), last_day=date(2026, 3, 15))
    after = compute(worked)

    assert (
        list(after.lines.filter(dos="2026-03-11").exclude(state="void").values_list("pk", "digest", "claim_id")) == kept
    )
    assert paid_by(after)[2] == ("99457", "2026-03-31", "BlueCo")


def ordered_to(world, last_day, *, renewed_on=None, consent=True):
    """A second patient whose order ends on a day, with the readings and the work of `worked`."""
    doctor = world.members["physician"]
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="K3", family="Renewed")
    row = an_enrollment(world, patient, ordered_to=last_day, serial="cuff-k3")
    world.read(FEBRUARY_WINDOW, serial="cuff-k3")
    world.work("2026-03-05", 900, row=row)
    world.call("2026-03-05", row=row)
    if renewed_on is not None:
        enrollment.sign_order(
            enrollment=row, ordered_by=doctor, measures="blood pressure", frequency="daily", starts_on=renewed_on,
            now=at(renewed_on),
        )  # fmt: skip
    return row


def billed_for(close, row):
    rows = close.lines.filter(enrollment=row).exclude(state="void").order_by("dos", "code")
    return [(line.code, str(line.dos)) for line in rows]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last_day", "renewed_on", "supply_on", "management_on"),
    [
        pytest.param(date(2026, 3, 10), None, "2026-03-10", "2026-03-10", id="not renewed"),
        pytest.param(date(2026, 3, 10), date(2026, 3, 11), "2026-03-11", "2026-03-31", id="renewed without a gap"),
        pytest.param(date(2026, 3, 10), date(2026, 3, 13), "2026-03-10", "2026-03-31", id="renewed after two days"),
        pytest.param(date(2026, 3, 9), date(2026, 3, 13), "2026-03-09", "2026-03-31", id="after three days"),
    ],
)
def test_k3_a_late_renewal_removes_nothing_that_was_earned(world, last_day, renewed_on, supply_on, management_on):
    row = ordered_to(world, last_day, renewed_on=renewed_on)

    # 15:00 is enough for 99470. The supply is dated on the last day of its window with an order.
    assert billed_for(compute(world), row) == [
        ("99453", supply_on),
        ("99454", supply_on),
        ("99470", management_on),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "counts"), [("2026-03-10", True), ("2026-03-11", False), ("2026-03-12", False), ("2026-03-13", True)]
)
def test_k3_work_on_a_day_without_an_order_does_not_count(world, day, counts):
    row = ordered_to(world, date(2026, 3, 10), renewed_on=date(2026, 3, 13))
    world.work(day, 300, row=row)

    assert (billed_for(compute(world), row)[-1][0] == "99457") is counts
    assert ("TIME_WITHOUT_DOCUMENTS" in findings_of(world, row=row)) is not counts


@pytest.mark.parametrize(("again_on", "counts"), [("2026-03-11", True), ("2026-03-13", False)])
def test_work_in_a_gap_between_consents_does_not_count_and_the_rest_does(world, again_on, counts):
    row = ordered_to(world, None)
    nurse = world.user("clinical_staff")
    enrollment.withdraw_consent(enrollment=row, on=date(2026, 3, 10), by=nurse, now=at("2026-03-10"))
    enrollment.record_consent(
        enrollment=row, given_on=date.fromisoformat(again_on), mode="phone", taken_by=nurse, now=at(again_on),
        **CONSENT_STATEMENTS,
    )  # fmt: skip
    world.work("2026-03-12", 300, row=row)

    assert billed_for(compute(world), row)[-1] == ("99457" if counts else "99470", "2026-03-31")


@pytest.mark.parametrize(("returned", "billable"), [("2026-02-10", True), ("2026-02-28", True), ("2026-02-09", False)])
def test_k5_a_returned_device_supports_the_window_in_which_it_was_with_the_patient(worked, returned, billable):
    enrollment.take_back_device(
        assignment=worked.enrollment.assignments.get(), ends_at=at(returned), by=worked.user("clinical_staff")
    )

    lines = billed(compute(worked))
    assert (("99454", "2026-03-11") in lines) is billable
    assert ("99457", "2026-03-31") not in lines, "no device was with the patient in March"


@pytest.mark.parametrize(
    ("handed_over", "billable"),
    [
        (at("2026-03-31", "23:30:00"), True),
        (at("2026-04-01", "00:30:00"), False),
        (at("2026-04-02"), False),
    ],
)
def test_k6_a_device_counts_from_its_hand_over_by_the_practices_day(worked, handed_over, billable):
    nurse = worked.user("clinical_staff")
    enrollment.take_back_device(assignment=worked.enrollment.assignments.get(), ends_at=at("2026-02-09"), by=nurse)
    cuff = enrollment.add_device(model=worked.cuff, serial="late", by=nurse)
    enrollment.assign_device(device=cuff, enrollment=worked.enrollment, starts_at=handed_over, by=nurse)

    assert (("99457", "2026-03-31") in billed(compute(worked))) is billable


def discharged_and_enrolled_again(world, *, left, back, goal_met=False):
    nurse = world.user("clinical_staff")
    enrollment.discharge(
        enrollment=world.enrollment, on=left, reason="travelling", by=nurse, now=at(left), goal_met=goal_met
    )
    return an_enrollment(world, world.patient, started=back, serial="again")


@pytest.mark.parametrize("goal_met", [False, True])
def test_k8_set_up_is_billed_again_only_if_the_goal_of_the_episode_was_met(worked, goal_met):
    row = discharged_and_enrolled_again(worked, left=date(2026, 3, 20), back=date(2026, 3, 22), goal_met=goal_met)
    worked.read(days("2026-03-22", "2026-04-20"), serial="again")
    compute(worked)
    april = compute(worked, month=Month(2026, 4), now=at("2026-05-03"))

    assert [(code, on) for code, on in billed_for(april, row) if code == "99453"] == (
        [("99453", "2026-04-20")] if goal_met else []
    )
    found = findings_of(worked, row=row, month=Month(2026, 4), after=date(2026, 5, 3))
    assert ("SETUP_OF_EARLIER_EPISODE" in found) is goal_met


@pytest.mark.parametrize(
    ("first", "second", "code"), [(600, 600, "99457"), (600, 599, "99470"), (300, 300, "99470"), (300, 299, None)]
)
def test_time_of_one_patient_and_program_adds_up_over_a_month_with_two_enrollments(world, first, second, code):
    world.work("2026-03-05", first)
    world.call("2026-03-05")
    row = discharged_and_enrolled_again(world, left=date(2026, 3, 10), back=date(2026, 3, 12))
    world.work("2026-03-20", second, row=row)
    close = compute(world)

    assert billed_for(close, world.enrollment) == []
    assert billed_for(close, row) == ([(code, "2026-03-31")] if code else [])
    assert "MGMT_COUNTED_IN_LATER_ENROLLMENT" in findings_of(world)


def test_time_between_two_enrollments_does_not_count(world):
    world.work("2026-03-05", 600)
    world.call("2026-03-05")
    world.work("2026-03-11", 600)
    row = discharged_and_enrolled_again(world, left=date(2026, 3, 10), back=date(2026, 3, 12))

    assert billed_for(compute(world), row) == [("99470", "2026-03-31")]


@pytest.mark.parametrize(("educated", "set_up"), [("2026-03-11", True), ("2026-03-12", False), ("2026-03-25", False)])
def test_k9_set_up_is_never_dated_before_the_education(worked, educated, set_up):
    nurse, on = worked.user("clinical_staff"), date.fromisoformat(educated)
    enrollment.new_episode(
        enrollment=worked.enrollment, on=on, goal_met=True, reason="Goal reached, new course", by=nurse, now=at(on)
    )
    enrollment.record_education(enrollment=worked.enrollment, on=on, by=nurse)

    assert (("99453", "2026-03-11") in billed(compute(worked))) is set_up


@pytest.mark.parametrize(("starts_on", "supply"), [("2026-03-11", False), ("2026-03-12", True), ("2026-03-16", True)])
def test_k10_the_policy_row_in_force_on_the_date_of_service_decides(worked, starts_on, supply):
    first_day = date.fromisoformat(starts_on)
    old = PayerPolicy.objects.get(practice=worked.practice)
    old.ends_on = first_day - timedelta(days=1)
    old.save()
    PayerPolicy.objects.create(
        practice=worked.practice, payer=worked.payer, preset="medicare_general_supervision", starts_on=first_day,
        source="letter", departures=[
            {"key": "diagnosis_scope", "value": ["E11"], "from": "2019-01-01", "source": "letter"},
            {"key": "prior_auth_required", "value": True, "from": "2019-01-01", "source": "letter"},
            {"key": "device_window", "value": "calendar_month", "from": "2019-01-01", "source": "letter"},
        ],
    )  # fmt: skip

    assert billed(compute(worked)) == ([("99453", "2026-03-11"), ("99454", "2026-03-11")] if supply else [])


def test_k12_nobody_reads_that_no_other_practice_bills_unless_the_patient_was_asked(worked):
    unasked = findings_of(worked)
    enrollment.change_enrollment(
        enrollment=worked.enrollment, reason="asked", by=worked.user("clinical_staff"), now=at("2026-03-01"),
        other_monitoring="no",
    )  # fmt: skip
    asked = findings_of(worked)

    assert "NO_OTHER_PRACTITIONER" not in unasked
    assert "OTHER_PRACTITIONER_NOT_ASKED" in unasked
    assert "NO_OTHER_PRACTITIONER" in asked
    assert "OTHER_PRACTITIONER_NOT_ASKED" not in asked


@pytest.mark.parametrize(
    ("answer", "ended_on", "found"),
    [
        ("running", None, "OTHER_PRACTITIONER_MONITORS"),
        ("ended", date(2026, 3, 1), "OTHER_PRACTITIONER_MONITORED"),
        ("ended", date(2026, 2, 9), "NO_OTHER_PRACTITIONER"),
    ],
)
def test_k12_what_the_patient_says_of_another_practice_is_shown_on_each_line(worked, answer, ended_on, found):
    enrollment.change_enrollment(
        enrollment=worked.enrollment, reason="asked", by=worked.user("clinical_staff"), now=at("2026-03-01"),
        other_monitoring=answer, other_monitoring_ended_on=ended_on,
    )  # fmt: skip
    lines = list(compute(worked).lines.exclude(state="void"))

    assert len(lines) == 3
    assert all(found in {reason["code"] for reason in line.because} for line in lines)
    assert all(line.needs_look for line in lines)


@pytest.mark.parametrize(
    ("last_day", "flagged"),
    [
        ("2026-03-10", {"99453", "99454", "99457"}),
        ("2026-03-11", {"99457"}),
        ("2026-03-30", {"99457"}),
        ("2026-03-31", set()),
    ],
)
def test_k13_a_line_dated_after_the_billing_providers_role_ended_is_flagged_with_the_day(worked, last_day, flagged):
    doctor = worked.members["physician"]
    doctor.ends_on = date.fromisoformat(last_day)
    doctor.save()
    close = compute(worked)
    lines = list(close.lines.exclude(state="void"))

    assert len(lines) == 3
    reasons = {line.code: {reason["code"]: reason["says"] for reason in line.because} for line in lines}
    assert {code for code, found in reasons.items() if "PROVIDER_LEFT_PRACTICE" in found} == flagged
    assert all(line.needs_look for line in lines if line.code in flagged)


@pytest.mark.parametrize(
    ("paused", "resumed", "flagged"),
    [
        ("2026-03-12", "2026-03-31", {"99457"}),
        ("2026-03-11", "2026-03-31", {"99453", "99454", "99457"}),
        ("2026-02-20", "2026-02-28", {"99453", "99454"}),
        ("2026-02-01", "2026-02-09", set()),
    ],
)
def test_k14_lines_with_paused_days_are_flagged(worked, paused, resumed, flagged):
    nurse, row = worked.user("clinical_staff"), worked.enrollment
    row = enrollment.pause(
        enrollment=row, on=date.fromisoformat(paused), reason="in hospital", by=nurse, now=at(paused)
    )
    enrollment.resume(enrollment=row, on=date.fromisoformat(resumed), by=nurse, now=at(resumed))
    lines = list(compute(worked).lines.exclude(state="void"))

    with_pause = {line.code for line in lines if "SERVICE_PAUSED" in {r["code"] for r in line.because}}
    assert with_pause == flagged


@pytest.mark.parametrize(("left", "management_on"), [("2026-03-20", "2026-03-20"), ("2026-03-31", "2026-03-31")])
def test_no_line_is_dated_after_service_ended(worked, left, management_on):
    enrollment.discharge(
        enrollment=worked.enrollment, on=date.fromisoformat(left), reason="goal reached",
        by=worked.user("clinical_staff"), now=at(left),
    )  # fmt: skip

    assert billed(compute(worked))[-1] == ("99457", management_on)


def test_the_facts_of_a_chunk_take_at_most_twelve_statements(world, django_assert_max_num_queries):
    ids = [world.enrollment.pk]
    for number in range(3):
        patient = a_patient(world.practice, world.user("clinical_staff"), mrn=f"S{number}", family=f"Many{number}")
        ids.append(an_enrollment(world, patient, serial=f"many-{number}").pk)
    row = discharged_and_enrolled_again(world, left=date(2026, 3, 10), back=date(2026, 3, 12))

    with django_assert_max_num_queries(12):
        cases = facts_of(
            world.practice.pk, [*ids, row.pk], month=MARCH, zone=world.practice.zone, today=date(2026, 4, 3)
        )
    assert len(cases) == 5


@pytest.mark.parametrize(
    ("on", "lines"),
    [
        ("2026-03-04", [("99453", "2026-03-04"), ("99454", "2026-03-04")]),
        ("2026-03-05", [("99453", "2026-03-05"), ("99454", "2026-03-05"), ("99457", "2026-03-05")]),
        ("2026-03-31", [("99453", "2026-03-11"), ("99454", "2026-03-11"), ("99457", "2026-03-31")]),
    ],
)
def test_no_line_is_dated_after_the_death_and_no_later_day_counts(worked, on, lines):
    enrollment.record_death(
        patient=worked.patient, on=date.fromisoformat(on), source="daughter by phone", now=at("2026-04-02"),
        by=worked.user("clinical_staff"),
    )  # fmt: skip

    assert billed(compute(worked)) == lines
    assert ("RECORDED_AFTER_DEATH" in findings_of(worked)) is (on == "2026-03-04")


@pytest.mark.parametrize(("seen_on", "billable"), [("2015-01-02", False), ("2023-01-04", False), ("2023-01-05", True)])
def test_k15_rpm_needs_a_visit_within_three_years_before_it_began(worked, seen_on, billable):
    enrollment.change_patient(
        patient=worked.patient, reason="as the chart says", by=worked.user("clinical_staff"), now=at("2026-03-01"),
        established_on=date.fromisoformat(seen_on),
    )  # fmt: skip

    assert bool(billed(compute(worked))) is billable
    row = worked.enrollment
    row.refresh_from_db()
    said = [
        sentence for sentence in enrollment.missing_for_start(row, on=date(2026, 3, 1)) if "three years" in sentence
    ]
    assert len(said) == (0 if billable else 1)


def test_the_packet_of_a_line_contains_the_time_of_both_enrollments(world):
    world.work("2026-03-05", 600)
    world.call("2026-03-05")
    row = discharged_and_enrolled_again(world, left=date(2026, 3, 10), back=date(2026, 3, 12))
    world.work("2026-03-20", 600, row=row)
    close = compute(world)
    close.lines.exclude(state="void").update(state="approved")
    (packet,) = packets_of(close, list(Claim.objects.filter(close=close, lines__state="approved").distinct()))
    rows = {part.key: len(part.rows) for part in packet.parts}

    assert (rows["claim"], rows["time"], rows["calls"], rows["order"], rows["consent"]) == (1, 2, 1, 2, 2)
