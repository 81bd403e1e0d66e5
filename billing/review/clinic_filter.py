"""Months, claims and the dashboard of one clinic or one billing provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlencode

from django.db.models import Q

from enrollment.models import Clinic, Enrollment
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.access import Permission, Role, may

_BILLING_ROLES = [role for role in Role if may(role, Permission.ATTEST)]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A clinic by its name and a billing provider by the membership's public id; empty for all of them."""

    clinic: str = ""
    provider: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, object]) -> "Narrowing":
        """From an address or form."""
        return cls(_text(asked, "clinic", 80), _text(asked, "provider", 12))

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.clinic or self.provider)

    @property
    def query(self) -> str:
        """The fields for an address; empty without a choice."""
        return urlencode([(name, getattr(self, name)) for name in ("clinic", "provider") if getattr(self, name)])

    def lines(self, path: str = "") -> Q:
        """The condition on claim lines, by the path to the line: its enrollment's clinic, its claim's provider."""
        return self._condition(f"{path}enrollment__clinic__name", f"{path}claim__billing_provider__public_id")

    def enrollments(self, path: str = "") -> Q:
        """The condition on enrollments, by the path to the enrollment."""
        return self._condition(f"{path}clinic__name", f"{path}billing_provider__public_id")

    def patients(self, practice: Practice) -> set[int] | None:
        """The keys of the patients of these enrollments; None if nothing is left out. One statement, or none."""
        if not self:
            return None
        rows = Enrollment.objects.for_practice(practice).filter(self.enrollments())
        return set(rows.values_list("patient", flat=True))

    def _condition(self, clinic: str, provider: str) -> Q:
        condition = Q()
        if self.clinic:
            condition &= Q(**{clinic: self.clinic})
        if self.provider:
            condition &= Q(**{provider: self.provider})
        return condition


EVERYTHING = Narrowing()


class NarrowChoices(TypedDict):
    """What a page may be narrowed by, and what was chosen."""

    narrowing: Narrowing
    clinics: list[str]
    providers: list[Membership]


def narrow_choices(practice: Practice, narrowing: Narrowing) -> NarrowChoices:
    """The clinics and the people who bill, for the form. Two statements."""
    people = Membership.objects.for_practice(practice).filter(role__in=_BILLING_ROLES).select_related("user")
    return {
        "narrowing": narrowing,
        "clinics": list(Clinic.objects.for_practice(practice).values_list("name", flat=True)),
        "providers": list(people.order_by("user__family_name", "user__given_name", "pk")),
    }


def _text(asked: Mapping[str, object], name: str, longest: int) -> str:
    """A word of the address without NUL, which no column can store."""
    return str(asked.get(name, "")).replace("\x00", "")[:longest]
