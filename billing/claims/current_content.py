"""The content of claims as it is now, from the rows of every app, read once for all claims of a month."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.claims.billing_data import BillingData, Profiles
from billing.claims.certifiers import Certifiers, claim_level
from billing.claims.claim_providers import ClaimProviders, ServedLine
from billing.claims.conditions import CarePlanConditions
from billing.claims.formats.content import Address, Content, ProviderName, Service
from billing.claims.places import Places
from billing.models import Charge, Claim, ClaimLine, LineState, MonthClose
from billing.policies.in_force import policies_around
from billing.policies.timely_filing import FilingLimits
from billing.rules.decision import CARE_MANAGEMENT
from enrollment.diagnosis_codes import unknown_diagnoses
from enrollment.models import Coverage
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import Month


class CurrentLine(NamedTuple):
    """A line in force, without its evidence, which is not sent."""

    claim: int
    control: str
    code: str
    units: int
    modifiers: list[str]
    dos: date
    enrollment: int
    diagnosis: str
    clinic: int | None
    supervisor: int | None
    authorization: str
    component: str
    patient: int

    @property
    def served(self) -> ServedLine:
        """What of it decides its providers."""
        return ServedLine(self.enrollment, self.modifiers, self.dos, self.supervisor)


_COLUMNS = (
    "claim",
    "public_id",
    "code",
    "units",
    "modifiers",
    "dos",
    "enrollment",
    "enrollment__diagnosis",
    "enrollment__clinic",
    "enrollment__supervised_by",
    "authorization",
    "component",
    "patient",
)


class _Covered(NamedTuple):
    """A patient's coverage by a payer, both days included."""

    starts_on: date
    ends_on: date | None
    member_id: str


def lines_of(claims: Sequence[int], states: Sequence[str] = (LineState.APPROVED,)) -> dict[int, list[CurrentLine]]:
    """The lines of claims in some states, by the claim's key, in the order of a claim. One statement."""
    lines: dict[int, list[CurrentLine]] = defaultdict(list)
    rows = ClaimLine.objects.filter(claim__in=claims, state__in=states).order_by("dos", "code", "pk")
    for row in rows.values_list(*_COLUMNS):
        line = CurrentLine._make(row)
        lines[line.claim].append(line)
    return lines


