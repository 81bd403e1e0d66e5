"""Checks of a claim before it is written, beyond a syntax validator's. Each failure names its remedy."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import chain

from billing.claims.formats.content import Address, Content
from billing.rules import CodeSet
from rpm_portal.core.identifiers import is_mbi, is_npi

_STATES = re.compile(
    r"A[KLRSZ]|C[AOT]|D[CE]|FL|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]"
)
_ICD = re.compile(r"^[A-TV-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?\Z")
_NINE_DIGITS, _ZIP = re.compile(r"\d{9}"), re.compile(r"\d{5}(\d{4})?")
_PO_BOX = re.compile(r"(?i)\s*p\.?\s*o\.?\s*box")
MAX_LINES = 50


def problems(content: Content, codes: CodeSet) -> list[str]:
    """The problems that block a claim, as sentences; empty if there are none. `codes` are those of the month."""
    parts = (_practice_problems(content), _provider_problems(content), _patient_problems(content))
    return [*chain.from_iterable(parts), *_line_problems(content, codes)]


def _practice_problems(content: Content) -> Iterator[str]:
    if not content.channel:
        yield "No billing profile is in force on the date of service (billing profiles, in the billing settings)."
        return
    if not is_npi(content.practice_npi):
        yield "The practice's group NPI is missing or wrong (billing profile, or practice, in the billing settings)."
    if not _NINE_DIGITS.fullmatch(content.tax_id):
        yield "The practice's tax id is missing (billing profile, or practice, in the billing settings)."
    if not content.taxonomy:
        yield "The practice's taxonomy code is missing (billing profile, in the billing settings)."
    yield from _address_problems(content.practice_address, "The practice's", nine_digits=True)
    if _PO_BOX.match(content.practice_address.street):
        yield "The billing address must be a street address, not a PO box."
    if not is_npi(content.rendering.npi):
        yield f"{content.rendering.given} {content.rendering.family} has no valid NPI (roles, in the admin)."
    if not content.rendering.family.strip():
        yield "The billing provider's family name is missing (users, in the admin)."


def _provider_problems(content: Content) -> Iterator[str]:
    """The supervising provider, if the claim names one."""
    if content.supervising is not None and not is_npi(content.supervising.npi):
        who = f"{content.supervising.given} {content.supervising.family}"
        yield f"{who}, who supervises, has no valid NPI (roles, in the admin)."


def _patient_problems(content: Content) -> Iterator[str]:
    if not content.payer:
        yield "No payer covers the dates of service (coverage, on the enrollment page)."
    elif not content.payer_id:
        yield f"{content.payer} has no payer id (payers, in the billing settings)."
    if not content.member_id:
        yield "The member id is missing (coverage, on the enrollment page)."
    elif content.medicare and not is_mbi(content.member_id):
        yield "The member id is not a Medicare id (coverage, on the enrollment page)."
    if content.sex not in {"F", "M", "U"} or not content.born:
        yield "Sex or date of birth is missing (person, on the enrollment page)."
    yield from _address_problems(content.address, "The patient's")


def _address_problems(address: Address, whose: str, *, nine_digits: bool = False) -> Iterator[str]:
    missing = [name for name, value in (("street", address.street), ("city", address.city)) if not value.strip()]
    if not _STATES.fullmatch(address.state):
        missing.append("state")
    if not (_NINE_DIGITS if nine_digits else _ZIP).fullmatch(address.postal):
        missing.append("nine-digit ZIP" if nine_digits else "ZIP")
    if missing:
        yield f"{whose} address lacks {', '.join(missing)}."


def _line_problems(content: Content, codes: CodeSet) -> Iterator[str]:
    by_code = codes.by_code
    if not content.services and content.frequency != "8":
        yield "The claim has no lines."
    if len(content.services) > MAX_LINES:
        yield f"The claim has more than {MAX_LINES} lines."
    if not content.diagnoses or len(content.diagnoses) > 12:
        yield "A claim names one to twelve diagnoses."
    for code in content.diagnoses:
        if not _ICD.match(code):
            yield f"{code or 'An empty code'} is no ICD-10-CM code (diagnosis, on the enrollment page)."
    if content.frequency in {"7", "8"} and not content.original:
        yield "A replacement or void names the payer's own number of the claim; it has not been received yet."
    seen, total = set(), Decimal()
    for line in content.services:
        spec = by_code.get(line.code)
        if spec is None or not spec.valid(date.fromisoformat(line.dos)):
            yield f"{line.code} does not exist on {line.dos}."
        charge = Decimal(line.charge)
        total += charge
        if charge <= 0:
            yield f"{line.code} has no charge (charges, in the billing settings)."
        if not line.pointers or any(not 1 <= pointer <= len(content.diagnoses) for pointer in line.pointers):
            yield f"{line.code} points at no diagnosis of the claim."
        if line.ordering is not None and not is_npi(line.ordering.npi):
            yield f"The order for {line.code} has no valid NPI."
        if line.ordering is not None and not line.ordering.family.strip():
            yield f"The family name of who signed the order for {line.code} is missing (users, in the admin)."
        if content.medicare and line.is_therapy:
            named = line.referring or content.referring
            if named is None or not is_npi(named.npi) or not named.family.strip():
                yield f"The plan of care for {line.code} lacks the name or NPI of who certified it (Billing facts)."
        key = (line.code, line.modifiers, line.dos)
        if key in seen:
            yield f"{line.code} of {line.dos} is on the claim twice."
        seen.add(key)
    if total != Decimal(content.total):
        yield "The claim's total is not the sum of its lines."
