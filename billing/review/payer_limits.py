"""What a payer's procedures mean for claim lines: authorizations that are missing, and limits for filing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import DateField, Exists, ExpressionWrapper, F, IntegerField, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Cast

from billing.models import (
    NOT_IN_FORCE_STATES,
    REJECTED_STATES,
    ClaimLine,
    ClaimState,
    ClaimVersion,
    LineState,
    MonthClose,
    PayerProfile,
)
from billing.policies.profiles import (
    file_by,
    lacks_authorization,
    needs_authorization,
    of_lines,
    profiles_on,
)
from rpm_portal.accounts.models import Practice

NOTICE, OVERDUE_SHOWN = timedelta(days=45), timedelta(days=90)
MAX_LINES = 200
# A claim in one of these states only is not with the payer yet.
_NOT_FILED = (ClaimState.WRITTEN, ClaimState.WITHDRAWN, *REJECTED_STATES)


@dataclass(frozen=True, slots=True)
class PayerLimits:
    """A payer's procedures for one line: whether its code needs an authorization, and the last day to file it."""

    needs_authorization: bool
    file_by: date | None


def limits_of(line: ClaimLine) -> PayerLimits:
    """The limits of a line by the profile of its payer on its date of service. One statement."""
    profile = profiles_on(line.practice_id, line.dos).get(line.claim.payer_id or 0)
    return PayerLimits(needs_authorization(profile, line.code), file_by(profile, line.dos))


def lines_without_authorization(close: MonthClose) -> Iterator[ClaimLine]:
    """The lines in force that name no prior authorization, though their payer asks for one. One statement."""
    rows = ClaimLine.objects.filter(lacks_authorization(), close=close).exclude(state__in=NOT_IN_FORCE_STATES)
    return rows.select_related("patient", "claim").order_by("pk").iterator()


def near_filing_limit(practice: Practice, *, today: date) -> list[ClaimLine]:
    """Lines that are not with the payer and whose last day to file is within 45 days, or passed at most 90 days ago;
    each with `last_day`, the first to end first, at most 200. Two statements.
    """
    profiles = PayerProfile.objects.filter(practice=practice).order_by()
    shortest, longest = profiles.aggregate(least=Min("filing_days"), most=Max("filing_days")).values()
    if shortest is None:
        return []
    # Only these dates of service can have such a last day.
    first, last = today - OVERDUE_SHOWN - timedelta(days=longest), today + NOTICE - timedelta(days=shortest)
    filed = ClaimVersion.objects.filter(claim=OuterRef("claim")).exclude(state__in=_NOT_FILED)
    rows = ClaimLine.objects.for_practice(practice).filter(dos__range=(first, last))
    rows = rows.filter(~Exists(filed) | Q(state=LineState.HELD))
    limit = Cast(Subquery(of_lines().values("filing_days")[:1]), IntegerField())
    rows = rows.exclude(state__in=NOT_IN_FORCE_STATES).annotate(
        last_day=ExpressionWrapper(F("dos") + limit, output_field=DateField())
    )
    rows = rows.filter(last_day__range=(today - OVERDUE_SHOWN, today + NOTICE))
    return list(rows.select_related("patient", "claim__payer").order_by("last_day", "pk")[:MAX_LINES])