class ContentSources:
    """What a month's claims need from other tables, read once for all of them."""

    def __init__(self, close: MonthClose, claims: list[Claim], lines: list[CurrentLine]) -> None:
        month = Month.of(close.month)
        self.practice, self._last_day = close.practice, month.last_day
        self._policies = policies_around(close.practice_id, month)
        self.codes = self._policies.rules.codes_on(month.last_day)
        self._profiles = Profiles(self.practice)
        self._places = Places(self.practice.pk, default="11")
        self._providers = ClaimProviders(self._policies, [line.served for line in lines])
        self.limits = FilingLimits(self.practice.pk)
        self._charges: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for code, starts_on, amount in Charge.objects.filter(practice=close.practice_id).values_list(
            "code", "starts_on", "amount"
        ):
            self._charges[code].append((starts_on, amount))
        self._coverages: dict[tuple[int, int], list[_Covered]] = defaultdict(list)
        covered = Coverage.objects.filter(patient__in={claim.patient_id for claim in claims}).order_by("starts_on")
        for patient, payer, *rest in covered.values_list("patient", "payer", "starts_on", "ends_on", "member_id"):
            self._coverages[patient, payer].append(_Covered._make(rest))
        self._certifiers = Certifiers({line.enrollment for line in lines if line.modifiers})
        self._conditions = CarePlanConditions({line.patient for line in lines if line.component == CARE_MANAGEMENT})
        self._not_known = unknown_diagnoses({(code, line.dos) for line in lines for code in self._diagnoses(line)})

    def content(self, claim: Claim, lines: list[CurrentLine], diagnoses: tuple[str, ...] = ()) -> Content:
        """The content of a claim as a new one. `diagnoses` are those of a claim that has no lines any more."""
        payer, patient = claim.payer, claim.patient
        last_dos = lines[-1].dos if lines else self._last_day
        billing = self._billing_data(claim, lines)[-1]
        rendering = self._rendering(claim.billing_provider, last_dos)
        diagnoses = tuple(dict.fromkeys(code for line in lines for code in self._diagnoses(line))) or diagnoses
        services = tuple(self._service(line, diagnoses, claim, rendering) for line in lines)
        place, services = self._places.on_claim(claim.payer_id, services, default=billing.place)
        referring, services = claim_level(services)
        coverage = self._coverage(claim, last_dos)
        return Content(
            control="",
            frequency="1",
            original="",
            practice=billing.practice,
            practice_npi=billing.practice_npi,
            tax_id=billing.tax_id,
            taxonomy=billing.taxonomy,
            practice_address=billing.practice_address,
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
            rendering=rendering,
            place=place,
            diagnoses=diagnoses,
            services=services,
            total=str(sum((Decimal(line.charge) for line in services), Decimal())),
            channel=billing.channel,
            tax_id_kind=billing.tax_id_kind,
            phone=billing.phone,
            pay_to=billing.pay_to,
            location=billing.location,
            referring=referring,
            supervising=_only(self._supervisors(claim, lines, rendering)),
        )

    def problems(self, claim: Claim, lines: list[CurrentLine], content: Content) -> list[str]:
        """What a claim cannot contain: two billing profiles, two supervisors, unknown diagnoses."""
        supervisors = self._supervisors(claim, lines, content.rendering)
        found = []
        if len({replace(data, place="") for data in self._billing_data(claim, lines)}) > 1:
            found.append(f"The lines belong to clinics with different billing profiles; {_ONE_EACH}")
        if len(supervisors) > 1:
            names = ", ".join(sorted(f"{one.given} {one.family}" for one in supervisors))
            found.append(f"{names} supervised the lines; {_ONE_EACH}")
        return [*found, *self._unknown(content)]

    def file_by(self, claim: Claim, lines: list[CurrentLine]) -> date | None:
        """The last day on which the payer takes all lines of a claim; None if no limit is on file."""
        return self.limits.earliest(claim.payer, (line.dos for line in lines))

    def _billing_data(self, claim: Claim, lines: list[CurrentLine]) -> list[BillingData]:
        """The billing data of each line, in their order; of the practice for a claim without lines."""
        scopes = [(line.clinic, line.dos) for line in lines] or [(None, self._last_day)]
        profiles = [self._profiles.of(clinic, claim.payer_id, on) for clinic, on in scopes]
        return [BillingData.of(self.practice, profile) for profile in profiles]

    def _rendering(self, member: Membership, on: date) -> ProviderName:
        user = member.user
        taxonomy = self._profiles.taxonomy_of(member.pk, on)
        return ProviderName(user.family_name, user.given_name, member.npi, taxonomy)

    def _supervisors(self, claim: Claim, lines: list[CurrentLine], rendering: ProviderName) -> frozenset[ProviderName]:
        return self._providers.supervisors([line.served for line in lines], rendering, claim.payer_id)

    def _service(self, line: CurrentLine, diagnoses: tuple[str, ...], claim: Claim, rendering: ProviderName) -> Service:
        charge = max((price for price in self._charges[line.code] if price[0] <= line.dos), default=(None, Decimal()))[
            1
        ]
        medicare = bool(claim.payer and claim.payer.is_medicare)
        return Service(
            control=line.control,
            code=line.code,
            modifiers=tuple(line.modifiers),
            units=line.units,
            charge=str(charge * line.units),
            dos=line.dos.isoformat(),
            pointers=tuple(diagnoses.index(code) + 1 for code in self._diagnoses(line)),
            ordering=self._providers.ordering(line.served, rendering, claim.payer_id, medicare=medicare),
            authorization=line.authorization,
            referring=self._certifiers.on(line.enrollment, line.modifiers, line.dos),
        )

    def _diagnoses(self, line: CurrentLine) -> tuple[str, ...]:
        """The diagnosis of a line's enrollment; of care management, the conditions of its plan."""
        is_care = line.component == CARE_MANAGEMENT
        return self._conditions.on(line.patient, line.dos) if is_care else (line.diagnosis,)

    def _coverage(self, claim: Claim, on: date) -> _Covered | None:
        rows = self._coverages.get((claim.patient_id, claim.payer_id or 0), [])
        return next((row for row in rows if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on)), None)

    def _unknown(self, content: Content) -> list[str]:
        """Sentences for the diagnoses that are not billable on a date of service of the claim."""
        days = {date.fromisoformat(line.dos) for line in content.services}
        return [
            f"{code} is not a billable diagnosis code on {on}."
            for code, on in sorted(self._not_known)
            if code in content.diagnoses and on in days
        ]


_ONE_EACH = "a claim names one. Hold the lines of one of them and bill them after the others."


def _only(people: frozenset[ProviderName]) -> ProviderName | None:
    """The one provider, or None if there is none or more than one, which is a problem of the claim."""
    return next(iter(people)) if len(people) == 1 else None
