"""Patients billed in a month who were not asked whether another practice bills the same services."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from billing.models import NOT_IN_FORCE_STATES, ClaimLine, MonthClose
from enrollment.models import Enrollment, OtherBillingAnswer
from enrollment.models.billing_fact_rows import ASKED_WITHIN
from enrollment.services import record_fact
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused


def not_asked(close: MonthClose) -> QuerySet[Enrollment]:
    """The enrollments with lines in force for which no answer about other practices concerns the month, by patient."""
    answers = OtherBillingAnswer.objects.filter(patient=OuterRef("patient"), voided_at__isnull=True)
    answers = answers.filter(asked_on__lte=last_day_to_ask(close))
    billed = ClaimLine.objects.filter(close=close).exclude(state__in=NOT_IN_FORCE_STATES).values("enrollment")
    rows = Enrollment.objects.filter(practice=close.practice_id, pk__in=billed, other_monitoring="")
    rows = rows.filter(~Exists(answers)).select_related("patient")
    return rows.order_by("patient__family_name", "patient__given_name", "pk")


def last_day_to_ask(close: MonthClose) -> date:
    """The last day on which an answer still concerns the month."""
    return Month.of(close.month).last_day + ASKED_WITHIN


def record_answer(
    *, close: MonthClose, enrollment: Enrollment, asked_on: date | None, answer: str, by: Membership, now: datetime
) -> None:
    """Store what the patient answered: `none` or `some`. Raises Refused, also for a day too late for the month."""
    if asked_on is None:
        raise Refused("Enter the day on which the patient was asked.")
    if answer not in {"none", "some"}:
        raise Refused("Choose an answer.")
    if asked_on > (last := last_day_to_ask(close)):
        raise Refused(f"An answer after {last:%b} {last.day}, {last.year} no longer concerns this month.")
    try:
        record_fact(
            OtherBillingAnswer,
            patient=enrollment.patient,
            source=f"asked at the review of {Month.of(close.month).words}",
            by=by.user,
            now=now,
            asked_on=asked_on,
            asked_of="patient",
            answer=answer,
        )
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
