"""Lines decided again from the facts stored with a month, compared with the stored lines. Writes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from billing.close.compute import decide_all
from billing.close.lines import VALUES_OF_LINE, LineToWrite, lines_of
from billing.close.unbilled_lines import UnbilledLines
from billing.facts.case_files import EnrollmentCase, policy_of
from billing.models import NOT_IN_FORCE_STATES, ClaimLine, CloseChunk, KeptDecision, MonthClose
from billing.models.overrides import OVERRIDDEN
from billing.policies.in_force import PayerPolicies, policies_around
from billing.rules.canonical import facts_from_text
from rpm_portal.core.days import Month


def lines_that_differ(close: MonthClose) -> list[str]:
    """The enrollments of a computed month whose stored lines are not those that their stored facts decide."""
    policies = policies_around(close.practice_id, Month.of(close.month))
    differing = []
    for chunk in close.chunks.filter(run=close.run).order_by("number"):
        rows = stored_decisions(close, chunk)
        wrong = wrong_lines(close, list(rows.values()), policies)
        differing += [rows[pk].enrollment.public_id for pk in chunk.enrollment_ids if pk in wrong]
    return differing


def stored_decisions(close: MonthClose, chunk: CloseChunk) -> dict[int, KeptDecision]:
    """The current decisions of a chunk by enrollment, without their findings. One statement."""
    rows = KeptDecision.objects.filter(close=close, enrollment__any_of=chunk.enrollment_ids, replaced_in__isnull=True)
    return {
        row.enrollment_id: row for row in rows.select_related("enrollment").defer("findings_json", "reason_sources")
    }


def wrong_lines(close: MonthClose, rows: Sequence[KeptDecision], policies: PayerPolicies) -> set[int]:
    """The enrollments whose decision does not propose, or whose stored lines do not have, what is decided again."""
    decided = _lines_decided_again(rows, policies)
    wrong = {row.enrollment_id for row in rows if sorted(decided[row.enrollment_id]) != sorted(row.proposed)}
    keys: dict[int, set[str]] = defaultdict(set)
    lines = ClaimLine.objects.filter(close=close, enrollment__any_of=list(decided), adjustment__isnull=True)
    for line in lines.exclude(flags__contains=[OVERRIDDEN]).defer("own_reasons", "evidence"):
        keys[line.enrollment_id].add(line.key)
        proposed = decided[line.enrollment_id].get(line.key)
        values = [getattr(line, name) for name in VALUES_OF_LINE]
        if line.state not in NOT_IN_FORCE_STATES and (proposed is None or proposed.stored_values != values):
            wrong.add(line.enrollment_id)
    return wrong | _missing_lines(close, decided, keys)


def _missing_lines(
    close: MonthClose, decided: Mapping[int, Mapping[str, LineToWrite]], keys: Mapping[int, set[str]]
) -> set[int]:
    """The enrollments that lack a line that is decided again, unless two persons un-billed it."""
    lacking = [line for pk, lines in decided.items() for key, line in lines.items() if key not in keys.get(pk, set())]
    unbilled = UnbilledLines(close) if lacking else None
    return {line.enrollment_id for line in lacking if not unbilled or not unbilled.exclude(line)}


def _lines_decided_again(rows: Sequence[KeptDecision], policies: PayerPolicies) -> dict[int, dict[str, LineToWrite]]:
    """The lines decided from the stored facts, by enrollment and by key."""
    cases = []
    for row in rows:
        patient_id, _, provider_id, episode_id = map(_id_or_none, row.decided_under.split("|")[:4])
        facts = facts_from_text(row.facts)
        cases.append(
            EnrollmentCase(
                facts=facts,
                policy=policy_of(facts, policies, policies.strictest),
                enrollment_id=row.enrollment_id,
                patient_id=patient_id or 0,
                billing_provider_id=provider_id or 0,
                episode_id=episode_id,
            )
        )
    return {
        case.enrollment_id: {line.key: line for line in lines_of(case, decision)}
        for case, decision in decide_all(cases)
    }


def _id_or_none(text: str) -> int | None:
    return None if text == "None" else int(text)
