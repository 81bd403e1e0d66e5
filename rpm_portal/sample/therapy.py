"""Therapy plans of care of the sample practice: set up when service begins, and recertified every ninety days."""

from datetime import date, timedelta

from enrollment import services as enrollment
from enrollment.models import Enrollment, PlanOfCare
from rpm_portal.accounts.models import User
from rpm_portal.sample.people import STAFF
from rpm_portal.sample.practice_setup import at

PLAN_DAYS = 90


def plan_therapy(row: Enrollment | None, day: date, *, started_on: date, by: User) -> None:
    """Record the plan of care that begins on a day, if the enrollment is therapy and one begins then."""
    if row is None or not row.therapy_plan or (day - started_on).days % PLAN_DAYS:
        return
    physician = STAFF["physician"]
    kind = "initial" if day == started_on else "renewal"
    enrollment.record_fact(
        PlanOfCare,
        patient=row.patient,
        enrollment=row,
        discipline=row.therapy_plan,
        kind=kind,
        starts_on=day,
        ends_on=day + timedelta(days=PLAN_DAYS - 1),
        certified_by=physician[2],
        certified_given=physician[1],
        certified_npi=physician[5],
        order_signed_on=day,
        sent_on=day,
        signed_on=day,
        source="signed plan",
        by=by,
        now=at(day, 8),
    )
