"""The eight cards of an enrollment: purpose, state, and the reason for the state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict

from django.db.models import QuerySet
from django.forms import Form

from billing.policies.coinsurance import coinsurance_words
from billing.policies.coverage_check import CoverageWords, coverage_words
from enrollment.forms import MoveForm
from enrollment.models import CardDraft, ConsentScript, Enrollment, EnrollmentState, Patient, Pause, Program
from enrollment.queries import EnrollmentRecord, record_of
from enrollment.services import last_visit_on
from monitoring.alerts.limits import limits_of
from monitoring.models import ConditionTemplate
from rpm_portal.core.days import day_words

DONE, MISSING, NOT_NEEDED = "done", "missing", "not needed"
TITLES = {
    "person": "Person",
    "coverage": "Coverage",
    "relationship": "Visit and diagnosis",
    "order": "Order",
    "consent": "Consent",
    "device": "Device",
    "education": "Set-up and education",
    "limits": "Limits and goals",
}
WHY = {
    "person": "The claim and every page of the record name this person.",
    "coverage": "The payer decides which rules count this month.",
    "relationship": (
        "RPM requires an established patient; RTM requires a treatment plan. "
        "Both require a diagnosis and a single billing practice."
    ),
    "order": "Auditors ask for a document headed Order, signed before the service.",
    "consent": "The patient agrees, knows the cost, and knows that only one practice may bill.",
    "device": "Device days count only from an FDA-defined medical device assigned to this patient.",
    "education": "Without it, setup (99453, 98975) is never billed. Mailing a device is not patient education.",
    "limits": "Readings outside the limits create alerts. Goals define when the episode ends.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card: its state and a sentence with the reason."""

    key: str
    state: str
    says: str

    @property
    def title(self) -> str:
        """The card's title."""
        return TITLES[self.key]

    @property
    def why(self) -> str:
        """Why the card matters, in one line."""
        return WHY[self.key]


def cards_of(enrollment: Enrollment, *, today: date) -> tuple[list[Card], EnrollmentRecord, CoverageWords | None]:
    """The cards in order, the enrollment's documents, and the policy that applies. A constant number of statements."""
    record = record_of(enrollment, today=today)
    words = None
    if record.coverage is not None:
        payer, kind = record.coverage.payer, enrollment.diagnosis_kind
        words = coverage_words(payer, program=enrollment.program, diagnosis=enrollment.diagnosis, kind=kind, on=today)
    cards = [
        Card("person", DONE, f"{enrollment.patient}, record {enrollment.patient.mrn}"),
        _coverage(record, words),
        _relationship(enrollment, today),
        _order(enrollment, record, today),
        _consent(record),
        _device(enrollment, record),
        _education(enrollment, record),
        _limits(enrollment),
    ]
    return cards, record, words


def _coverage(record: EnrollmentRecord, words: CoverageWords | None) -> Card:
    if record.coverage is None:
        return Card("coverage", MISSING, "No active coverage. Enter the payer and member ID.")
    if words is not None and words.refused:
        return Card("coverage", MISSING, words.refused)
    return Card("coverage", DONE, f"{record.coverage.payer} since {day_words(record.coverage.starts_on)}")


def _relationship(enrollment: Enrollment, today: date) -> Card:
    lacking = []
    if not enrollment.diagnosis:
        lacking.append("the diagnosis")
    if enrollment.program == Program.RPM and last_visit_on(enrollment.patient, on=today) is None:
        lacking.append("the last visit")
    if enrollment.program == Program.RTM and enrollment.plan_on is None:
        lacking.append("the treatment plan's date")
    if not enrollment.other_monitoring:
        lacking.append("whether another practice monitors the patient")
    if lacking:
        return Card("relationship", MISSING, f"Enter {', '.join(lacking)}.")
    if enrollment.other_monitoring == "running":
        return Card("relationship", MISSING, "Another practice still monitors; ask for its end first.")
    return Card("relationship", DONE, f"{enrollment.condition} ({enrollment.diagnosis})")


