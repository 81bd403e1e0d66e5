"""What each claim of a sealed month says now, what keeps it back, and how it was sent before. Set-based."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Prefetch

from billing.claims.formats.content import Address, Content, ProviderName, Service
from billing.claims.formats.edits import problems
from billing.models import AnswerStatus, Charge, Claim, ClaimLine, ClaimSetup, LineState, MonthClose, SentClaim
from enrollment.diagnosis_codes import unknown_diagnoses
from enrollment.models import Coverage, Order
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import Month


@dataclass(frozen=True, slots=True)
class Ready:
    """A claim as it would be sent, what keeps it back, and how it was sent before."""

    claim: Claim
    content: Content
    wrong: list[str]
    sent: SentClaim | None
    status: str
    due: bool

    @property
    def may_go(self) -> bool:
        """Whether it can be chosen: complete, and not on its way already."""
        return self.due and not self.wrong


class _Line(NamedTuple):
    """A line that stands. What it rests on is proof, and no part of what is sent."""

    claim: int
    control: str
    code: str
    units: int
    modifiers: list[str]
    dos: date
    enrollment: int
    diagnosis: str


class _Covered(NamedTuple):
    """A patient's coverage by a payer, both days included."""

    starts_on: date
    ends_on: date | None
    member_id: str


class _Ordered(NamedTuple):
    """An order's first day and who signed it."""

    starts_on: date
    by: ProviderName


def claims_of(close: MonthClose, *, only: Iterable[str] | None = None) -> list[Ready]:
    """Every claim of a sealed month with its content now, by patient. A constant number of statements."""
    # Payers and providers are few and shared; a join would make one of each for every claim.
    rows = Claim.objects.filter(close=close).select_related("patient")
    rows = rows.prefetch_related("payer", Prefetch("billing_provider", Membership.objects.select_related("user")))
    if only is not None:
        rows = rows.filter(public_id__in=list(only))
    claims = list(rows.order_by("patient__family_name", "patient__given_name", "pk"))
    ids = [claim.pk for claim in claims]
    lines: dict[int, list[_Line]] = defaultdict(list)
    standing = ClaimLine.objects.filter(claim__in=ids, state=LineState.APPROVED).order_by("dos", "code", "pk")
    for row in standing.values_list(
        "claim", "public_id", "code", "units", "modifiers", "dos", "enrollment", "enrollment__diagnosis"
    ):
        line = _Line._make(row)
        lines[line.claim].append(line)
    sent: dict[int, list[SentClaim]] = defaultdict(list)
    # Each version names its export; the file itself would come once for each claim in it.
    versions = SentClaim.objects.filter(claim__in=ids).select_related("export").defer("export__body")
    versions = versions.prefetch_related("answers")
    for version in versions.order_by("version"):
        sent[version.claim_id].append(version)
    gather = _Gather(close, claims, [line for found in lines.values() for line in found])
    made = []
    for claim in claims:
        before = sent[claim.pk]
        if not lines[claim.pk] and not before:
            continue
        content = gather.content(claim, lines[claim.pk], before)
        with_payer = _with_payer(before)
        due = with_payer is None or _changed(content, with_payer)
        wrong = problems(content) + gather.unknown(content) if due else []
        latest = before[-1] if before else None
        made.append(Ready(claim, content, wrong, latest, status_of(latest), due))
    return made


def _with_payer(versions: list[SentClaim]) -> SentClaim | None:
    """The version of a claim the payer has: the latest that was not rejected before it got there."""
    return next((row for row in reversed(versions) if status_of(row) != AnswerStatus.REJECTED), None)


def status_of(sent: SentClaim | None) -> str:
    """How a sent claim stands by its latest answer; empty where it was never sent."""
    if sent is None:
        return ""
    answers = [answer for answer in sent.answers.all() if answer.line_id is None]
    return answers[-1].status if answers else "sent"


def _changed(content: Content, before: SentClaim) -> bool:
    """Whether the lines are others than those sent: then a replacement or a void is due."""
    if content.frequency == "8":
        return before.frequency != "8"
    told = [(one["code"], one["units"], one["dos"], tuple(one["modifiers"])) for one in before.as_sent()["services"]]
    if before.frequency == "8":
        told = []
    return told != [(line.code, line.units, line.dos, line.modifiers) for line in content.services]


