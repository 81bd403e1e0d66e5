"""Letters to payers as PDF: the request to reopen a claim, an appeal, and a voluntary refund."""

from collections.abc import Iterable, Sequence
from datetime import date

from billing.claims.billing_data import BillingData, Profiles
from billing.evidence import packet_pdf
from billing.evidence.packet import Part
from billing.models import Appeal, Claim, ClaimCorrection, ClaimLine, ClaimVersion, RefundDuty

_FACTS = ("Item", "Value")
_LINES = ("Code", "Date of service", "Units", "Charge")


def letter(claim: Claim, *, title: str, paragraphs: Sequence[str], on: date, parts: Iterable[Part]) -> bytes:
    """A letter about one claim with the practice's address and contact. The same input gives the same bytes."""
    practice, line = claim.practice, claim.lines.select_related("enrollment").order_by("dos", "pk").last()
    clinic, dos = (line.enrollment.clinic_id, line.dos) if line is not None else (None, on)
    profile = Profiles(practice).of(clinic, claim.payer_id, dos)
    billing = BillingData.of(practice, profile)
    sender = [billing.practice, f"NPI {billing.practice_npi}, tax ID {billing.tax_id}"]
    if profile is not None:
        sender += [f"{profile.street}, {profile.city}, {profile.state} {profile.postal_code}", profile.phone]
    payer = str(claim.payer) if claim.payer else ""
    text = "\n".join(
        [*sender, "", f"To: {payer}", f"Date: {on:%B} {on.day}, {on.year}", "", *paragraphs, "", "Signature:"]
    )
    patient = f"{claim.patient.family_name}, {claim.patient.given_name}"
    return packet_pdf.letter_page(title, text, practice.name, patient, tuple(parts))


def facts_part(claim: Claim, version: ClaimVersion, rows: Iterable[tuple[str, object]] = ()) -> Part:
    """The numbers by which a payer finds a claim."""
    content = version.as_sent()
    facts: list[tuple[object, ...]] = [
        ("Patient", f"{claim.patient.given_name} {claim.patient.family_name}"),
        ("Date of birth", claim.patient.born_on),
        ("Member ID", content.get("member_id", "")),
        ("Our claim number", version.control),
        ("Payer's claim number", payer_number(version)),
        *rows,
    ]
    return Part.of("claim", "The claim", "", _FACTS, facts)


def lines_part(version: ClaimVersion, only: ClaimLine | None = None) -> Part:
    """The lines of a version, or one of them."""
    services = [
        (one["code"], one["dos"], one["units"], f"${one['charge']}")
        for one in version.as_sent().get("services", [])
        if only is None or one["control"].lower() == only.public_id
    ]
    return Part.of("lines", "Lines", "", _LINES, services)


def payer_number(version: ClaimVersion) -> str:
    """The payer's own number of a claim, from its last remittance; empty if there is none."""
    answers = version.answers.filter(is_line=False).exclude(payer_control="").order_by("level", "on", "order")
    last = answers.last()
    return last.payer_control if last is not None else ""


def reopening_letter(correction: ClaimCorrection, changes: Iterable[tuple[str, str, str]], *, on: date) -> bytes:
    """The request for a clerical error reopening (42 CFR 405.980(a)(3)), with each field as processed and as it is."""
    paragraphs = [
        "We ask you to reopen the claim below and to correct a clerical error.",
        f"Reason: {correction.reason}",
    ]
    if correction.good_cause:
        paragraphs.append(f"Good cause for a request after one year (42 CFR 405.986): {correction.good_cause}")
    parts = [
        facts_part(correction.claim, correction.version),
        Part.of("changes", "Corrections", "", ("Field", "As processed", "Correct"), changes),
    ]
    return letter(
        correction.claim, title="Request for a clerical error reopening", paragraphs=paragraphs, on=on, parts=parts
    )


def appeal_letter(appeal: Appeal, *, level: str, receiver: str, on: date) -> bytes:
    """The request for one level of an appeal, with what is disputed and why."""
    version = appeal.version
    paragraphs = [
        f"We ask for a {level} of the decision of {appeal.answer.on} on the claim below. {receiver}".strip(),
        appeal.argument,
        "The evidence of the claim is enclosed.",
    ]
    rows = [("Amount in dispute", f"${appeal.amount}"), ("Decided on", appeal.answer.on)]
    if appeal.previous is not None and appeal.previous.reference:
        rows.append(("Number of the earlier decision", appeal.previous.reference))
    parts = [facts_part(version.claim, version, rows), lines_part(version, appeal.line)]
    return letter(version.claim, title=f"Request for {level}", paragraphs=paragraphs, on=on, parts=parts)


def refund_letter(duty: RefundDuty, version: ClaimVersion, *, on: date) -> bytes:
    """The letter with a voluntary refund of an overpayment (42 CFR 401.305)."""
    paragraphs = [
        f"We report and return an overpayment of ${duty.payer_amount} on the claim below, identified on "
        f"{duty.identified_on}.",
        f"Reason: {duty.reason}",
        "Please adjust the claim and confirm the adjustment on a remittance.",
    ]
    rows = [("Overpayment", f"${duty.payer_amount}")]
    parts = [facts_part(duty.claim, version, rows), lines_part(version, duty.line)]
    return letter(duty.claim, title="Voluntary refund of an overpayment", paragraphs=paragraphs, on=on, parts=parts)
