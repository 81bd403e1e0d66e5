"""The claims of a sealed month: their current content, what blocks them, and their last submission. Set-based."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Prefetch

from billing.claims.certifiers import Certifiers, claim_level
from billing.claims.claim_history import ClaimHistory, histories_of
from billing.claims.conditions import CarePlanConditions
from billing.claims.formats.content import Address, Content, ProviderName, Service
from billing.claims.formats.edits import problems
from billing.claims.hold_rules import HoldRules
from billing.claims.places import Places
from billing.models import Charge, Claim, ClaimLine, ClaimSetup, ClaimVersion, HoldEffect, LineState, MonthClose
from billing.policies.in_force import policies_around
from billing.rules.decision import CARE_MANAGEMENT
from enrollment.diagnosis_codes import unknown_diagnoses
from enrollment.models import Coverage, Order
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import Month


@dataclass(frozen=True, slots=True)
class Ready:
    """A claim as it would be sent, what blocks it, and how it was sent before."""

    claim: Claim
    content: Content
    wrong: list[str]
    history: ClaimHistory
    due: bool
    notes: list[str] = field(default_factory=list)

    @property
    def sent(self) -> ClaimVersion | None:
        """Its last version; None if it was never submitted."""
        return self.history.last

    @property
    def status(self) -> str:
        """The state of its last version; empty if it was never submitted."""
        return self.sent.state if self.sent else ""

    @property
    def may_go(self) -> bool:
        """Whether it can be chosen: complete and due."""
        return self.due and not self.wrong


class _Line(NamedTuple):
    """A line in force, without its evidence, which is not sent."""

    claim: int
    control: str
    code: str
    units: int
    modifiers: list[str]
    dos: date
    enrollment: int
    diagnosis: str
    authorization: str
    component: str
    patient: int


class _Covered(NamedTuple):
    """A patient's coverage by a payer, both days included."""

    starts_on: date
    ends_on: date | None
    member_id: str


class _Ordered(NamedTuple):
    """An order's first day and its signer."""

    starts_on: date
    by: ProviderName


def claims_of(close: MonthClose, *, only: Iterable[str] | None = None, on: date | None = None) -> list[Ready]:
    """Every claim of a sealed month with its content now, by patient. A constant number of statements.

    Corrections follow the payers' profiles of a day; without one, their newest profiles.
    """
    # Payers and providers are few and shared: prefetch them, since a join would build one of each for every claim.
    rows = Claim.objects.filter(close=close).select_related("patient")
    rows = rows.prefetch_related("payer", Prefetch("billing_provider", Membership.objects.select_related("user")))
    if only is not None:
        rows = rows.filter(public_id__in=list(only))
    claims = list(rows.order_by("patient__family_name", "patient__given_name", "pk"))
    ids = [claim.pk for claim in claims]
    lines: dict[int, list[_Line]] = defaultdict(list)
    in_force = ClaimLine.objects.filter(claim__in=ids, state=LineState.APPROVED).order_by("dos", "code", "pk")
    for row in in_force.values_list(
        "claim",
        "public_id",
        "code",
        "units",
        "modifiers",
        "dos",
        "enrollment",
        "enrollment__diagnosis",
        "authorization",
        "component",
        "patient",
    ):
        line = _Line._make(row)
        lines[line.claim].append(line)
    histories, rules = histories_of(claims, on=on), HoldRules(close.practice_id, on)
    sources = _Sources(close, claims, [line for claim_lines in lines.values() for line in claim_lines])
    ready = []
    for claim in claims:
        history = histories[claim.pk]
        if not lines[claim.pk] and not history.versions:
            continue
        content = sources.content(claim, lines[claim.pk], history)
        due = history.is_due(content)
        blockers = history.blockers(content) + problems(content, sources.codes) + sources.unknown(content)
        blockers += rules.sentences(content, HoldEffect.HOLD)
        notes = rules.sentences(content, HoldEffect.NOTE)
        ready.append(Ready(claim, content, blockers if due else [], history, due, notes if due else []))
    return ready


