"""The billing profile, clearinghouse and taxonomy in force on a day, and the numbers that are the practice's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from billing.claims.formats.content import Address, ServiceLocation
from billing.models import BillingProfile, ClearinghouseChannel, ProviderTaxonomy
from rpm_portal.accounts.models import Practice

Profile = BillingProfile
# Of a clearinghouse, what is in the envelope of a file and on no claim.
SENDER_COLUMNS = (
    "submitter_id",
    "submitter_qualifier",
    "receiver",
    "receiver_id",
    "receiver_qualifier",
    "group_sender",
    "group_receiver",
    "submitter_number",
    "receiver_number",
    "acknowledged",
    "contact",
    "phone",
)


class Profiles:
    """A practice's billing profiles and taxonomy codes, read once. Two statements."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        rows = BillingProfile.objects.filter(practice=practice).order_by("starts_on", "pk")
        self._by_scope: dict[tuple[int | None, int | None], list[Profile]] = {}
        for row in rows:
            self._by_scope.setdefault((row.clinic_id, row.payer_id), []).append(row)
        taxonomies = ProviderTaxonomy.objects.filter(practice=practice).order_by("starts_on", "pk")
        self._taxonomies = list(taxonomies.values_list("member", "starts_on", "taxonomy"))

    def of(self, clinic: int | None, payer: int | None, on: date) -> Profile | None:
        """The profile on a day: of clinic and payer, else of the clinic, of the payer, of the practice; or None."""
        for scope in ((clinic, payer), (clinic, None), (None, payer), (None, None)):
            in_force = [row for row in self._by_scope.get(scope, ()) if row.starts_on <= on]
            if in_force:
                return in_force[-1]
        return None

    def taxonomy_of(self, member: int, on: date) -> str:
        """A person's taxonomy code on a day; empty if none is on file."""
        codes = [code for pk, starts_on, code in self._taxonomies if pk == member and starts_on <= on]
        return codes[-1] if codes else ""


@dataclass(frozen=True, slots=True)
class BillingData:
    """What a claim takes from its billing profile, with the practice's own name and numbers where that has none."""

    practice: str
    practice_npi: str
    tax_id: str
    tax_id_kind: str
    taxonomy: str
    practice_address: Address
    phone: str
    pay_to: Address | None
    location: ServiceLocation | None
    channel: str
    place: str

    @classmethod
    def of(cls, practice: Practice, profile: Profile | None) -> "BillingData":
        """The data of a profile; of a practice without one, its name and numbers only."""
        row = profile or BillingProfile(tax_id_kind="EI", channel="")
        return cls(
            practice=row.name or practice.name,
            practice_npi=row.npi or practice.npi,
            tax_id=(row.tax_id or practice.tax_id).replace("-", ""),
            tax_id_kind=row.tax_id_kind,
            taxonomy=row.taxonomy,
            practice_address=_address(row.street, row.city, row.state, row.postal_code),
            phone="".join(filter(str.isdigit, row.phone))[:10],
            pay_to=_address(row.pay_to_street, row.pay_to_city, row.pay_to_state, row.pay_to_postal_code)
            if row.pay_to_street
            else None,
            location=_location(row) if row.location_name else None,
            channel=row.channel,
            place=row.place_of_service,
        )


def _location(row: Profile) -> ServiceLocation:
    address = _address(row.location_street, row.location_city, row.location_state, row.location_postal_code)
    return ServiceLocation(row.location_name, row.location_npi, address)


def _address(street: str, city: str, state: str, postal: str) -> Address:
    return Address(street, city, state, postal.replace("-", ""))


def channel_on(practice_id: int, name: str, on: date) -> ClearinghouseChannel | None:
    """The data of a clearinghouse that are in force on a day; None if there are none. One statement."""
    rows = ClearinghouseChannel.objects.filter(practice=practice_id, name=name, starts_on__lte=on)
    return rows.order_by("starts_on").last()


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    """Every NPI and tax ID under which the practice bills or has billed."""

    npis: frozenset[str]
    tax_ids: frozenset[str]


def own_numbers(practice: Practice) -> OwnNumbers:
    """The numbers of the practice and of its billing profiles of any day. One statement."""
    rows = [(practice.npi, practice.tax_id)]
    rows += BillingProfile.objects.filter(practice=practice).values_list("npi", "tax_id")
    return OwnNumbers(_given(npi for npi, _ in rows), _given(tax_id.replace("-", "") for _, tax_id in rows))


def _given(numbers: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, numbers))
