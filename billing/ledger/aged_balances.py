"""Open balances by payer and age, from the date of service or from the first delivery; and what patients owe."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, TruncDate

from billing.models import Answer, ClaimLine, ClaimVersion, EntryKind, LedgerEntry, Level, LineBalance
from enrollment.models import Patient
from rpm_portal.accounts.models import Practice

# The last day of each span of 30 days; older amounts are in the last bucket.
LIMITS = (30, 60, 90, 120)
BUCKETS = ("0 to 30", "31 to 60", "61 to 90", "91 to 120", "over 120")
FROM_SERVICE, FROM_DELIVERY = "service", "delivery"
BY = {
    "payer": F("claim__payer__name"),
    "clinic": F("line__enrollment__clinic__name"),
    "provider": Concat(
        "claim__billing_provider__user__family_name",
        Value(", "),
        "claim__billing_provider__user__given_name",
        output_field=CharField(),
    ),
}
QMB_CODES = ("209", "N781", "N782", "N783")  # Qualified Medicare Beneficiary: not collected from the patient
_ZERO = Decimal("0.00")


@dataclass(slots=True)
class AgedBalance:
    """Open amounts of one payer, clinic or provider by age in days (`BUCKETS`)."""

    name: str
    amounts: list[Decimal] = field(default_factory=lambda: [_ZERO] * len(BUCKETS))

    @property
    def total(self) -> Decimal:
        """The open amount of every age."""
        return sum(self.amounts, _ZERO)


def bucket_of(day: date | None, today: date) -> int:
    """The place in `BUCKETS` of an amount that is open since a day; without a day the last one."""
    if day is None:
        return len(LIMITS)
    age = (today - day).days
    return sum(age > limit for limit in LIMITS)


def aged_balances(
    practice: Practice, *, today: date, by: str = "payer", since: str = FROM_SERVICE, narrowing: Q | None = None
) -> list[AgedBalance]:
    """Open balances by payer, clinic or provider, the largest first. One statement; the database adds by day."""
    rows = LineBalance.objects.filter(narrowing or Q(), practice=practice).exclude(open=0)
    rows = rows.annotate(name=BY[by], day=_first_delivery(practice) if since == FROM_DELIVERY else _service())
    found: dict[str, AgedBalance] = {}
    for name, day, amount in rows.order_by().values_list("name", "day").annotate(total=Sum("open")):
        row = found.setdefault(name or "none", AgedBalance(name or "none"))
        row.amounts[bucket_of(day, today)] += amount
    return sorted(found.values(), key=lambda row: (-row.total, row.name))


def total_row(rows: Iterable[AgedBalance]) -> AgedBalance:
    """The sum of several rows."""
    total = AgedBalance("Total")
    for row in rows:
        total.amounts = [one + other for one, other in zip(total.amounts, row.amounts, strict=True)]
    return total


def _service() -> Combinable:
    """The date of service; of an amount without a line the first of its claim."""
    first = ClaimLine.objects.filter(claim=OuterRef("claim")).order_by().values("claim").annotate(day=Min("dos"))
    return Coalesce(F("line__dos"), Subquery(first.values("day")))


def _first_delivery(practice: Practice) -> Combinable:
    versions = ClaimVersion.objects.filter(claim=OuterRef("claim"), submission__delivered_at__isnull=False)
    day = TruncDate("submission__delivered_at", tzinfo=ZoneInfo(practice.zone))
    return Subquery(versions.order_by().values("claim").annotate(day=Min(day)).values("day"))


ShareRow = tuple[int, str, str, str, Decimal, bool]


@dataclass(frozen=True, slots=True)
class PatientShare:
    """What one patient owes by the payers' answers. It is shown, not collected: statements are of the PM system."""

    patient_id: int
    public_id: str
    name: str
    share: Decimal
    refused: Decimal  # refused with group PR: the payer says that the patient is liable
    is_qmb: bool

    @property
    def collectible(self) -> Decimal:
        """The share, or nothing of a Qualified Medicare Beneficiary: Medicaid is billed."""
        return _ZERO if self.is_qmb else self.share


def patient_shares(practice: Practice) -> "QuerySet[Patient, ShareRow]":
    """Patients with a share, by name: key, public id, family and given name, share, and whether one is a QMB."""
    says_qmb = Q()
    for code in QMB_CODES:
        says_qmb |= Q(reasons__contains=[{"reason": code}])
    qmb = Answer.objects.filter(
        says_qmb, practice=practice, level=Level.PAYMENT, version__claim__patient=OuterRef("pk")
    )
    rows = Patient.objects.for_practice(practice).annotate(share=Sum("claims__balances__patient"), is_qmb=Exists(qmb))
    rows = rows.exclude(share=None).exclude(share=0).order_by("family_name", "given_name", "pk")
    found: QuerySet[Patient, ShareRow] = rows.values_list(
        "pk", "public_id", "family_name", "given_name", "share", "is_qmb"
    )
    return found


def shares_of(practice: Practice, rows: Iterable[ShareRow]) -> list[PatientShare]:
    """Rows of `patient_shares` with what was refused with liability of the patient. One statement."""
    listed = list(rows)
    refused = LedgerEntry.objects.filter(
        practice=practice, kind=EntryKind.REFUSAL, group="PR", claim__patient__in=[row[0] for row in listed]
    )
    sums = dict(refused.order_by().values_list("claim__patient").annotate(total=Sum("amount")))
    return [
        PatientShare(key, public_id, f"{family.upper()}, {given}", share, sums.get(key, _ZERO), is_qmb)
        for key, public_id, family, given, share, is_qmb in listed
    ]
