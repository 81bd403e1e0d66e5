"""Who ordered the service of a line, and who supervised, if a claim names them.

As the payer's policy says: an ordering provider (2420E, DK) and a supervising one (2310D, DQ). A therapist is never an
ordering provider for Medicare; who certified the plan of care is in `certifiers`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from billing.claims.formats.content import THERAPY_MODIFIERS, ProviderName
from billing.policies.in_force import PayerPolicies
from enrollment.models import EarlierProvider, Order
from rpm_portal.accounts.models import Membership
from rpm_portal.core.access import Role

Providers = frozenset[ProviderName]


class ServedLine(NamedTuple):
    """What of a line decides its providers; the supervisor is the enrollment's present one."""

    enrollment: int
    modifiers: Sequence[str]
    dos: date
    supervisor: int | None


class _Signed(NamedTuple):
    """An order's first day, its signer, and the signer's role."""

    starts_on: date
    by: ProviderName
    role: str


@dataclass(slots=True)
class ClaimProviders:
    """Orders and supervisors of lines, read once. Three statements."""

    policies: PayerPolicies
    lines: Iterable[ServedLine]
    _orders: dict[int, list[_Signed]] = field(default_factory=lambda: defaultdict(list))
    _earlier: dict[int, list[tuple[date, int | None]]] = field(default_factory=lambda: defaultdict(list))
    _names: Mapping[int, ProviderName] = field(default_factory=dict)

    def __post_init__(self) -> None:
        enrollments = {line.enrollment for line in self.lines}
        orders = Order.objects.filter(enrollment__in=enrollments).order_by("starts_on", "number")
        columns = ("signed_by__family_name", "signed_by__given_name", "signed_npi", "ordered_by__role")
        for pk, starts_on, family, given, npi, role in orders.values_list("enrollment", "starts_on", *columns):
            self._orders[pk].append(_Signed(starts_on, ProviderName(family, given, npi), role))
        earlier = EarlierProvider.objects.filter(enrollment__in=enrollments, voided_at__isnull=True)
        for pk, ends_on, supervisor in earlier.order_by("ends_on").values_list(
            "enrollment", "ends_on", "supervised_by"
        ):
            self._earlier[pk].append((ends_on, supervisor))
        named = [line.supervisor for line in self.lines]
        named += [pk for rows in self._earlier.values() for _, pk in rows]
        people = Membership.objects.filter(pk__in=[pk for pk in named if pk is not None]).select_related("user")
        self._names = {one.pk: ProviderName(one.user.family_name, one.user.given_name, one.npi) for one in people}

    def ordering(
        self, line: ServedLine, rendering: ProviderName, payer: int | None, *, medicare: bool
    ) -> ProviderName | None:
        """Who ordered a line's service, if the payer's policy wants it on the claim."""
        switch = self._switch("send_ordering_provider", payer, line.dos)
        order = next((row for row in reversed(self._orders[line.enrollment]) if row.starts_on <= line.dos), None)
        if order is None or switch == "never" or (medicare and order.role == Role.THERAPIST):
            return None
        return None if switch == "when_different" and order.by.npi == rendering.npi else order.by

    def supervisors(self, lines: Iterable[ServedLine], rendering: ProviderName, payer: int | None) -> Providers:
        """Who supervised the staff on the dates of service, if the payer wants it and it is not the rendering one."""
        pks = [
            self._supervisor_of(line)
            for line in lines
            if self._switch("send_supervising_provider", payer, line.dos) == "when_different"
            and THERAPY_MODIFIERS.isdisjoint(line.modifiers)
        ]
        people = {self._names[pk] for pk in pks if pk is not None and pk in self._names}
        return frozenset(person for person in people if person.npi != rendering.npi)

    def _supervisor_of(self, line: ServedLine) -> int | None:
        earlier = next((row for row in self._earlier[line.enrollment] if line.dos <= row[0]), None)
        return line.supervisor if earlier is None else earlier[1]

    def _switch(self, key: str, payer: int | None, dos: date) -> object:
        return self.policies.get(payer or 0, self.policies.strictest).at(key, dos)