class _Gather:
    """What a month's claims need from other tables, asked once for all of them."""

    def __init__(self, close: MonthClose, claims: list[Claim], lines: list[_Line]) -> None:
        self.practice = close.practice
        self.setup = ClaimSetup.objects.filter(practice=close.practice_id).first()
        self.charges: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for code, starts_on, amount in Charge.objects.filter(practice=close.practice_id).values_list(
            "code", "starts_on", "amount"
        ):
            self.charges[code].append((starts_on, amount))
        self.coverages: dict[tuple[int, int], list[_Covered]] = defaultdict(list)
        covered = Coverage.objects.filter(patient__in={claim.patient_id for claim in claims}).order_by("starts_on")
        for patient, payer, *rest in covered.values_list("patient", "payer", "starts_on", "ends_on", "member_id"):
            self.coverages[patient, payer].append(_Covered._make(rest))
        self.orders: dict[int, list[_Ordered]] = defaultdict(list)
        ordered = Order.objects.filter(enrollment__in={line.enrollment for line in lines})
        for enrollment, starts_on, family, given, npi in ordered.order_by("starts_on", "number").values_list(
            "enrollment", "starts_on", "signed_by__family_name", "signed_by__given_name", "signed_npi"
        ):
            self.orders[enrollment].append(_Ordered(starts_on, ProviderName(family, given, npi)))
        self.not_known = unknown_diagnoses({(line.diagnosis, line.dos) for line in lines})

    def content(self, claim: Claim, lines: list[_Line], versions: list[SentClaim]) -> Content:
        """What a claim says now; with frequency 7 or 8 where a version of it is with the payer."""
        before = _with_payer(versions) or (versions[-1] if versions else None)
        practice, patient, payer, setup = self.practice, claim.patient, claim.payer, self.setup
        diagnoses = tuple(dict.fromkeys(line.diagnosis for line in lines))
        if not lines and before is not None:
            diagnoses = tuple(before.as_sent()["diagnoses"])
        services = tuple(self._service(line, diagnoses) for line in lines)
        last = lines[-1].dos if lines else Month.of(claim.close.month).last_day
        coverage = self._coverage(claim, last)
        total = sum((Decimal(line.charge) for line in services), Decimal())
        made = Content(
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
            rendering=_person(claim.billing_provider),
            place=setup.place_of_service if setup else "11",
            diagnoses=diagnoses,
            services=services,
            total=str(total),
        )
        with_payer = _with_payer(versions)
        # Never there, rejected on the way, or taken back for good: it goes as new.
        if with_payer is None or (with_payer.frequency == "8" and lines):
            return made
        original = _payer_control(versions)
        if not lines:
            # A void repeats what it takes away.
            taken = Content.from_json(with_payer.as_sent())
            return replace(taken, control="", frequency="8", original=original)
        return replace(made, frequency="7", original=original)

    def _service(self, line: _Line, diagnoses: tuple[str, ...]) -> Service:
        charge = max((c for c in self.charges[line.code] if c[0] <= line.dos), default=(None, Decimal()))[1]
        order = next((o for o in reversed(self.orders[line.enrollment]) if o.starts_on <= line.dos), None)
        return Service(
            control=line.control,
            code=line.code,
            modifiers=tuple(line.modifiers),
            units=line.units,
            charge=str(charge * line.units),
            dos=line.dos.isoformat(),
            pointers=(diagnoses.index(line.diagnosis) + 1,),
            ordering=order.by if order else None,
        )

    def _coverage(self, claim: Claim, on: date) -> _Covered | None:
        rows = self.coverages.get((claim.patient_id, claim.payer_id or 0), [])
        return next((c for c in rows if c.starts_on <= on and (c.ends_on is None or on <= c.ends_on)), None)

    def unknown(self, content: Content) -> list[str]:
        """Diagnoses that are no billable code on a date of service of the claim."""
        days = {date.fromisoformat(line.dos) for line in content.services}
        return [
            f"{code} is no billable diagnosis on {on}."
            for code, on in sorted(self.not_known)
            if code in content.diagnoses and on in days
        ]


def _person(member: Membership) -> ProviderName:
    return ProviderName(member.user.family_name, member.user.given_name, member.npi)


def _payer_control(versions: list[SentClaim]) -> str:
    """The payer's latest number of the claim, by whichever version it answered."""
    numbers = [answer.payer_control for row in versions for answer in row.answers.all() if answer.payer_control]
    return numbers[-1] if numbers else ""
