"""Which rows are on a page of the worklist, in which band and order. Ordinary querysets, with keyset pages."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Self

from django.apps import apps
from django.core import signing
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from billing.rules.release import release
from rpm_portal.accounts.models import Practice
from rpm_portal.core.db.tenancy import PracticeQuerySet
from rpm_portal.pages.worklist.filters import Filters

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
SECTIONS = {1: ("A",), 2: ("A3", "B1", "B2", "B3", "B4", "B5", "B6"), 3: ("C",)}
# The order of each header. Null is replaced by a constant, because a keyset page compares the value with the last one.
SORTS: dict[str, Any] = {
    "": F("rank"),
    "name": F("sort_name"),
    "reading": Coalesce(F("last_reading_at"), Value(_NEVER)),
    "days": Coalesce(F("slack"), Value(100)),
    "minutes": Coalesce(F("short_seconds"), Value(100_000)),
    "call": Coalesce(F("live_on"), Value(_NEVER.date())),
}
_SALT = "worklist"


def in_band(number: int, *, snoozed: bool) -> Q:
    """The condition of a band; for patients who were put off, of the band in which they would be."""
    return Q(band=0, section__in=SECTIONS[number]) if snoozed else Q(band=number)


def is_stale(today: date) -> Q:
    """The condition of a row that must be decided again: its facts, the day or the release have changed."""
    return ~Q(decided_version=F("version")) | ~Q(decided_on=today) | Q(decided_on=None) | ~Q(release=release())


class WorklistQuerySet(PracticeQuerySet):
    """The rows of the worklist."""

    def listed(self, practice: Practice) -> Self:
        """The listed enrollments of a practice, also those who were put off."""
        return self.filter(practice=practice, listed=True)

    def counts(self, conditions: Mapping[str, Q]) -> dict[str, int]:
        """How many rows meet each condition, by its name. One statement."""
        counts = {f"count_{name}": Count("pk", filter=condition) for name, condition in conditions.items()}
        found = self.aggregate(**counts)
        return {name: found[f"count_{name}"] for name in conditions}

    def in_order(self, sort: str) -> Self:
        """In the order of a header, or in clinical order. (`ordered` is a name of Django's.)"""
        return self.annotate(order_key=SORTS[sort]).order_by("order_key", "pk")

    def after(self, key: tuple[object, int]) -> Self:
        """After the row with this order key and id. A row whose place changes meanwhile hides and repeats no other."""
        value, pk = key
        return self.filter(order_key__gte=value).exclude(order_key=value, pk__lte=pk)

    def with_display(self) -> Self:
        """With `data`, what a row shows, unanswered threads, and the name of the colleague who looks after the patient.

        The data is a subquery and not a join: PostgreSQL reads it for the rows of the page, after they were sorted.
        """
        displays = apps.get_model("worklist", "WorklistDisplay").objects.filter(row=OuterRef("pk"))
        names = {
            f"owner_{name}": F(f"looked_after_by__user__{name}") for name in ("given_name", "family_name", "email")
        }
        names |= {f"owner_{name}": F(f"looked_after_by__{name}") for name in ("ends_on", "ended_at")}
        unread = apps.get_model("timetracking", "MessageThread").objects.filter(
            enrollment=OuterRef("enrollment"), unread_since__isnull=False
        )
        counted = unread.order_by().values("enrollment").annotate(number=Count("pk")).values("number")
        return self.annotate(
            data=Subquery(displays.values("data")), unread_threads=Coalesce(Subquery(counted), Value(0)), **names
        )

    def fresh(self, practice: Practice, *, today: date) -> Self:
        """Listed rows that were decided from the facts, the day and the release of now."""
        return self.listed(practice).filter(decided_version=F("version"), decided_on=today, release=release())

    def stale(self, practice: Practice, *, today: date) -> Any:
        """The enrollments of listed rows that must be decided again, by key."""
        return self.listed(practice).filter(is_stale(today)).order_by("pk").values_list("enrollment", flat=True)


def token_of(row: Any, filters: Filters, band: int) -> str:
    """The signed place after a row, as it is written in an address."""
    key = row.order_key
    return signing.dumps([band, filters.sort, key.isoformat() if isinstance(key, date) else key, row.pk], salt=_SALT)


def key_of(filters: Filters) -> tuple[object, int] | None:
    """The place at which a page begins; None if the address was made up, or names another band or order."""
    if not filters.after:
        return None
    try:
        band, sort, value, pk = signing.loads(filters.after, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    return (value, pk) if [band, sort] == [filters.band, filters.sort] else None
