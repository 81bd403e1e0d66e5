"""What people record for billing decides the lines of its own days: authorizations, other practices, stays, visits."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from billing.facts.as_of import decided_as_of
from billing.facts.case_files import facts_of
from billing.facts.recorded import RecordedFacts
from billing.models import PayerPolicy
from billing.review.before_month_end import running_out
from enrollment import services as enrollment
from enrollment.models import (
    CareStatus,
    OtherBillingAnswer,
    OutsideClaim,
    Payer,
    PlanOfCare,
    PriorAuthorization,
    QualifyingVisit,
)
from rpm_portal.core.days import Month
from tests.billing.close.test_close import MARCH, compute
from tests.billing.close.test_portal_paths import FEBRUARY_WINDOW, billed, findings_of
from tests.builders import a_patient, an_enrollment, at, days
from timetracking.intervals.refusals import TimeRefused
from timetracking.timers import add_entry, start_timer

APRIL = Month(2026, 4)
IN_MARCH, IN_APRIL = at("2026-03-31", "12:00:00"), at("2026-04-02", "12:00:00")
SET_UP, SUPPLY, MANAGED = ("99453", "2026-03-11"), ("99454", "2026-03-11"), ("99457", "2026-03-31")


@pytest.fixture
def worked(world):
    """March of the test patient: a window from February 10 to March 11, and 20:50 with a call on March 5."""
    world.read(FEBRUARY_WINDOW)
    world.work("2026-03-05", 1250)
    world.call("2026-03-05")
    return world


def record(world, model, *, now=IN_APRIL, patient=None, **values):
    """Record a fact of the test patient as the nurse."""
    source = values.pop("source", "patient by phone")
    patient = patient or world.patient
    return enrollment.record_fact(
        model, patient=patient, source=source, by=world.user("clinical_staff"), now=now, **values
    )


def authorize(world, **values):
    facts = {
        "payer": world.payer, "outcome": "approved", "number": "PA-1", "starts_on": date(2026, 1, 1), "codes": [],
    } | values  # fmt: skip
    return record(world, PriorAuthorization, **facts)


def require_authorization(world):
    policy = PayerPolicy.objects.get(practice=world.practice)
    policy.departures = [{"key": "prior_auth_required", "value": True, "from": "2019-01-01", "source": "letter"}]
    policy.save()


def reasons(close, code):
    """The reasons of the line of a code, by their codes, as sentences."""
    (line,) = close.lines.exclude(state="void").filter(code=code)
    return {reason["code"]: reason["says"] for reason in line.because}


# Prior authorization (K11)


def test_k11_a_payer_that_requires_authorization_pays_once_one_is_recorded(worked):
    require_authorization(worked)
    assert billed(compute(worked)) == []
    assert "none is recorded" in findings_of(worked)["PRIOR_AUTH_MISSING"].sentence

    authorize(worked)
    close = compute(worked)

    assert billed(close) == [SET_UP, SUPPLY, MANAGED]
    assert set(close.lines.exclude(state="void").values_list("authorization", flat=True)) == {"PA-1"}
    assert reasons(close, "99454")["PRIOR_AUTH_ON_FILE"] == "Prior authorization PA-1 covers 99454 on Mar 11, 2026."


@pytest.mark.parametrize("outcome", ["requested", "denied"])
def test_a_request_without_approval_authorizes_nothing(worked, outcome):
    require_authorization(worked)
    authorize(worked, outcome=outcome)

    assert billed(compute(worked)) == []


@pytest.mark.parametrize(
    ("first", "last", "lines", "finding"),
    [
        ("2026-03-11", "2026-03-31", [SET_UP, SUPPLY, MANAGED], None),
        ("2026-03-12", "2026-03-31", [MANAGED], "PRIOR_AUTH_NOT_BEGUN"),
        ("2026-01-01", "2026-03-30", [SET_UP, SUPPLY], "PRIOR_AUTH_EXPIRED"),
        ("2026-01-01", "2026-03-10", [], "PRIOR_AUTH_EXPIRED"),
        ("2026-04-01", None, [], "PRIOR_AUTH_MISSING"),
    ],
)
def test_each_line_needs_an_authorization_on_its_own_date_of_service(worked, first, last, lines, finding):
    require_authorization(worked)
    ends_on = date.fromisoformat(last) if last else None
    authorize(worked, starts_on=date.fromisoformat(first), ends_on=ends_on)

    assert billed(compute(worked)) == lines
    if finding:
        assert finding in findings_of(worked)


def test_a_code_that_the_authorization_does_not_name_is_not_billed_under_it(worked):
    require_authorization(worked)
    authorize(worked, codes=["99453", "99454"])

    assert billed(compute(worked)) == [SET_UP, SUPPLY]
    sentence = findings_of(worked)["PRIOR_AUTH_OTHER_CODES"].sentence
    assert "PA-1 does not cover 99457 on Mar 31, 2026. Ask the payer to add the code" in sentence


@pytest.mark.parametrize(("units", "lines"), [(2, [SET_UP, SUPPLY]), (3, [SET_UP, SUPPLY, MANAGED])])
def test_an_authorization_is_counted_down_by_the_units_of_the_month(worked, units, lines):
    require_authorization(worked)
    authorize(worked, units=units)

    assert billed(compute(worked)) == lines
    found = findings_of(worked)
    assert ("PRIOR_AUTH_USED_UP" in found) is (units == 2)
    if units == 2:
        assert found["PRIOR_AUTH_USED_UP"].sentence == (
            "All 2 units of prior authorization PA-1 are billed, and 1 of 99457 are earned. Ask the payer for more units, "
            "and record its answer."
        )


def test_the_units_of_earlier_months_and_from_before_the_portal_are_counted_too(worked):
    require_authorization(worked)
    authorize(worked, units=4, codes=["99454"])
    world, values = worked, {"biller": "ours", "code": "99454", "period_start": date(2026, 1, 11)}
    record(world, OutsideClaim, dos=date(2026, 2, 9), units=2, **values)
    compute(worked)
    worked.read(days("2026-03-12", "2026-03-31"))
    worked.call("2026-04-05")
    assert ("99454", "2026-04-10") in billed(compute(worked, month=APRIL, now=at("2026-05-02")))

    world.read(days("2026-04-11", "2026-04-30"))
    may = compute(worked, month=Month(2026, 5), now=at("2026-06-02"))

    assert billed(may) == []
    assert "PRIOR_AUTH_USED_UP" in findings_of(worked, month=Month(2026, 5), after=date(2026, 6, 2))


def test_two_authorizations_are_used_in_the_order_in_which_they_end(worked):
    require_authorization(worked)
    authorize(worked, number="LATE", units=5, ends_on=date(2026, 12, 31))
    authorize(worked, number="SOON", units=2, ends_on=date(2026, 6, 30))
    rows = compute(worked).lines.exclude(state="void").order_by("dos", "code").values_list("code", "authorization")

    assert list(rows) == [("99453", "SOON"), ("99454", "SOON"), ("99457", "LATE")]


def test_an_authorization_of_another_payer_authorizes_nothing(worked):
    require_authorization(worked)
    other = Payer.objects.create(practice=worked.practice, name="BlueCo")
    enrollment.end_coverage(
        coverage=worked.patient.coverages.get(), ends_on=date(2026, 12, 31), by=worked.user("biller")
    )
    enrollment.add_coverage(
        patient=worked.patient, payer=other, member_id="B1", starts_on=date(2027, 1, 1), by=worked.user("biller")
    )
    authorize(worked, payer=other)

    assert billed(compute(worked)) == []


def test_an_authorization_is_printed_and_withholds_nothing_if_the_payer_requires_none(worked):
    authorize(worked, units=1, codes=["99457"])
    row = authorize(worked, number="PA-2", codes=["99454"], ends_on=date(2026, 3, 10))
    lines = compute(worked).lines.exclude(state="void").order_by("dos", "code")

    assert list(lines.values_list("code", "authorization")) == [("99453", ""), ("99454", ""), ("99457", "PA-1")]
    assert row.ends_on == date(2026, 3, 10)


def test_a_withdrawn_authorization_no_longer_counts(worked):
    require_authorization(worked)
    row = authorize(worked)
    assert billed(compute(worked)) == [SET_UP, SUPPLY, MANAGED]
    enrollment.withdraw_fact(row, reason="another patient's", by=worked.user("biller"), now=IN_APRIL)

    assert billed(compute(worked)) == []


@pytest.mark.parametrize(("ends_on", "listed"), [("2026-04-30", True), ("2026-05-01", False), ("2026-02-28", False)])
def test_an_authorization_that_ends_within_thirty_days_of_the_month_is_listed(worked, ends_on, listed):
    authorize(worked, ends_on=date.fromisoformat(ends_on))
    found = [(str(entry.on), entry.what) for entry in running_out(worked.practice, MARCH)]

    sentence = "Prior authorization PA-1 ends. Ask the payer to extend it."
    assert found == ([(ends_on, sentence)] if listed else [])


@pytest.mark.parametrize(("units", "listed"), [(6, True), (7, False)])
def test_an_authorization_with_few_units_left_is_listed(worked, units, listed):
    authorize(worked, units=units)
    compute(worked)
    found = [entry.what for entry in running_out(worked.practice, MARCH)]

    assert found == (["Prior authorization PA-1 has 3 of 6 units left. Ask the payer for more."] if listed else [])


# Other practices (K12)


def test_k12_a_claim_of_another_practice_blocks_the_lines_of_its_period(worked):
    values = {"biller": "other", "biller_name": "Heart Center", "dos": date(2026, 3, 11)}
    record(worked, OutsideClaim, code="99454", period_start=date(2026, 2, 10), **values)

    assert billed(compute(worked)) == []
    assert "OTHER_PRACTITIONER_BILLED" in findings_of(worked)


def test_a_claim_of_another_practice_in_another_period_removes_nothing(worked):
    values = {"biller": "other", "biller_name": "Heart Center", "dos": date(2026, 2, 9)}
    record(worked, OutsideClaim, code="99454", period_start=date(2026, 1, 11), **values)

    assert billed(compute(worked)) == [SET_UP, SUPPLY, MANAGED]


def test_the_reason_names_who_was_asked_about_other_practices_and_when(worked):
    record(worked, OtherBillingAnswer, asked_on=date(2026, 2, 1), asked_of="patient", answer="none")
    record(worked, OtherBillingAnswer, asked_on=date(2026, 3, 20), asked_of="payer", answer="some")
    close = compute(worked)

    said = reasons(close, "99454")["NO_OTHER_PRACTITIONER_ASKED"]
    assert said == "No other practice bills remote monitoring, as the patient answered on Feb 1, 2026."
    assert "the payer answered on Mar 20, 2026" in reasons(close, "99457")["OTHER_PRACTITIONER_REPORTED"]
    assert close.lines.get(code="99457").needs_look


@pytest.mark.parametrize("asked_on", ["2026-04-02", "2026-05-02"])
def test_an_answer_asked_for_at_the_close_counts_and_one_of_a_later_month_does_not(worked, asked_on):
    on = date.fromisoformat(asked_on)
    record(worked, OtherBillingAnswer, asked_on=on, asked_of="patient", answer="none", now=at(on))

    assert ("NO_OTHER_PRACTITIONER_ASKED" in findings_of(worked)) is (asked_on == "2026-04-02")


def test_a_setup_billed_before_the_portal_is_not_billed_again(worked):
    record(worked, OutsideClaim, biller="ours", code="99453", dos=date(2025, 12, 15))

    assert billed(compute(worked)) == [SUPPLY, MANAGED]


# Stays and statuses (K12, K14)


@pytest.mark.parametrize(
    ("first", "last", "flagged"),
    [
        ("2026-03-12", "2026-03-20", {"99457"}),
        ("2026-03-11", "2026-03-20", {"99453", "99454", "99457"}),
        ("2026-02-20", "2026-02-28", {"99453", "99454"}),
        ("2026-02-01", "2026-02-09", set()),
        ("2026-03-31", None, {"99457"}),
    ],
)
@pytest.mark.parametrize(
    ("kind", "finding"),
    [("inpatient", "INPATIENT_STAY"), ("hospice", "HOSPICE_ELECTED"), ("snf", "SKILLED_NURSING_STAY"),
     ("home_health", "HOME_HEALTH_EPISODE")],
)  # fmt: skip
def test_k14_lines_with_days_of_a_stay_are_flagged_with_its_days(worked, kind, finding, first, last, flagged):
    ends_on = date.fromisoformat(last) if last else None
    record(worked, CareStatus, kind=kind, starts_on=date.fromisoformat(first), ends_on=ends_on)
    lines = list(compute(worked).lines.exclude(state="void"))

    assert len(lines) == 3
    assert {line.code for line in lines if finding in {reason["code"] for reason in line.because}} == flagged
    assert all(line.needs_look for line in lines if line.code in flagged)


@pytest.mark.parametrize(
    ("first", "last", "same", "related", "lines"),
    [
        ("2026-03-01", "2026-05-30", True, True, []),
        ("2026-03-12", "2026-06-09", True, True, [SET_UP, SUPPLY]),
        ("2026-01-01", "2026-03-30", True, True, [MANAGED]),
        ("2026-03-01", "2026-05-30", True, False, [SET_UP, SUPPLY, MANAGED]),
        ("2026-03-01", "2026-05-30", False, True, [SET_UP, SUPPLY, MANAGED]),
    ],
)
def test_care_of_the_own_surgery_is_not_billed_inside_its_global_period(worked, first, last, same, related, lines):
    record(
        worked, CareStatus, kind="surgery", starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last),
        same_practitioner=same, related=related,
    )  # fmt: skip

    assert billed(compute(worked)) == lines


@pytest.mark.parametrize(("reason", "counts"), [("called", False), ("the ward asked", True)])
def test_k14_time_on_a_paused_enrollment_needs_a_reason_and_its_line_is_flagged(worked, reason, counts):
    nurse, row = worked.members["clinical_staff"], worked.enrollment
    row = enrollment.pause(
        enrollment=row, on=date(2026, 3, 20), reason="in hospital", by=nurse.user, now=at("2026-03-20")
    )
    with pytest.raises(TimeRefused, match="Monitoring is paused"):
        start_timer(enrollment=row, activity="review", by=nurse, now=at("2026-03-21"))
    enter = {
        "enrollment": row, "activity": "review", "started_at": at("2026-03-21"), "reason": reason, "staff": nurse,
        "stopped_at": at("2026-03-21", "09:20:00"), "by": nurse, "now": at("2026-03-21", "10:00:00"),
    }  # fmt: skip
    if not counts:
        with pytest.raises(TimeRefused, match="Monitoring is paused"):
            add_entry(**enter)
        return
    add_entry(**enter)
    lines = list(compute(worked).lines.exclude(state="void").filter(component="management"))

    assert [line.code for line in lines] == ["99457", "99458"]
    assert all("SERVICE_PAUSED" in {reason["code"] for reason in line.because} for line in lines)


# Visits (K15)


def test_k15_a_later_visit_never_removes_a_line_dated_before_it(worked):
    before = billed(compute(worked))
    enrollment.change_patient(
        patient=worked.patient, reason="seen again", by=worked.user("clinical_staff"), now=IN_MARCH,
        established_on=date(2026, 3, 20),
    )  # fmt: skip

    assert before == billed(compute(worked)) == [SET_UP, SUPPLY, MANAGED]
    assert QualifyingVisit.objects.get(patient=worked.patient).visited_on == date(2025, 11, 3)


@pytest.mark.parametrize(("seen_on", "billable"), [("2023-01-04", False), ("2023-01-05", True)])
def test_k15_a_recorded_visit_within_three_years_makes_the_patient_established(worked, seen_on, billable):
    enrollment.change_patient(
        patient=worked.patient, reason="as the chart says", by=worked.user("clinical_staff"), now=IN_MARCH,
        established_on=date(2015, 1, 2),
    )  # fmt: skip
    record(worked, QualifyingVisit, visited_on=date.fromisoformat(seen_on), kind="office", seen_by="Dr. Ito")
    worked.enrollment.refresh_from_db()
    missing = enrollment.missing_for_start(worked.enrollment, on=date(2026, 3, 1))

    assert bool(billed(compute(worked))) is billable
    assert any("three years" in sentence for sentence in missing) is not billable


# Billing provider and supervisor


def rendered(close):
    """(code, date of service, billing provider's role) of each line."""
    rows = close.lines.exclude(state="void").select_related("claim__billing_provider").order_by("dos", "code")
    return [(line.code, str(line.dos), line.claim.billing_provider.role) for line in rows]


def take_over(world, on, **more):
    enrollment.change_enrollment(
        enrollment=world.enrollment, reason="new provider", by=world.user("manager"), now=at(on),
        billing_provider=world.members["qhp"], **more,
    )  # fmt: skip


@pytest.mark.parametrize(("on", "of_window"), [("2026-03-11", "qhp"), ("2026-03-12", "physician")])
def test_another_billing_provider_bills_the_lines_from_the_day_of_the_change(worked, on, of_window):
    take_over(worked, on)

    assert rendered(compute(worked)) == [
        ("99453", "2026-03-11", of_window),
        ("99454", "2026-03-11", of_window),
        ("99457", "2026-03-31", "qhp"),
    ]


def test_a_change_of_provider_after_the_month_changes_no_line_of_it(worked):
    before = compute(worked)
    kept = list(before.lines.values_list("pk", "digest", "claim_id").order_by("pk"))
    take_over(worked, "2026-04-02")
    after = compute(worked)

    assert list(after.lines.exclude(state="void").values_list("pk", "digest", "claim_id").order_by("pk")) == kept


def test_a_correction_of_the_provider_applies_to_all_days_and_none_lies_in_the_future(worked):
    with pytest.raises(ValidationError, match="Change the provider once it has come"):
        take_over(worked, "2026-03-20", from_day=date(2026, 3, 21))
    take_over(worked, "2026-03-20", from_day=date(2026, 1, 5))

    assert {role for _, _, role in rendered(compute(worked))} == {"qhp"}


@pytest.mark.parametrize(("left", "flagged"), [("2026-03-10", {"99453", "99454"}), ("2026-03-11", set())])
def test_k13_the_lines_of_a_provider_who_left_before_the_change_are_flagged(worked, left, flagged):
    take_over(worked, "2026-03-16")
    doctor = worked.members["physician"]
    doctor.ends_on = date.fromisoformat(left)
    doctor.save()
    lines = compute(worked).lines.exclude(state="void")

    assert {
        line.code for line in lines if "PROVIDER_LEFT_PRACTICE" in {reason["code"] for reason in line.because}
    } == flagged


# Therapy plan of care


@pytest.fixture
def therapy(world):
    """March of an RTM patient of a therapist, with 21 minutes and a call on March 5."""
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="PT1", family="Knee")
    therapist = world.members["therapist"]
    row = an_enrollment(
        world, patient, program="RTM", serial="knee", billing_provider=therapist, supervised_by=None, therapy_plan="PT"
    )
    world.work("2026-03-05", 1260, row=row, by="therapist")
    world.call("2026-03-05", row=row, by="therapist")
    return world, row


