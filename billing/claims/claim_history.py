"""What a payer has of each claim, the correction that is open, and the frequency of the next version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Prefetch

from billing.claims.formats.content import Content
from billing.models import (
    NEVER_ADJUDICATED,
    REJECTED_STATES,
    Answer,
    Claim,
    ClaimCorrection,
    ClaimState,
    ClaimVersion,
    Correction,
    CorrectionOutcome,
    CorrectionWay,
    Level,
)
from billing.policies.profiles import correction_mode, profiles_on

_BLOCKERS = {
    Correction.REOPENING: (
        "This payer takes no replacement and no void (frequency 7 or 8). Open a correction on the claim's page."
    ),
    Correction.NEW_CLAIM: "This payer takes a correction as a new claim. Open a correction on the claim's page.",
}


@dataclass(slots=True)
class ClaimHistory:
    """The versions of a claim that were not withdrawn, oldest first, and its corrections."""

    mode: str = Correction.REPLACEMENT
    versions: list[ClaimVersion] = field(default_factory=list)
    corrections: list[ClaimCorrection] = field(default_factory=list)
    last_number: int = 0

    @property
    def last(self) -> ClaimVersion | None:
        """The newest version."""
        return self.versions[-1] if self.versions else None

    @property
    def payers_version(self) -> ClaimVersion | None:
        """The version that the payer has: the latest that was not rejected on the way."""
        return next((row for row in reversed(self.versions) if row.state not in REJECTED_STATES), None)

    @property
    def adjudicated(self) -> ClaimVersion | None:
        """The version that a correction refers to: the latest that was not rejected and not unprocessable."""
        return next((row for row in reversed(self.versions) if row.state not in NEVER_ADJUDICATED), None)

    @property
    def open_correction(self) -> ClaimCorrection | None:
        """The correction that is open and was not sent, or was sent in a version that was rejected on the way."""
        sent = {version.correction_id for version in self.versions if version.state not in REJECTED_STATES}
        return next((row for row in self.corrections if row.ended_at is None and row.pk not in sent), None)

    def is_due(self, content: Content) -> bool:
        """Whether the claim can be sent: the payer has no version, or a person or late facts changed what it has."""
        if self.last is not None and self.last.state == ClaimState.WRITTEN:
            return False
        if self.payers_version is None:
            return bool(content.services)
        if (correction := self.open_correction) is not None:
            return correction.way != CorrectionWay.REOPENING
        return self.lines_changed(content)

    def lines_changed(self, content: Content) -> bool:
        """Whether the lines differ from those that the payer has: then a replacement or a void is due."""
        before = self.payers_version
        if before is None:
            return False
        if content.frequency == "8" and before.frequency == "8":
            return False
        known = [] if before.frequency == "8" else _lines(self._known_content(before)["services"])
        now = [] if content.frequency == "8" else [(x.code, x.units, x.dos, x.modifiers) for x in content.services]
        return known != now

    def _known_content(self, version: ClaimVersion) -> Mapping[str, list[dict[str, object]]]:
        """The content that the payer has: of the version, or of the reopening by which the payer corrected it."""
        corrected = [
            row
            for row in self.corrections
            if row.version_id == version.pk and row.outcome == CorrectionOutcome.CORRECTED
        ]
        return corrected[-1].as_asked() if corrected else version.as_sent()

    def blockers(self, content: Content) -> list[str]:
        """Why changed lines cannot be sent: the payer takes no replacement, and no correction is open."""
        if self.adjudicated is None or self.open_correction is not None or not self.lines_changed(content):
            return []
        return [_BLOCKERS[Correction(self.mode)]] if self.mode in _BLOCKERS else []

    def framed(self, content: Content, *, has_lines: bool) -> Content:
        """The content with its frequency, and the payer's number for a replacement or a void."""
        before, correction = self.adjudicated, self.open_correction
        # Never sent, rejected on the way, unprocessable, or voided: it is a new claim.
        if before is None or (before.frequency == "8" and has_lines):
            return content
        if has_lines and correction is not None and correction.way == CorrectionWay.NEW:
            return content
        if not has_lines:
            # A void repeats the content it cancels.
            voided = Content.from_json(before.as_sent())
            return replace(voided, control="", frequency="8", original=self.payer_control)
        return replace(content, frequency="7", original=self.payer_control)

    @property
    def payer_control(self) -> str:
        """The number of the claim that the payer processed last (of an 835, not of a 277CA)."""
        rows = [row for row in self.versions if row.state not in NEVER_ADJUDICATED]
        answers = [answer for row in rows for answer in row.answers.all()]  # those with a number: `histories_of`
        return max(answers, key=lambda answer: (answer.on, answer.order)).payer_control if answers else ""


def _lines(services: Iterable[Mapping[str, object]]) -> list[tuple[object, ...]]:
    return [(one["code"], one["units"], one["dos"], tuple(one["modifiers"])) for one in services]  # type: ignore[arg-type]


def histories_of(claims: list[Claim], *, on: date | None = None) -> dict[int, ClaimHistory]:
    """The history of each claim, whose payer is loaded; the payers' profiles are those of a day. Four statements."""
    profiles = profiles_on(claims[0].practice_id, on) if claims else {}
    histories = {
        claim.pk: ClaimHistory(mode=correction_mode(profiles.get(claim.payer_id or 0), claim.payer)) for claim in claims
    }
    for version in _versions(histories):
        history = histories[version.claim_id]
        history.last_number = max(history.last_number, version.number)
        if version.state != ClaimState.WITHDRAWN:
            history.versions.append(version)
    for correction in ClaimCorrection.objects.filter(claim__in=list(histories)).order_by("opened_at", "pk"):
        histories[correction.claim_id].corrections.append(correction)
    return histories


def _versions(claims: Iterable[int]) -> list[ClaimVersion]:
    """The versions of claims, oldest first, with the answers that have a payer's number."""
    numbered = Answer.objects.filter(level=Level.PAYMENT, is_line=False).exclude(payer_control="")
    # A number is that of a processed claim: a reversal or information names an older one.
    numbered = numbered.exclude(status__in=[ClaimState.REVERSED, ClaimState.INFORMATION, ClaimState.OTHER_PAYER])
    # Defer the file: it would be read once for each claim in it.
    rows = ClaimVersion.objects.filter(claim__in=list(claims)).select_related("submission").defer("submission__body")
    return list(rows.prefetch_related(Prefetch("answers", numbered)).order_by("number"))
