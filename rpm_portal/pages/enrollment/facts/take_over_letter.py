"""The letter to the practice or vendor that monitored a patient before: end the service, and say what was billed."""

from datetime import date
from typing import NamedTuple

from enrollment.models import Enrollment
from rpm_portal.core.refusals import Refused


class TakeOverLetter(NamedTuple):
    """The parts of the letter, in their order."""

    recipient: str
    subject: str
    paragraphs: list[str]
    questions: list[str]
    signature: str


QUESTIONS = [
    "the last day of your service, and that your order has ended",
    "each remote monitoring code that you billed in the last 60 days, with its date of service",
    "the first and the last day of your last 30-day device period",
    "whether set-up and education was billed, and on which day",
    "whether the patient has a device of yours, and where to return it",
]


def take_over_letter(enrollment: Enrollment, *, on: date) -> TakeOverLetter:
    """The letter of a day. One statement. Raises Refused if it is not recorded who monitored the patient before."""
    recipient = enrollment.other_monitoring_by.strip()
    if not recipient:
        raise Refused("Enter on the card Visit and diagnosis which practice monitors or monitored the patient.")
    patient, practice = enrollment.patient, enrollment.practice
    name = f"{patient.given_name} {patient.family_name}"
    first_day = enrollment.started_on or on
    program = enrollment.get_program_display().lower()
    consent = enrollment.consents.filter(withdrawn_on__isnull=True).order_by("-given_on", "-pk").first()
    agreed = f" The patient consented on {_day(consent.given_on)}." if consent is not None else ""
    paragraphs = [
        f"{name} has chosen {practice.name} for {program} from {_day(first_day)}.{agreed}",
        "Only one practice may bill remote monitoring for a patient in a 30-day period. Please discharge the patient "
        "from your service, and confirm in writing:",
    ]
    provider = enrollment.billing_provider
    return TakeOverLetter(
        recipient=recipient,
        subject=f"Transfer of remote monitoring: {name}, born {_day(patient.born_on)}",
        paragraphs=paragraphs,
        questions=QUESTIONS,
        signature=f"{provider.signature}, NPI {provider.npi}",
    )


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
