"""What a payer's procedures mean for claim lines: authorizations that are missing, and limits for filing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import (
    Case,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    When,
)
from django.db.models.functions import Cast, Coalesce

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
    lacks_authorization,
    needs_authorization,
    of_lines,
    profiles_on,
)
from billing.policies.timely_filing import PART_B, FilingLimits
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
    """The limits of a line by the profile of its payer on its date of service. Two statements."""
    profile = profiles_on(line.practice_id, line.dos).get(line.claim.payer_id or 0)
    last_day = FilingLimits(line.practice_id).earliest(line.claim.payer, [line.dos])
    return PayerLimits(needs_authorization(profile, line.code), last_day)


def lines_without_authorization(close: MonthClose) -> Iterator[ClaimLine]:
    """The lines in force that name no prior authorization, though their payer asks for one. One statement."""
    rows = ClaimLine.objects.filter(lacks_authorization(), close=close).exclude(state__in=NOT_IN_FORCE_STATES)
    return rows.select_related("patient", "claim").order_by("pk").iterator()


class _YearAfter(Func):
    """The same day of the next year, February 28 for February 29: `a_year_after` in SQL."""

    template = "(%(expressions)s + interval '1 year')::date"
    output_field = DateField()


def near_filing_limit(practice: Practice, *, today: date) -> list[ClaimLine]:
    """Lines that are not with the payer and whose last day to file is within 45 days, or passed at most 90 days ago;
    each with `last_day`, the first to end first, at most 200. Two statements.
    """
    profiles = PayerProfile.objects.filter(practice=practice).order_by()
    shortest, longest = profiles.aggregate(least=Min("filing_days"), most=Max("filing_days")).values()
    # Only these dates of service can have such a last day.
    first = today - OVERDUE_SHOWN - timedelta(days=max(longest or 0, 366))
    last = today + NOTICE - timedelta(days=min(shortest or 365, 365))
    filed = ClaimVersion.objects.filter(claim=OuterRef("claim")).exclude(state__in=_NOT_FILED)
    rows = ClaimLine.objects.for_practice(practice).filter(dos__range=(first, last))
    rows = rows.filter(~Exists(filed) | Q(state=LineState.HELD))
    days = Cast(Subquery(of_lines().filter(filing_days__isnull=False).values("filing_days")[:1]), IntegerField())
    by_profile = ExpressionWrapper(F("dos") + days, output_field=DateField())
    part_b = Case(When(claim__payer__filing=PART_B, then=_YearAfter("dos")), output_field=DateField())
    rows = rows.exclude(state__in=NOT_IN_FORCE_STATES).annotate(last_day=Coalesce(by_profile, part_b))
    rows = rows.filter(last_day__range=(today - OVERDUE_SHOWN, today + NOTICE))
    return list(rows.select_related("patient", "claim__payer").order_by("last_day", "pk")[:MAX_LINES])
