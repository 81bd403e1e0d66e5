"""The plan of a chunk's lines: which to add, keep and void, against the lines on file and later forecasts."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from billing.close import write
from billing.close.lines import VALUES_OF_LINE, LineToWrite
from billing.close.reconcile import LineKey, reconcile
from billing.close.unbilled_lines import UnbilledLines
from billing.facts.case_files import CaseFile
from billing.models import (
    CLOSED_STATES,
    NOT_IN_FORCE_STATES,
    ClaimLine,
    MonthClose,
)
from billing.models.overrides import OVERRIDDEN


class LinePlan(NamedTuple):
    """Lines to add, each with its case; keys of lines to void; how many lines of each patient change.

    `held` are the (enrollment, code) pairs whose new line starts as held, because the line it replaces was held.
    """

    to_add: list[tuple[LineToWrite, CaseFile]]
    to_void: Sequence[int]
    held: set[tuple[int, str]]
    changed_lines: Counter[int]


def plan_lines(close: MonthClose, new_decisions: Sequence[write.DecidedMonth], changed: Collection[int]) -> LinePlan:
    """Which lines to add, keep and void so that the lines on file of these enrollments are those decided.

    A line that two persons approved stays if its enrollment is not in `changed`: they judged the same facts.
    """
    proposed: dict[LineKey, tuple[LineToWrite, CaseFile]] = {}
    # A month is un-billed only after its lock, so in its first run nothing is.
    unbilled = UnbilledLines(close) if close.run > 1 else None
    for new in new_decisions:
        for line in new.lines:
            if unbilled and unbilled.exclude(line):
                continue
            key = LineKey(line.enrollment_id, line.code, line.dos.isoformat(), line.digest)
            proposed[key] = (line, new.case)
    ids = [new.case.enrollment_id for new in new_decisions]
    rows = ClaimLine.objects.filter(close=close, enrollment__any_of=ids).exclude(state__in=NOT_IN_FORCE_STATES)
    rows = rows.exclude(flags__contains=[OVERRIDDEN], enrollment__in=set(ids) - set(changed))
    columns = rows.values_list("pk", "enrollment_id", "code", "dos", "digest", "state", "patient_id", *VALUES_OF_LINE)
    # In a month's first run there are none, and the query takes a hundredth of the run.
    existing = list(columns) if close.run > 1 else []
    patient_of = {new.case.enrollment_id: new.case.patient_id for new in new_decisions}
    result = reconcile([(row[0], _key_of_stored(row, patient_of, proposed)) for row in existing], proposed)
    voided = set(result.void)
    # A hold survives a change of facts: somebody wanted this code kept out of the export.
    held = {(row[1], row[2]) for row in existing if row[0] in voided and row[5] == "held"}
    to_add = [proposed[key] for key in result.add]
    forecast = _conflicting_forecast_lines(close, [line for line, _ in to_add])
    changed_lines = Counter(patient_of[line.enrollment_id] for line, _ in to_add)
    changed_lines.update(row[6] for row in existing if row[0] in voided)
    changed_lines.update(forecast.values())
    return LinePlan(to_add, [*result.void, *forecast], held, changed_lines)


def _key_of_stored(
    row: tuple[Any, ...],
    patient_of: Mapping[int, int],
    proposed: Mapping[LineKey, tuple[LineToWrite, CaseFile]],
) -> LineKey:
    """The key of a stored line, without its digest if it never matches: it belongs to the other patient record since a
    merge, or its values are not those that were proposed (somebody changed them in the database).
    """
    key = LineKey(row[1], row[2], row[3].isoformat(), row[4])
    same_line = proposed.get(key)
    matches = row[6] == patient_of[row[1]] and (same_line is None or same_line[0].stored_values == list(row[7:]))
    return key if matches else key._replace(digest="")


def _conflicting_forecast_lines(close: MonthClose, new_lines: Sequence[LineToWrite]) -> dict[int, int]:
    """Lines of later months, not sealed, that this month's new lines exclude: set-up of the same episode, or a device
    period that shares a day. Keys of the lines with their patients; one statement, or none without a later month.

    A forecast of a later month is no fact of this one. Its line is voided, and the later month is decided again.
    """
    setup_episodes = {line.episode_id for line in new_lines if line.component == "setup"}
    periods: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for line in new_lines:
        if line.period_start is not None:
            periods[line.patient_id].append((line.period_start, line.dos))
    later = MonthClose.objects.filter(practice=close.practice_id, month__gt=close.month).exclude(
        state__in=CLOSED_STATES
    )
    if not (setup_episodes or periods) or not later.exists():
        return {}
    rows = ClaimLine.objects.filter(close__in=later, patient__any_of=list({line.patient_id for line in new_lines}))
    rows = rows.filter(component__in=["setup", "device"]).exclude(state__in=NOT_IN_FORCE_STATES)
    columns = rows.values_list("pk", "patient_id", "component", "episode_id", "period_start", "dos")
    return {
        pk: patient_id
        for pk, patient_id, component, episode_id, start, end in columns
        if (component == "setup" and episode_id in setup_episodes)
        or (start is not None and any(first <= end and start <= last for first, last in periods[patient_id]))
    }
