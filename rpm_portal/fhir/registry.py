"""What a resource type needs to be read and searched, and the types that this server has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from enrollment.models import Enrollment
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter
from rpm_portal.fhir.tokens import Caller


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type: which rows a caller sees, how one is found by id, and how rows become resources.

    `rows` narrows to the caller's practice and clinics; nothing else in this package reads rows of patients. `find` is
    the condition of an id, or None for one that cannot exist. `patient_of` gives the id of a row's patient, or None.
    `updated` is the column or annotation of `_lastUpdated`; empty if it is not supported.
    """

    name: str
    about: str
    rows: Callable[[Caller], QuerySet]
    find: Callable[[str], Q | None]
    resources: Callable[[Sequence[Model]], list[JsonObject]]
    patient_of: Callable[[Model], tuple[int, str] | None]
    parameters: tuple[Parameter, ...]
    sorts: dict[str, str] = field(default_factory=dict)
    updated: str = ""
    includes: dict[str, Callable[[Caller, Sequence[Model]], list[JsonObject]]] = field(default_factory=dict)
    is_searched: bool = True
    is_created: bool = False
    # The type whose scope this one needs, if it has none of its own.
    scope_of: str = ""
    # Only an administrator gives the scope.
    is_restricted: bool = False

    @property
    def letters(self) -> str:
        """The letters of scopes that this type has."""
        return ("c" if self.is_created else "") + "r" + ("u" if self.is_created else "") + "s" * self.is_searched


# Every row.
ANY = Q(pk__isnull=False)


def narrow(rows: QuerySet, caller: Caller, *, enrollment: str = "", patient: str = "") -> QuerySet:
    """The rows of the caller's practice, and of its clinics if it is limited to some.

    `enrollment` is the lookup to a row's enrollment; without one, `patient` is the lookup to its patient.
    """
    rows = rows.filter(practice=caller.practice_id)
    clinics = caller.client.clinics
    if not clinics:
        return rows
    if enrollment:
        return rows.filter(**{f"{enrollment}__clinic__in": clinics})
    seen = Enrollment.objects.filter(practice=caller.practice_id, patient=OuterRef(patient), clinic__in=clinics)
    return rows.filter(Exists(seen))


def numbered(prefix: str) -> Callable[[str], Q | None]:
    """The condition of an id like reading-123."""

    def find(own: str) -> Q | None:
        """The condition of one id."""
        number = own.removeprefix(f"{prefix}-")
        if number == own or not number.isascii() or not number.isdecimal() or len(number) > 18:
            return None
        return Q(pk=int(number))

    return find


def public(own: str) -> Q | None:
    """The condition of a public id."""
    return Q(public_id=own) if own.isascii() and own.isalnum() and len(own) <= 12 else None


def registry() -> dict[str, ResourceType]:
    """The resource types of this server by name."""
    from rpm_portal.fhir.resources import TYPES

    return {row.name: row for row in TYPES}
