"""A month of alerts by patient: how many, how many were acted upon, and how long the first look took."""

from datetime import timedelta
from typing import Any, NotRequired, TypedDict, cast

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from monitoring.models import Alert, AlertKind, AlertStep, Conclusion, Review, Severity, StepKind
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month

MAX_PATIENTS = 500


class Median(Aggregate):
    """The median of the values that are not null."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


class AlertsRow(TypedDict):
    """Alerts of a month of one enrollment, or of the whole practice: counts, and the median minutes to the first look.

    `acted` were closed with another conclusion than "expected", `late` were passed on to the next person.
    """

    enrollment: NotRequired[str]  # public IDs
    patient: NotRequired[str]
    family: NotRequired[str]
    given: NotRequired[str]
    program: NotRequired[str]
    every: int
    critical: int
    acted: int
    late: int
    share: str
    median: str


class MonthOfAlerts(TypedDict):
    """Context of alerts/month.html."""

    total: AlertsRow | None
    rows: list[AlertsRow]
    month: Month


def month_of_alerts(practice: Practice, *, month: Month) -> MonthOfAlerts:
    """Alerts of a month by enrollment: their number, the share acted upon, the median minutes to the first review.

    Two statements.
    """
    # A reading that breaks two limits is one event.
    event = Coalesce(F("reading"), -F("pk"))
    counts = {
        "every": Count(event, distinct=True),
        "critical": Count(event, distinct=True, filter=Q(severity=Severity.CRITICAL)),
        "acted": Count(event, distinct=True, filter=Q(was_acted_upon=True)),
        "late": Count(event, distinct=True, filter=Q(was_escalated=True)),
        "waited": Median("waited_for"),
    }
    alerts = _clinical_alerts(practice, month)
    total = alerts.aggregate(**counts)
    rows = alerts.values_list(
        "enrollment__public_id",
        "enrollment__patient__public_id",
        "enrollment__patient__family_name",
        "enrollment__patient__given_name",
        "enrollment__program",
    ).annotate(**counts)
    names = ("enrollment", "patient", "family", "given", "program", *counts)
    most_first = rows.order_by(F("every").desc(), "enrollment__patient__family_name")[:MAX_PATIENTS]
    return {
        "total": _row(total) if total["every"] else None,
        "rows": [_row(dict(zip(names, row, strict=True))) for row in most_first],
        "month": month,
    }


def _clinical_alerts(practice: Practice, month: Month) -> QuerySet[Alert]:
    """The clinical alerts opened in a month, with the time to their first look, and what happened to them."""
    steps = AlertStep.objects.filter(alert=OuterRef("pk"))
    first_look = steps.filter(kind__in=[StepKind.TAKEN, StepKind.CLOSED]).order_by("at").values("at")[:1]
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    alerts = Alert.objects.filter(practice=practice, kind=AlertKind.CLINICAL, opened_at__gte=start, opened_at__lt=end)
    return alerts.annotate(
        waited_for=ExpressionWrapper(Subquery(first_look) - F("opened_at"), output_field=DurationField()),
        was_acted_upon=Exists(Review.objects.filter(alert=OuterRef("pk")).exclude(conclusion=Conclusion.EXPECTED)),
        was_escalated=Exists(steps.filter(kind=StepKind.ESCALATED)),
    )


def _row(counts: dict[str, Any]) -> AlertsRow:
    waited: timedelta | None = counts.pop("waited")
    median = "" if waited is None else f"{waited / timedelta(minutes=1):.0f} min"
    share = f"{100 * counts['acted'] // counts['every']} %"
    return cast(AlertsRow, {**counts, "share": share, "median": median})
