"""A closed month under another policy: which lines, patients and dollars would differ. Nothing is written."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.close.compute import decide_all
from billing.facts.case_files import CaseFile, facts_of
from billing.models import ClaimLine, LineState, MonthClose
from billing.policies.expected import ExpectedAmounts, expected_amounts
from billing.rules import Policy
from billing.rules.case import last_day_served
from enrollment.models import Patient, Payer
from rpm_portal.core.days import Month

COMPARED_STATES = (LineState.PROPOSED, LineState.APPROVED, LineState.HELD)
Units = Counter[tuple[str, date]]


@dataclass(frozen=True, slots=True)
class PatientChange:
    """What would differ for one patient: units by code, and the change of the expected payment."""

    patient: Patient
    more: dict[str, int]
    less: dict[str, int]
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Replay:
    """The difference: units by code added and removed, the patients affected, and the change of the expected payment.

    `unpriced` are codes that differ and have no expected amount on file: their dollars are not in `expected`.
    """

    enrollments: int
    more: dict[str, int]
    less: dict[str, int]
    patients: list[PatientChange]
    expected: Decimal
    unpriced: list[str]


def replay(close: MonthClose, payer: Payer, policy: Policy) -> Replay:
    """Decide a month's enrollments of one payer under a policy and compare with the lines in force.

    Units are counted. About seventeen statements for any number.
    """
    files = _files_of_payer(close, payer, policy)
    wanted, on_file = _wanted(files), _on_file(close, [file.enrollment_id for file in files])
    gained: dict[int, Units] = defaultdict(Counter)
    lost: dict[int, Units] = defaultdict(Counter)
    for file in files:
        gained[file.patient_id] += wanted[file.enrollment_id] - on_file[file.enrollment_id]
        lost[file.patient_id] += on_file[file.enrollment_id] - wanted[file.enrollment_id]
    changed = [pk for pk in gained if _by_code(gained[pk]) != _by_code(lost[pk])]
    days = {dos for units in (*gained.values(), *lost.values()) for _, dos in units}
    amounts = expected_amounts(close.practice, {day.year for day in days})
    people = Patient.objects.in_bulk(changed)
    changes = [_change(people[pk], gained[pk], lost[pk], amounts, payer) for pk in changed]
    more, less = _sum([one.more for one in changes]), _sum([one.less for one in changes])
    return Replay(
        len(files),
        more,
        less,
        sorted(changes, key=lambda one: (one.expected, one.patient.family_name, one.patient.pk)),
        sum((one.expected for one in changes), Decimal()),
        sorted(_unpriced([units for pk in changed for units in (gained[pk], lost[pk])], amounts, payer)),
    )


def _sum(parts: list[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def _files_of_payer(close: MonthClose, payer: Payer, policy: Policy) -> list[CaseFile]:
    """The facts of a month's enrollments of one payer, to be decided under the policy."""
    month = Month.of(close.month)
    ids = [pk for chunk in close.chunks.filter(run=close.run).order_by("number") for pk in chunk.enrollment_ids]
    after = month.plus(1).first_day
    files = facts_of(close.practice_id, ids, month=month, zone=close.zone, today=after, known_at=close.facts_at)
    return [replace(file, policy=policy) for file in files if file.payer_on(last_day_served(file.facts)) == payer.pk]


def _wanted(files: list[CaseFile]) -> Mapping[int, Units]:
    wanted: dict[int, Units] = defaultdict(Counter)
    for file, decision in decide_all(files):
        for line in decision.lines:
            wanted[file.enrollment_id][line.code, line.dos] += line.units
    return wanted


def _on_file(close: MonthClose, enrollments: list[int]) -> Mapping[int, Units]:
    on_file: dict[int, Units] = defaultdict(Counter)
    rows = ClaimLine.objects.filter(close=close, enrollment__in=enrollments, state__in=COMPARED_STATES)
    for enrollment_id, code, dos, units in rows.values_list("enrollment_id", "code", "dos", "units"):
        on_file[enrollment_id][code, dos] += units
    return on_file


def _by_code(units: Units) -> Counter[str]:
    """Units by code: another date of service alone is no difference."""
    counts: Counter[str] = Counter()
    for (code, _), number in units.items():
        counts[code] += number
    return counts


def _change(patient: Patient, gained: Units, lost: Units, amounts: ExpectedAmounts, payer: Payer) -> PatientChange:
    more, less = _by_code(gained), _by_code(lost)
    dollars = _dollars(gained, amounts, payer) - _dollars(lost, amounts, payer)
    return PatientChange(patient, dict(more - less), dict(less - more), dollars)


def _dollars(units: Units, amounts: ExpectedAmounts, payer: Payer) -> Decimal:
    return sum(
        ((amounts.amount(code, on=dos, payer=payer.pk) or Decimal()) * number for (code, dos), number in units.items()),
        Decimal(),
    )


def _unpriced(parts: list[Units], amounts: ExpectedAmounts, payer: Payer) -> set[str]:
    return {code for units in parts for code, dos in units if amounts.amount(code, on=dos, payer=payer.pk) is None}