def plan_of(world, row, **values):
    facts = {
        "enrollment": row, "discipline": "PT", "starts_on": date(2026, 1, 5), "ends_on": date(2026, 4, 4),
        "certified_by": "Ito", "signed_on": date(2026, 1, 20),
    } | values  # fmt: skip
    return record(world, PlanOfCare, patient=row.patient, **facts)


def billed_of(world, row):
    return [pair for pair in billed(compute(world)) if pair[0].startswith("98")]


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ({}, "THERAPY_PLAN_ON_FILE"),
        ({"signed_on": None}, "THERAPY_PLAN_NOT_CERTIFIED"),
        ({"signed_on": None, "order_signed_on": date(2026, 1, 2), "sent_on": date(2026, 2, 4)}, "THERAPY_PLAN_ON_FILE"),
        (
            {"signed_on": None, "order_signed_on": date(2026, 1, 2), "sent_on": date(2026, 2, 5)},
            "THERAPY_PLAN_NOT_CERTIFIED",
        ),
        (
            {"signed_on": None, "order_signed_on": date(2026, 1, 2), "sent_on": date(2026, 1, 9), "kind": "renewal"},
            "THERAPY_PLAN_NOT_CERTIFIED",
        ),
        ({"ends_on": date(2026, 3, 31)}, "THERAPY_PLAN_ON_FILE"),
        ({"ends_on": date(2026, 3, 30)}, "THERAPY_PLAN_ENDED"),
    ],
)
def test_therapy_is_billed_under_a_plan_that_is_certified_and_in_force(therapy, values, finding):
    world, row = therapy
    plan_of(world, row, **values)
    found = findings_of(world, row=row)

    assert finding in found
    assert billed_of(world, row) == ([("98980", "2026-03-31")] if finding == "THERAPY_PLAN_ON_FILE" else [])