class _Sources:
    """What a month's claims need from other tables, read once for all of them."""

    def __init__(self, close: MonthClose, claims: list[Claim], lines: list[_Line]) -> None:
        self.practice = close.practice
        self.policies = policies_around(close.practice_id, Month.of(close.month))
        self.codes = self.policies.rules.codes_on(Month.of(close.month).last_day)
        self.setup = ClaimSetup.objects.filter(practice=close.practice_id).first()
        self.places = Places(self.practice.pk, default=self.setup.place_of_service if self.setup else "11")
        self.charges: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for code, starts_on, amount in Charge.objects.filter(practice=close.practice_id).values_list(
            "code", "starts_on", "amount"
        ):
            self.charges[code].append((starts_on, amount))
        self.coverages: dict[tuple[int, int], list[_Covered]] = defaultdict(list)
        covered = Coverage.objects.filter(patient__in={claim.patient_id for claim in claims}).order_by("starts_on")
        for patient, payer, *rest in covered.values_list("patient", "payer", "starts_on", "ends_on", "member_id"):
            self.coverages[patient, payer].append(_Covered._make(rest))
        self.certifiers = Certifiers({line.enrollment for line in lines if line.modifiers})
        self.orders: dict[int, list[_Ordered]] = defaultdict(list)
        ordered = Order.objects.filter(enrollment__in={line.enrollment for line in lines})
        for enrollment, starts_on, family, given, npi in ordered.order_by("starts_on", "number").values_list(
            "enrollment", "starts_on", "signed_by__family_name", "signed_by__given_name", "signed_npi"
        ):
            self.orders[enrollment].append(_Ordered(starts_on, ProviderName(family, given, npi)))
        self.conditions = CarePlanConditions({line.patient for line in lines if line.component == CARE_MANAGEMENT})
        self.not_known = unknown_diagnoses({(code, line.dos) for line in lines for code in self._diagnoses(line)})

    def content(self, claim: Claim, lines: list[_Line], history: ClaimHistory) -> Content:
        """The current content of a claim; its frequency is 7 or 8 if the payer has a version of it."""
        before = history.payers_version or history.last
        practice, patient, payer, setup = self.practice, claim.patient, claim.payer, self.setup
        diagnoses = tuple(dict.fromkeys(code for line in lines for code in self._diagnoses(line)))
        if not lines and before is not None:
            diagnoses = tuple(before.as_sent()["diagnoses"])
        services = tuple(self._service(line, diagnoses, claim.payer_id) for line in lines)
        place, services = self.places.on_claim(claim.payer_id, services)
        referring, services = claim_level(services)
        last_dos = lines[-1].dos if lines else Month.of(claim.close.month).last_day
        coverage = self._coverage(claim, last_dos)
        total = sum((Decimal(line.charge) for line in services), Decimal())
        content = Content(
            control="",
            frequency="1",
            original="",
            practice=practice.name,
            practice_npi=practice.npi,
            tax_id=practice.tax_id.replace("-", ""),
            taxonomy=setup.taxonomy if setup else "",
            practice_address=Address(setup.street, setup.city, setup.state, setup.postal_code.replace("-", ""))
            if setup
            else Address("", "", "", ""),
            payer=payer.name if payer else "",
            payer_id=payer.payer_code if payer else "",
            filing=payer.filing if payer else "",
            medicare=bool(payer and payer.is_medicare),
            family=patient.family_name,
            given=patient.given_name,
            member_id=coverage.member_id if coverage else "",
            born=patient.born_on.isoformat(),
            sex=patient.sex,
            address=Address(patient.street, patient.city, patient.state, patient.postal_code.replace("-", "")),
            rendering=_provider_name(claim.billing_provider),
            place=place,
            diagnoses=diagnoses,
            services=services,
            total=str(total),
            referring=referring,
        )
        return history.framed(content, has_lines=bool(lines))

    def _service(self, line: _Line, diagnoses: tuple[str, ...], payer_id: int | None) -> Service:
        charge = max((price for price in self.charges[line.code] if price[0] <= line.dos), default=(None, Decimal()))[1]
        order = next(
            (candidate for candidate in reversed(self.orders[line.enrollment]) if candidate.starts_on <= line.dos), None
        )
        return Service(
            control=line.control,
            code=line.code,
            modifiers=tuple(line.modifiers),
            units=line.units,
            charge=str(charge * line.units),
            dos=line.dos.isoformat(),
            pointers=tuple(diagnoses.index(code) + 1 for code in self._diagnoses(line)),
            ordering=order.by if order and self._names_ordering_provider(payer_id, line.dos) else None,
            authorization=line.authorization,
            referring=self.certifiers.on(line.enrollment, line.modifiers, line.dos),
        )

    def _diagnoses(self, line: _Line) -> tuple[str, ...]:
        """The diagnosis of a line's enrollment; of care management, the conditions of its plan."""
        is_care = line.component == CARE_MANAGEMENT
        return self.conditions.on(line.patient, line.dos) if is_care else (line.diagnosis,)

    def _names_ordering_provider(self, payer_id: int | None, dos: date) -> bool:
        """Whether the payer's policy on the date of service wants the ordering provider on the claim."""
        policy = self.policies.get(payer_id or 0, self.policies.strictest)
        return bool(policy.at("send_ordering_provider", dos))

    def _coverage(self, claim: Claim, on: date) -> _Covered | None:
        rows = self.coverages.get((claim.patient_id, claim.payer_id or 0), [])
        return next((row for row in rows if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on)), None)

    def unknown(self, content: Content) -> list[str]:
        """Sentences for the diagnoses that are not billable on a date of service of the claim."""
        days = {date.fromisoformat(line.dos) for line in content.services}
        return [
            f"{code} is no billable diagnosis on {on}."
            for code, on in sorted(self.not_known)
            if code in content.diagnoses and on in days
        ]


def _provider_name(member: Membership) -> ProviderName:
    return ProviderName(member.user.family_name, member.user.given_name, member.npi)
