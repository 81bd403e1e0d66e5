"""What waits for a provider."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from billing.models import ClaimLine, CloseState, LineState, MonthClose
from billing.seal.services import waiting_for
from enrollment.models import CardDraft
from enrollment.services.prepared_orders import orders_to_sign
from monitoring.alerts.same_reading import with_lead_only
from monitoring.models import Alert, AlertState, LimitProposal
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.worklist.models import WorklistRow
from timetracking.staff_days.workdays import OPEN_ITEMS_PERIOD, unsigned_days

ENDING_DAYS = 30
MOST = 100  # rows of one list


@dataclass(frozen=True, slots=True)
class ToAttest:
    """A month with claim lines under a provider's name that wait for their attestation."""

    month: Month
    lines: int


@dataclass(frozen=True, slots=True)
class EndingDocument:
    """A document of a patient that ends soon."""

    on: date
    what: str
    patient: str
    name: str
    enrollment: str


@dataclass(frozen=True, slots=True)
class ToSign:
    """What waits for a provider, the most urgent list first."""

    escalations: list[Alert]
    orders: list[CardDraft]
    proposals: list[LimitProposal]
    attestations: list[ToAttest]
    days: list[dict[str, object]]
    endings: list[EndingDocument]

    @property
    def count(self) -> int:
        """How many things wait for a signature or a decision; what ends later does not wait yet."""
        lists: tuple[list[object], ...] = (self.orders, self.proposals, self.attestations, self.days)  # type: ignore[assignment]
        return sum(len(rows) for rows in lists)


def to_sign(member: Membership, *, now: datetime) -> ToSign:
    """Everything that waits for a provider. About twelve statements, some for each month that waits."""
    practice, today = member.practice, local_day(now, member.practice.zone)
    return ToSign(
        escalations=list(_escalations(member)[:MOST]),
        orders=list(orders_to_sign(practice, member, today=today)[:MOST]),
        proposals=list(_proposals(member)[:MOST]),
        attestations=_attestations(member),
        days=unsigned_days(
            practice, first_day=today - OPEN_ITEMS_PERIOD, last_day=today - timedelta(days=1), staff=member.user
        ),
        endings=_endings(member, today=today),
    )


def _of_provider(member: Membership, prefix: str = "") -> Q:
    """The enrollments that a provider bills or supervises."""
    return Q(**{f"{prefix}billing_provider": member}) | Q(**{f"{prefix}supervised_by": member})


def _escalations(member: Membership) -> QuerySet[Alert]:
    rows = with_lead_only(Alert.objects.filter(practice=member.practice_id, state=AlertState.ESCALATED, owner=member))
    return rows.select_related("enrollment__patient", "reading").order_by("gravity", "opened_at", "pk")


def _proposals(member: Membership) -> QuerySet[LimitProposal]:
    rows = LimitProposal.objects.filter(practice=member.practice_id, decided_at__isnull=True)
    rows = rows.filter(_of_provider(member, "enrollment__"))
    return rows.select_related("enrollment__patient", "made_by").order_by("made_at")


def _attestations(member: Membership) -> list[ToAttest]:
    """The months in review with lines under the provider's name that nobody has attested."""
    waiting = ClaimLine.objects.filter(
        needs_attestation=True,
        state__in=[LineState.PROPOSED, LineState.APPROVED],
        claim__billing_provider__user=member.user_id,
    )
    closes = MonthClose.objects.filter(practice=member.practice_id, state=CloseState.IN_REVIEW, lines__in=waiting)
    found = []
    for close in closes.distinct().order_by("month").select_related("practice"):
        lines = sum(count for who, count in waiting_for(close).unattested if who.user_id == member.user_id)
        if lines:
            found.append(ToAttest(Month.of(close.month), lines))
    return found


def _endings(member: Membership, *, today: date) -> list[EndingDocument]:
    """Documents of the provider's active patients that end within thirty days, soonest first. One statement."""
    rows = WorklistRow.objects.listed(member.practice).filter(_of_provider(member), state="active")
    rows = rows.filter(document_ends_on__range=(today, today + timedelta(days=ENDING_DAYS)))
    found = []
    for data in rows.order_by("document_ends_on", "pk").values_list("display__data", flat=True)[:MOST]:
        for on, what in data["document_endings"]:
            if date.fromisoformat(on) <= today + timedelta(days=ENDING_DAYS):
                found.append(
                    EndingDocument(date.fromisoformat(on), what, data["patient"], data["name"], data["enrollment"])
                )
    return sorted(found, key=lambda row: (row.on, row.name))