def test_therapy_without_a_plan_on_file_is_not_billed(therapy):
    world, row = therapy

    assert "THERAPY_PLAN_MISSING" in findings_of(world, row=row)
    assert billed_of(world, row) == []


@pytest.mark.parametrize(("role", "modifiers"), [("therapist_assistant", ["GP", "CQ"]), ("clinical_staff", ["GP"])])
def test_set_up_that_an_assistant_taught_carries_the_assistants_modifier(therapy, role, modifiers):
    world, row = therapy
    plan_of(world, row)
    member = world.members["clinical_staff"]
    member.role = role
    member.save()
    enrollment.record_education(enrollment=row, on=date(2026, 1, 5), by=member.user)
    world.read(FEBRUARY_WINDOW, serial="knee")
    (line,) = compute(world).lines.exclude(state="void").filter(component="setup")

    assert (line.code, line.modifiers) == ("98975", modifiers)


# What the services refuse


@pytest.mark.parametrize(
    ("model", "values", "field", "message"),
    [
        (QualifyingVisit, {"visited_on": date(2026, 4, 3), "kind": "office", "seen_by": "x"}, "visited_on", "future"),
        (QualifyingVisit, {"visited_on": date(1949, 4, 3), "kind": "office", "seen_by": "x"}, "visited_on", "birth"),
        (OtherBillingAnswer, {"asked_on": date(2026, 4, 3), "asked_of": "payer", "answer": "none"}, "asked_on", "once"),
        (OutsideClaim, {"biller": "other", "code": "99454", "dos": date(2026, 3, 1)}, "biller_name", "Enter"),
        (OutsideClaim, {"biller": "ours", "code": "994", "dos": date(2026, 3, 1)}, "code", "Write the code"),
        (OutsideClaim, {"biller": "ours", "code": "99454", "dos": date(2026, 5, 1)}, "dos", "once it is billed"),
        (CareStatus, {"kind": "snf", "starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)}, "__all__", "before"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_with_what_to_do(world, model, values, field, message):
    with pytest.raises(ValidationError) as refused:
        record(world, model, **values)

    assert message in refused.value.message_dict[field][0]
    assert not model.objects.exists()


def test_an_authorization_needs_a_number_a_payer_of_the_patient_and_is_recorded_once(world):
    stranger = Payer.objects.create(practice=world.practice, name="BlueCo")
    for values, message in (
        ({"number": ""}, "has a number"), ({"payer": stranger}, "no coverage by BlueCo"), ({"units": 0}, "leave the field"),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match=message):
            authorize(world, **values)
    authorize(world)
    with pytest.raises(ValidationError, match="on file"):
        authorize(world)


@pytest.mark.parametrize(("first", "allowed"), [("2026-03-10", False), ("2026-03-11", True)])
def test_two_stays_of_a_kind_do_not_overlap(world, first, allowed):
    record(world, CareStatus, kind="inpatient", starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 10))
    record(world, CareStatus, kind="hospice", starts_on=date(2026, 3, 1))
    if allowed:
        record(world, CareStatus, kind="inpatient", starts_on=date.fromisoformat(first))
    else:
        with pytest.raises(ValidationError, match="End or withdraw that entry first"):
            record(world, CareStatus, kind="inpatient", starts_on=date.fromisoformat(first))


def test_the_end_of_a_stay_replaces_the_open_row_and_both_stay_on_file(world):
    row = record(world, CareStatus, kind="inpatient", starts_on=date(2026, 3, 1), place="Mercy")
    with pytest.raises(ValidationError, match="began on 2026-03-01"):
        enrollment.end_status(row, on=date(2026, 2, 28), source="letter", by=world.user("biller"), now=IN_APRIL)
    ended = enrollment.end_status(row, on=date(2026, 3, 9), source="letter", by=world.user("biller"), now=IN_APRIL)

    row.refresh_from_db()
    assert (row.void_reason, ended.ends_on, ended.place) == ("ended on 2026-03-09", date(2026, 3, 9), "Mercy")


def test_a_plan_covers_ninety_days_and_belongs_to_rtm(therapy):
    world, row = therapy
    with pytest.raises(ValidationError, match="at most 90 days"):
        plan_of(world, row, ends_on=date(2026, 4, 5))
    with pytest.raises(ValidationError, match="belongs to RTM"):
        record(
            world, PlanOfCare, enrollment=world.enrollment, discipline="PT", starts_on=date(2026, 1, 5),
            ends_on=date(2026, 4, 4), certified_by="Ito",
        )  # fmt: skip


def test_a_fact_is_withdrawn_once_and_with_a_reason(world):
    row = authorize(world)
    with pytest.raises(ValidationError, match="Enter why"):
        enrollment.withdraw_fact(row, reason=" ", by=world.user("biller"), now=IN_APRIL)
    enrollment.withdraw_fact(row, reason="wrong number", by=world.user("biller"), now=IN_APRIL)
    with pytest.raises(ValidationError, match="withdrawn already"):
        enrollment.withdraw_fact(row, reason="wrong number", by=world.user("biller"), now=IN_APRIL)


def test_a_merged_record_brings_its_facts(world):
    nurse = world.user("clinical_staff")
    duplicate = a_patient(world.practice, nurse, mrn="DUP", family="Ortega")
    record(world, CareStatus, patient=duplicate, kind="inpatient", starts_on=date(2026, 3, 1))
    enrollment.merge_patients(
        keep=world.patient, other=duplicate, reason="same birth date and card", by=nurse, now=IN_APRIL
    )

    assert CareStatus.objects.get().patient_id == world.patient.pk


def test_the_chart_as_of_a_moment_has_the_facts_on_file_then(worked):
    row = record(worked, CareStatus, kind="inpatient", starts_on=date(2026, 3, 1), now=at("2026-03-10"))
    enrollment.withdraw_fact(row, reason="another patient's", by=worked.user("biller"), now=at("2026-03-20"))

    kinds = []
    for moment in (at("2026-03-09"), at("2026-03-15"), at("2026-03-25")):
        case, _ = decided_as_of(worked.practice, worked.enrollment, moment=moment)
        kinds.append([span.kind for span in case.facts.care_spans])
    assert kinds == [[], ["inpatient"], []]


def test_facts_read_now_and_as_of_now_are_the_same(worked):
    authorize(worked, codes=["99454"], units=3, now=IN_MARCH)
    record(worked, OtherBillingAnswer, asked_on=date(2026, 3, 1), asked_of="payer", answer="none", now=IN_MARCH)
    record(worked, OutsideClaim, biller="ours", code="99453", dos=date(2025, 12, 15), now=IN_MARCH)
    record(worked, CareStatus, kind="qmb", starts_on=date(2026, 1, 1), now=IN_MARCH)
    record(worked, QualifyingVisit, visited_on=date(2025, 10, 1), kind="office", seen_by="Dr. Ito", now=IN_MARCH)
    moment = at("2026-03-31", "13:00:00")
    (now,) = facts_of(
        worked.practice.pk, [worked.enrollment.pk], month=MARCH, zone=worked.practice.zone, today=date(2026, 3, 31)
    )
    then, _ = decided_as_of(worked.practice, worked.enrollment, moment=moment)

    for name in (*RecordedFacts.__annotations__, "other_claims", "setup_billed_in_episode"):
        assert getattr(now.facts, name) == getattr(then.facts, name), name
    assert now.facts.authorizations[0].codes == ("99454",)


def test_a_fact_of_a_later_day_leaves_the_lines_before_it_as_they_are(worked):
    def lines_of_the_window(close):
        return list(close.lines.filter(dos="2026-03-11").exclude(state="void").values_list("pk", "digest"))

    before = lines_of_the_window(compute(worked))
    later = date(2026, 3, 12)
    record(worked, CareStatus, kind="inpatient", starts_on=later)
    record(worked, CareStatus, kind="surgery", starts_on=later, same_practitioner=True, related=True)
    record(worked, QualifyingVisit, visited_on=later + timedelta(days=2), kind="office", seen_by="Dr. Ito")
    record(
        worked, OutsideClaim, biller="other", biller_name="Heart Center", code="99454", dos=date(2026, 4, 1),
        period_start=date(2026, 3, 12),
    )  # fmt: skip

    assert lines_of_the_window(compute(worked)) == before
