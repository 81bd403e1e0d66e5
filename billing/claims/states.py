"""The state of a version of a claim, derived from all answers to it by level and the payer's own date.

The upload order never matters: the same answers in any order give the same state.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from billing.ledger.carc_kinds import UNPROCESSABLE, joined
from billing.ledger.line_outcomes import outcomes_of_versions
from billing.models import REJECTED_STATES, Answer, ClaimState, ClaimVersion, Level


@dataclass(frozen=True, slots=True)
class DerivedState:
    """The state of a version, its lines without an answer, and the answer that decided it."""

    state: str
    open_lines: int = 0
    answer_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    """What one answer says of one version."""

    answer: Answer
    status: str

    @property
    def rank(self) -> tuple[object, ...]:
        """The order of answers. On the same day a rejection outranks an acceptance: one overlooked is lost money."""
        rejects = self.answer.level == Level.CLAIM and self.status in REJECTED_STATES
        return self.answer.level, self.answer.on, rejects, self.answer.order, self.answer.pk


Outcomes = Mapping[str, Mapping[int, str]]  # by payer rank and line


def derive(version: ClaimVersion, answers: Iterable[Answer], outcomes: Outcomes, sent_lines: int) -> DerivedState:
    """The state from the answers to the version and to its submission, and the outcomes of its `sent_lines`."""
    words = [_Word(answer, status) for answer in answers if (status := _status_for(version, answer))]
    if not words:
        return DerivedState(_without_answer(version))
    last = max(_of_own_payer(version, words), key=lambda word: word.rank)
    if last.answer.level != Level.PAYMENT:
        return DerivedState(last.status, 0, last.answer.pk)
    return _of_payment(last.answer, outcomes.get(last.answer.payer_rank, {}), sent_lines)


def _of_own_payer(version: ClaimVersion, words: list[_Word]) -> list[_Word]:
    """Without the payments of a payer of another rank, if the payer of the version has answered."""
    payments = [word for word in words if word.answer.level == Level.PAYMENT]
    if not any(word.answer.payer_rank == version.payer_rank for word in payments):
        return words
    return [word for word in payments if word.answer.payer_rank == version.payer_rank]


def _without_answer(version: ClaimVersion) -> str:
    states = {"delivered": ClaimState.SENT, "withdrawn": ClaimState.WITHDRAWN}
    return states.get(version.submission.state, ClaimState.WRITTEN)


def _status_for(version: ClaimVersion, answer: Answer) -> str:
    """What an answer says of this version; empty for information."""
    if answer.status == ClaimState.INFORMATION or answer.is_line:
        return ""
    if answer.submission_id is None or answer.level != Level.FILE:
        return answer.status
    # A 999 rejects transactions: a claim reads it through the one that it was sent in.
    for one in answer.codes:
        if one.get("set") == version.transaction_number and one.get("rejected"):
            return ClaimState.FILE_REJECTED
    return answer.status


def _of_payment(answer: Answer, outcomes: Mapping[int, str], sent_lines: int) -> DerivedState:
    if answer.status in {ClaimState.REVERSED, ClaimState.OTHER_PAYER, ClaimState.NOT_RECOGNIZED}:
        return DerivedState(answer.status, 0, answer.pk)
    answered = [outcome for outcome in outcomes.values() if outcome != ClaimState.REVERSED]
    if not answered:
        return DerivedState(answer.status, 0, answer.pk)
    state = joined(answered)
    if state == ClaimState.DENIED and any(one["reason"] == UNPROCESSABLE for one in answer.reasons):
        state = ClaimState.UNPROCESSABLE
    return DerivedState(state, max(sent_lines - len(answered), 0), answer.pk)


def derived_states(versions: Iterable[ClaimVersion]) -> dict[int, DerivedState]:
    """The state of each version, whose submission is loaded. Three statements."""
    rows = list(versions)
    of_versions, of_submissions = _answers(rows)
    outcomes: dict[int, dict[str, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for (version, line, rank), (outcome, _) in outcomes_of_versions(row.pk for row in rows).items():
        outcomes[version][rank][line or 0] = outcome
    return {
        row.pk: derive(
            row,
            [*of_versions[row.pk], *of_submissions[row.submission_id]],
            outcomes[row.pk],
            row.lines,
        )
        for row in rows
    }


def _answers(rows: list[ClaimVersion]) -> tuple[dict[int, list[Answer]], dict[int, list[Answer]]]:
    """The answers to whole claims by version, and those to whole files by submission."""
    of_versions: dict[int, list[Answer]] = defaultdict(list)
    of_submissions: dict[int, list[Answer]] = defaultdict(list)
    for answer in Answer.objects.filter(version__in=[row.pk for row in rows], is_line=False):
        if answer.version_id is not None:
            of_versions[answer.version_id].append(answer)
    for answer in Answer.objects.filter(submission__in={row.submission_id for row in rows}):
        if answer.submission_id is not None:
            of_submissions[answer.submission_id].append(answer)
    return of_versions, of_submissions


def versions_of(**filters: object) -> QuerySet[ClaimVersion]:
    """Versions with their submissions, without contents and files, which the state does not need."""
    rows: QuerySet[ClaimVersion] = ClaimVersion.objects.filter(**filters).select_related("submission")
    return rows.defer("content", "submission__body")


def update_states(versions: Iterable[ClaimVersion]) -> None:
    """Bring the kept state of these versions up to date. Four statements."""
    rows = list(versions)
    changed, states = [], derived_states(rows)
    for row in rows:
        if differs(row, right := states[row.pk]):
            row.state, row.open_lines, row.decided_by_id = right.state, right.open_lines, right.answer_id
            changed.append(row)
    if changed:
        ClaimVersion.objects.bulk_update(changed, ["state", "open_lines", "decided_by"], batch_size=1000)


def differs(row: ClaimVersion, right: DerivedState) -> bool:
    """Whether the kept state is not the derived one."""
    return (row.state, row.open_lines, row.decided_by_id) != (right.state, right.open_lines, right.answer_id)
