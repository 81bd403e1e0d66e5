"""What the claims of a month will lack when they are sent, found from its forecast on."""

from collections import defaultdict
from dataclasses import dataclass

from billing.claims.ready_claims import claims_of
from billing.models import LineState, MonthClose
from enrollment.models import Patient

_EXPECTED = (LineState.PROPOSED, LineState.APPROVED, LineState.HELD)


@dataclass(frozen=True, slots=True)
class ClaimGap:
    """A problem that blocks claims, as a sentence, and whose claims they are, by name."""

    says: str
    patients: list[Patient]


def claim_gaps(close: MonthClose) -> list[ClaimGap]:
    """The problems of a month's claims with the lines as they are now, the most frequent first. Constant statements.

    A problem of the practice's own data, such as a missing charge, is listed once with all patients.
    """
    by_sentence: dict[str, dict[int, Patient]] = defaultdict(dict)
    for ready in claims_of(close, states=_EXPECTED):
        for sentence in ready.wrong:
            by_sentence[sentence][ready.claim.patient_id] = ready.claim.patient
    gaps = [ClaimGap(sentence, list(patients.values())) for sentence, patients in by_sentence.items()]
    return sorted(gaps, key=lambda gap: (-len(gap.patients), gap.says))
