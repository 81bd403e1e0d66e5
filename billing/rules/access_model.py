"""The CMS ACCESS model: what a participant may not bill, and co-management by the patient's own practice.

ACCESS began on 2026-07-05 for patients in Original Medicare. Sources: HomeCare, "New guidance on ACCESS", on CMS's
technical FAQ (exclusion); AAFP FPM, "How to get paid through ACCESS" (co-management). CMS's own text was not read.
"""

from collections.abc import Iterator
from datetime import date

from billing.rules.access_rows import Alignment, ReviewedUpdate
from billing.rules.case import Case
from billing.rules.decision import COMANAGEMENT, Finding, Gravity, ProposedLine
from billing.rules.services import DatedService

# The code of each track: cardio-kidney-metabolic (early or not), musculoskeletal, behavioral health.
CODES_BY_TRACK = {"eCKM": "G0676", "CKM": "G0676", "MSK": "G0677", "BH": "G0678"}
UPDATE_KINDS = frozenset({"start", "transition", "completion"})
MOST_IN_A_YEAR = 3


def access_exclusion(case: Case, service: DatedService) -> Iterator[Finding]:
    """A participant bills no other Medicare fee-for-service for a patient aligned with it; another practice may (rule
    R-ACCESS).
    """
    if not service.view["access_model"]:
        return
    for row in case.facts.access_alignments:
        if not row.overlaps(service.first, service.on):
            continue
        values: dict[str, object] = {"track": row.track}
        if not row.ours:
            values["organization"] = row.organization or "another organization"
            yield Finding("ACCESS_ALIGNED_ELSEWHERE", "all", Gravity.NOTE, values, (row.id,), "access_model")
        elif row.covers(service.on):
            yield Finding("ACCESS_PARTICIPANT", "all", Gravity.BLOCKS, values, (row.id,), "access_model")
        else:
            values["on"] = service.on
            yield Finding("ACCESS_PARTICIPANT_PART", "all", Gravity.REVIEW, values, (row.id,), "access_model")


def comanagement(case: Case) -> Iterator[Finding | ProposedLine]:
    """A line for each update of the month that the practice reviewed (rule R-ACCESS-CO).

    At most three in twelve months and track. Both cardio-kidney-metabolic tracks have one code, and claims do not name
    the track: their updates are counted together, which bills no more than the rule allows.
    """
    facts = case.facts
    lines: list[tuple[str, date]] = []
    for update in sorted(facts.access_updates, key=lambda row: (row.done_on, row.track, row.id)):
        if not facts.first_day <= update.done_on <= facts.known_to:
            continue
        code, view = CODES_BY_TRACK[update.track], case.rules_on(update.done_on)
        if not case.codes.by_code[code].valid(update.done_on) or (view is not None and not view["access_model"]):
            continue
        if not _is_aligned_elsewhere(facts.access_alignments, update):
            values: dict[str, object] = {"code": code, "received": update.received_on}
            yield Finding("ACCESS_NOT_ALIGNED", COMANAGEMENT, Gravity.SHORT, values, (), "access_model")
            continue
        if _is_billed(case, code, update.done_on) or (code, update.done_on) in lines:
            values = {"code": code, "on": update.done_on, "span": "for one day"}
            yield Finding("CARE_ALREADY_BILLED", COMANAGEMENT, Gravity.SHORT, values)
            continue
        number = _billed_in_twelve_months(case, code, update.done_on) + sum(code == other for other, _ in lines) + 1
        if number > MOST_IN_A_YEAR:
            values = {"code": code, "on": update.done_on}
            yield Finding("ACCESS_COMANAGEMENT_CAPPED", COMANAGEMENT, Gravity.SHORT, values, (), "access_model")
            continue
        lines.append((code, update.done_on))
        yield from _line(update, code, number)


def _line(update: ReviewedUpdate, code: str, number: int) -> Iterator[Finding | ProposedLine]:
    days = {"on": update.done_on, "received": update.received_on}
    values = {"code": code, "kind": update.kind, "number": number, **days}
    subject, evidence = f"{code} {update.id}", (update.id,)
    yield Finding("ACCESS_COMANAGEMENT_MET", COMANAGEMENT, Gravity.MET, values, evidence, "access_model", subject)
    yield ProposedLine(code, COMANAGEMENT, 1, update.done_on, evidence=evidence, subject=subject)


def _is_aligned_elsewhere(rows: tuple[Alignment, ...], update: ReviewedUpdate) -> bool:
    """Whether the patient is aligned with another organization in the track when the update came, and not with us."""
    on_day = [row for row in rows if row.covers(update.received_on) or row.covers(update.done_on)]
    return any(not row.ours and row.track == update.track for row in on_day) and not any(row.ours for row in on_day)


def _is_billed(case: Case, code: str, on: date) -> bool:
    """Whether the practice billed a code of a day already, also for another enrollment of the patient."""
    return any(claim.code == code and claim.same_practice and claim.dos == on for claim in case.claims)


def _billed_in_twelve_months(case: Case, code: str, on: date) -> int:
    """The units of a code that the practice billed in the twelve months that end on a day."""
    after = on.replace(year=on.year - 1, day=28 if (on.month, on.day) == (2, 29) else on.day)
    ours = [claim for claim in case.claims if claim.code == code and claim.same_practice]
    return sum(claim.units for claim in ours if after < claim.dos <= on)
