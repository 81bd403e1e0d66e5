"""Care management next to monitoring: from a care plan, a consent and timed work to the claim."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from billing.claims.ready_claims import claims_of
from billing.evidence.patient_letter import letter_of
from billing.facts.as_of import decided_as_of
from billing.models import Charge
from billing.seal.waiting_lines import lines_that_wait
from enrollment import services as enrollment
from enrollment.models import CarePlan
from rpm_portal.accounts.models import Practice
from tests.billing.close.test_close import AFTER, MARCH, approve_all, compute
from tests.billing.close.test_portal_paths import billed, findings_of
from tests.billing.sending_world import complete
from tests.builders import an_enrollment, at, seal
from tests.test_access import signed_in

BEGAN = date(2026, 1, 5)  # the day of the consent to care management
IN_APRIL = at("2026-04-01")
CARE = ("99490", "2026-03-31")


@pytest.fixture
def cared(world):
    """An enrollment in care management next to RPM, with twenty minutes of the nurse on March 12."""
    row = an_enrollment(world, world.patient, program="CCM", serial="none")
    world.work("2026-03-12", 1200, row=row)
    return world, row


def plan(world, *, now=IN_APRIL, **values):
    facts = {"program": "CCM", "conditions": ["I10", "E11.9"], "starts_on": BEGAN} | values
    return enrollment.record_fact(
        CarePlan, patient=world.patient, source="plan in the chart", by=world.user("clinical_staff"), now=now, **facts
    )


def test_time_without_a_care_plan_is_not_billed_and_says_what_is_missing(cared):
    world, _ = cared
    assert CARE not in billed(compute(world))
    assert "no care plan of CCM, PCM or APCM" in findings_of(world)["CARE_PLAN_MISSING"].sentence


def test_time_with_plan_and_consent_is_a_claim_line_next_to_monitoring(cared):
    world, _ = cared
    plan(world)
    close = compute(world)
    assert CARE in billed(close)
    line = close.lines.get(code="99490")
    assert (line.enrollment, line.component, line.is_base) == (world.enrollment, "care_management", True)
    assert {reason["code"] for reason in line.because} == {"CARE_TIME_MET", "CARE_PAPERS_ON_FILE"}
    page = signed_in(world.user("biller")).get(f"/lines/{line.public_id}/").content.decode()
    assert "conditions: 2" in page
    assert "<dd>I10, E11.9</dd>" in page


def test_the_line_names_its_time_entries_and_waits_for_their_unsigned_day(cared):
    world, row = cared
    plan(world)
    Practice.objects.filter(pk=world.practice.pk).update(days_signed=True)
    world.practice.refresh_from_db()
    close = compute(world)
    line = close.lines.get(code="99490")
    assert f"time:{row.time_entries.get().public_id}" in line.evidence
    close.practice.days_signed = True
    assert (line.pk, world.user("clinical_staff").pk, date(2026, 3, 12)) in lines_that_wait(close)


@pytest.mark.parametrize(("withdrawn_on", "may_bill"), [(date(2026, 3, 30), False), (date(2026, 3, 31), True)])
def test_a_withdrawn_consent_to_care_management_ends_its_lines(cared, withdrawn_on, may_bill):
    world, row = cared
    plan(world)
    enrollment.withdraw_consent(enrollment=row, on=withdrawn_on, by=world.user("clinical_staff"), now=at("2026-04-01"))
    assert (CARE in billed(compute(world))) is may_bill


@pytest.mark.parametrize(("starts_on", "may_bill"), [(date(2026, 3, 12), True), (date(2026, 3, 13), False)])
def test_only_time_from_the_day_of_the_plan_counts(cared, starts_on, may_bill):
    world, _ = cared
    plan(world, starts_on=starts_on)
    assert (CARE in billed(compute(world))) is may_bill


def test_a_withdrawn_plan_counts_as_none(cared):
    world, _ = cared
    enrollment.withdraw_fact(plan(world), reason="wrong patient", by=world.user("biller"), now=AFTER)
    assert CARE not in billed(compute(world))


def test_a_patient_enrolled_twice_in_monitoring_is_billed_once(cared):
    world, _ = cared
    plan(world)
    nurse = world.user("clinical_staff")
    left = date(2026, 3, 20)
    enrollment.discharge(
        enrollment=world.enrollment, on=left, reason="travelling", by=nurse, now=at(left), goal_met=False
    )
    an_enrollment(world, world.patient, started=date(2026, 3, 22), serial="again")
    assert billed(compute(world)).count(CARE) == 1


def test_the_conditions_of_the_plan_are_the_diagnoses_of_the_line(cared):
    world, _ = cared
    complete(world)
    Charge.objects.create(practice=world.practice, code="99490", starts_on=date(2025, 1, 1), amount=Decimal(70))
    plan(world, conditions=["E11.9", "I10", "I50.9"])
    world.work("2026-03-20", 1200)
    world.call("2026-03-20")
    close = compute(world)
    approve_all(close, world)
    seal(close, world, now=AFTER)
    (claim,) = claims_of(close)
    by_code = {line.code: [claim.content.diagnoses[n - 1] for n in line.pointers] for line in claim.content.services}
    assert by_code == {"99457": ["I10"], "99490": ["E11.9", "I10", "I50.9"]}
    letter = letter_of(world.practice, world.patient, month=MARCH, language="en")
    assert {line.code: line.what.split(" of ")[0] for line in letter.billed}["99490"] == "Coordinating the care"


def test_the_month_as_of_a_moment_has_the_plan_and_the_consent_on_file_then(cared):
    world, _ = cared
    during = at("2026-03-20")
    plan(world, now=at("2026-03-25"))
    _, before = decided_as_of(world.practice, world.enrollment, moment=during)
    _, after = decided_as_of(world.practice, world.enrollment, moment=at("2026-03-26"))
    missing, on_file = ({f.code for f in decision.findings} for decision in (before, after))
    assert ("CARE_PLAN_MISSING" in missing, "CARE_CONSENT_MISSING" in missing) == (True, False)
    assert ("CARE_PLAN_MISSING" in on_file, "CARE_PAPERS_ON_FILE" in on_file) == (False, True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"conditions": ["I10"]}, "two or more chronic conditions"),
        ({"conditions": ["I10", "I10"]}, "two or more chronic conditions"),
        ({"conditions": []}, "conditions"),
        ({"conditions": ["I10", "diabetes"]}, "conditions"),
        ({"program": "TCM"}, "not a valid choice"),
        ({"ends_on": date(2026, 1, 4)}, "The last day is before the first"),
    ],
)
def test_plans_that_cannot_be_are_refused(world, values, message):
    with pytest.raises(ValidationError, match=message):
        plan(world, **values)
    assert not CarePlan.objects.exists()


@pytest.mark.parametrize(("starts_on", "refused"), [(date(2026, 2, 28), True), (date(2026, 3, 1), False)])
def test_two_plans_do_not_cover_the_same_day(world, starts_on, refused):
    plan(world, ends_on=date(2026, 2, 28))
    if refused:
        with pytest.raises(ValidationError, match="covers these days"):
            plan(world, program="PCM", conditions=["I10"], starts_on=starts_on)
    else:
        plan(world, program="PCM", conditions=["I10"], starts_on=starts_on)
    assert CarePlan.objects.count() == 2 - refused


def test_the_page_records_a_plan_and_shows_its_conditions(world):
    typed = {
        "program": "CCM", "conditions": "i10, e11.9 i10", "starts_on": "2026-01-05", "is_complex": "on", "source": "chart",
    }  # fmt: skip
    address = reverse("enroll:record_fact", args=[world.enrollment.public_id, "care_plan"])
    with time_machine.travel(AFTER, tick=False):
        nurse = signed_in(world.user("clinical_staff"))
        refused = nurse.post(address, typed | {"conditions": "i10"})
        assert refused.status_code == 422
        assert "Enter both, or choose PCM." in refused.content.decode()
        assert nurse.post(address, typed).status_code == 302
        page = nurse.get(reverse("enroll:facts", args=[world.enrollment.public_id])).content.decode()
    assert "CCM, I10, E11.9, from Jan 5, 2026, moderate or high complexity" in page
