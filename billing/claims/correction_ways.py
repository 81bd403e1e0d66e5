"""The form of a correction, by the state of the version, the payer's mode, and the lines that are left. Pure."""

from dataclasses import dataclass
from datetime import date

from billing.models import (
    ADJUDICATED,
    NEVER_ADJUDICATED,
    REJECTED_STATES,
    ClaimState,
    Correction,
    CorrectionWay,
)

# Medicare reopens a claim within one year of the initial determination for any reason, and within four years for good
# cause (42 CFR 405.980(b)(1) and (2)).
ANY_REASON_YEARS, GOOD_CAUSE_YEARS = 1, 4


@dataclass(frozen=True, slots=True)
class Offer:
    """How a claim can be corrected: the way and what to know about it, or why it cannot."""

    way: str = ""
    advice: str = ""
    refusal: str = ""


def offer(state: str, *, mode: str, has_lines: bool, number_known: bool = True) -> Offer:
    """How a claim in a state is corrected with a payer that takes corrections in a mode."""
    if state == ClaimState.WRITTEN:
        return Offer(refusal="The submission is not delivered. Withdraw it, correct the data, and send the claim.")
    if state == ClaimState.OTHER_PAYER:
        return Offer(refusal="This payer forwarded the claim to another payer. Check the patient's coverage first.")
    if state in NEVER_ADJUDICATED:
        return _of_unprocessed(state, has_lines=has_lines)
    if state == ClaimState.REVERSED:
        return Offer(refusal="The payer reversed this claim. Wait for its corrected answer, or call the payer.")
    if mode == Correction.REPLACEMENT:
        return _of_replacement(has_lines=has_lines, number_known=number_known)
    if state not in ADJUDICATED:
        return Offer(refusal="The payer has not processed this claim. Correct it when its remittance is posted.")
    if mode == Correction.REOPENING:
        return _of_reopening(state, has_lines=has_lines)
    return _of_new_claim(has_lines=has_lines)


def _of_unprocessed(state: str, *, has_lines: bool) -> Offer:
    if not has_lines:
        return Offer(refusal="The payer did not process this claim, and no line of it is left. Nothing is sent.")
    if state in REJECTED_STATES:
        return Offer(CorrectionWay.NEW, "Rejected before processing: it goes as a new claim. Filing time runs on.")
    if state == ClaimState.NOT_RECOGNIZED:
        return Offer(
            CorrectionWay.NEW, "The payer does not know the patient. Check the member ID; a new claim is sent."
        )
    # Palmetto GBA, "Appeal Levels": MA130 carries no appeal rights, and the claim is not reopened.
    return Offer(CorrectionWay.NEW, "It was unprocessable (MA130): it goes as a new claim. There is no appeal.")


def _of_replacement(*, has_lines: bool, number_known: bool) -> Offer:
    waits = "" if number_known else " It waits for the payer's number of the claim."
    if not has_lines:
        return Offer(CorrectionWay.VOID, f"No line is left: a void (frequency 8) cancels the claim.{waits}")
    return Offer(CorrectionWay.REPLACEMENT, f"A replacement (frequency 7) takes the claim's place.{waits}")


def _of_reopening(state: str, *, has_lines: bool) -> Offer:
    if not has_lines:
        return Offer(CorrectionWay.REOPENING, "No line is left: ask the payer to reopen the claim and take it back.")
    if state in {ClaimState.DENIED, ClaimState.PART_DENIED}:
        return Offer(
            CorrectionWay.REOPENING,
            "A reopening corrects a clerical error only. If the data were right, appeal: ask for a redetermination.",
        )
    return Offer(CorrectionWay.REOPENING, "Ask the payer to reopen the claim: by telephone, portal, or letter.")


def _of_new_claim(*, has_lines: bool) -> Offer:
    if not has_lines:
        return Offer(refusal="This payer takes no void. Refund the payment, or ask the payer to take the claim back.")
    return Offer(CorrectionWay.NEW, "This payer takes a correction as a new claim (frequency 1).")


def reopening_limits(decided_on: date) -> tuple[date, date]:
    """The last day to ask for a reopening for any reason, and for good cause."""
    return _years_later(decided_on, ANY_REASON_YEARS), _years_later(decided_on, GOOD_CAUSE_YEARS)


def _years_later(day: date, years: int) -> date:
    """The same day some years later; February 28 for a February 29."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