def _order(enrollment: Enrollment, record: EnrollmentRecord, today: date) -> Card:
    if record.order is None:
        return Card("order", MISSING, "No signed order. Send one for signature.")
    if record.order.diagnosis != enrollment.diagnosis:
        message = f"No. {record.order.number} names {record.order.diagnosis}, the enrollment {enrollment.diagnosis}"
        return Card("order", MISSING, f"{message}. Sign a new one.")
    if record.order.ends_on is not None and (left := (record.order.ends_on - today).days) <= 30:
        return Card(
            "order", DONE if left >= 0 else MISSING, f"No. {record.order.number} ends {day_words(record.order.ends_on)}"
        )
    return Card("order", DONE, f"No. {record.order.number} from {day_words(record.order.starts_on)}")


def with_sent_order(cards: Sequence[Card], drafts: Mapping[str, CardDraft]) -> list[Card]:
    """The cards, with the order's state while a prepared order waits for the provider."""
    draft = drafts.get("order")
    if draft is None or draft.sent_at is None:
        return list(cards)
    to = draft.sent_to.signature if draft.sent_to else "a provider"
    return [replace(card, says=f"Sent to {to} for signature") if card.key == "order" else card for card in cards]


def _consent(record: EnrollmentRecord) -> Card:
    if record.consent is None:
        return Card("consent", MISSING, "No consent in force. Read the script and note the answer.")
    given = f"{day_words(record.consent.given_on)}, {record.consent.get_mode_display()}"
    return Card("consent", DONE, f"{given}, script {record.consent.script_version} ({record.consent.language})")


def _device(enrollment: Enrollment, record: EnrollmentRecord) -> Card:
    if enrollment.program == Program.CCM:
        return Card("device", NOT_NEEDED, "Chronic care management uses no device.")
    if not record.assignments and record.shares:
        names = ", ".join(str(row.assignment.device) for row in record.shares)
        return Card("device", DONE, f"{names}, shared. Its supply is billed for the patient it was given to.")
    if not record.assignments:
        return Card("device", MISSING, "No device is with the patient.")
    if not any(row.device.model.fda_defined for row in record.assignments):
        return Card("device", MISSING, "The device is no medical device as FDA defines it; its days are not billed.")
    return Card("device", DONE, ", ".join(str(row.device) for row in record.assignments))


def _education(enrollment: Enrollment, record: EnrollmentRecord) -> Card:
    if enrollment.program == Program.CCM:
        return Card("education", NOT_NEEDED, "There is no device to teach.")
    if record.episode is None or record.episode.educated_on is None:
        return Card("education", MISSING, "Not documented yet.")
    return Card("education", DONE, f"{day_words(record.episode.educated_on)} by {record.episode.educated_by}")


def _limits(enrollment: Enrollment) -> Card:
    if enrollment.program == Program.CCM:
        return Card("limits", NOT_NEEDED, "Readings belong to RPM or RTM.")
    limits = [row for row in limits_of(enrollment.pk).values() if any((row.low, row.high, row.critical_high))]
    if not limits and not enrollment.goals:
        return Card("limits", MISSING, "No limits and no goals. Start from a condition's template.")
    return Card(
        "limits",
        DONE,
        f"{len(limits)} limit{'' if len(limits) == 1 else 's'}" + (", goals" if enrollment.goals else ""),
    )


def may_start(enrollment: Enrollment) -> bool:
    """Whether the page offers to start the service."""
    return enrollment.state in {EnrollmentState.DRAFT, EnrollmentState.READY}


class CardsContext(TypedDict):
    """Context of an enrollment's header and cards; `done` is the number of cards without missing data."""

    cards: list[Card]
    record: EnrollmentRecord
    coverage_words: CoverageWords | None
    coinsurance: str
    done: int


class EnrollmentContext(CardsContext):
    """The enrollment with a form for each card, and the drafts that were typed before."""

    enrollment: Enrollment
    patient: Patient
    age: int
    today: date
    drawn_at: str
    rows: list[tuple[Card, Form, CardDraft | None]]
    open_card: str
    errors: list[str]
    form: Form | None  # of the refused card, for the summary of its errors
    scripts: QuerySet[ConsentScript]
    conditions: QuerySet[ConditionTemplate]
    may_start: bool
    lacking: list[str]
    move_form: MoveForm
    pauses: list[Pause]


def context_of(enrollment: Enrollment, *, today: date) -> CardsContext:
    """Context of the page's header and cards."""
    cards, record, words = cards_of(enrollment, today=today)
    return {
        "cards": cards,
        "record": record,
        "coverage_words": words,
        "coinsurance": coinsurance_words(enrollment, record.coverage.payer if record.coverage else None, on=today),
        "done": sum(1 for card in cards if card.state != MISSING),
    }
