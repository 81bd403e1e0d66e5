"""A closed month under another policy: which lines, patients and dollars would differ. Nothing is written."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.close.compute import decide_all
from billing.facts.case_files import facts_of
from billing.models import Charge, ClaimLine, LineState, MonthClose
from billing.rules import Policy
from billing.rules.case import last_day_served
from enrollment.models import Payer
from rpm_portal.core.days import Month

COMPARED_STATES = (LineState.PROPOSED, LineState.APPROVED, LineState.HELD)


@dataclass(frozen=True, slots=True)
class Replay:
    """The difference: units by code added and removed, patients affected, and the change of the practice's charges."""

    enrollments: int
    more: dict[str, int]
    less: dict[str, int]
    patients: int
    charges: Decimal


def replay(close: MonthClose, payer: Payer, policy: Policy) -> Replay:
    """Decide a month's enrollments of one payer under a policy and compare with the lines in force.

    Units are counted. About fifteen statements for any number.
    """
    month = Month.of(close.month)
    ids = [pk for chunk in close.chunks.filter(run=close.run).order_by("number") for pk in chunk.enrollment_ids]
    after = month.plus(1).first_day
    files = facts_of(close.practice_id, ids, month=month, zone=close.zone, today=after, known_at=close.facts_at)
    payer_files = [
        replace(file, policy=policy) for file in files if file.payer_on(last_day_served(file.facts)) == payer.pk
    ]
    wanted: dict[int, Counter[str]] = defaultdict(Counter)
    for file, decision in decide_all(payer_files):
        for line in decision.lines:
            wanted[file.enrollment_id][line.code] += line.units
    on_file: dict[int, Counter[str]] = defaultdict(Counter)
    keys = {file.enrollment_id: file.papers.enrollment.patient_id for file in payer_files}
    rows = ClaimLine.objects.filter(close=close, enrollment__in=keys, state__in=COMPARED_STATES)
    for enrollment_id, code, units in rows.values_list("enrollment_id", "code", "units"):
        on_file[enrollment_id][code] += units
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    changed_patients = set()
    for pk, patient_id in keys.items():
        gained, lost = wanted[pk] - on_file[pk], on_file[pk] - wanted[pk]
        added, removed = added + gained, removed + lost
        if gained or lost:
            changed_patients.add(patient_id)
    charges = dict(
        Charge.objects.filter(practice=close.practice_id, starts_on__lte=month.last_day)
        .order_by("code", "starts_on")
        .values_list("code", "amount")
    )
    dollars = sum((charges.get(code, Decimal()) * n for code, n in added.items()), Decimal())
    dollars -= sum((charges.get(code, Decimal()) * n for code, n in removed.items()), Decimal())
    return Replay(len(payer_files), dict(added), dict(removed), len(changed_patients), dollars)
