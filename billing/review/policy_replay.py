"""A closed month under another policy: which lines, patients and dollars would differ. Nothing is written."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.close.compute import decide_all
from billing.facts.case_files import facts_of
from billing.models import Charge, ClaimLine, LineState, MonthClose
from billing.rules import Policy
from enrollment.models import Payer
from rpm_portal.core.days import Month

STOOD = (LineState.PROPOSED, LineState.APPROVED, LineState.HELD)


@dataclass(frozen=True, slots=True)
class Replay:
    """What differs: lines by code more and less, patients touched, and the practice's charges more or less."""

    enrollments: int
    more: dict[str, int]
    less: dict[str, int]
    patients: int
    charges: Decimal


def replay(close: MonthClose, payer: Payer, policy: Policy) -> Replay:
    """Decide a month's enrollments of one payer under a policy and compare with the lines that stand.

    Units are counted. About fifteen statements for any number.
    """
    month = Month.of(close.month)
    ids = [pk for chunk in close.chunks.filter(run=close.run).order_by("number") for pk in chunk.enrollment_ids]
    after = month.plus(1).first_day
    files = facts_of(close.practice_id, ids, month=month, zone=close.zone, today=after, known_at=close.facts_at)
    mine = [
        replace(file, policy=policy)
        for file in files
        if file.papers.coverage is not None and file.papers.coverage.payer_id == payer.pk
    ]
    wanted: dict[int, Counter[str]] = defaultdict(Counter)
    for file, decision in decide_all(mine):
        for line in decision.lines:
            wanted[file.enrollment_id][line.code] += line.units
    stood: dict[int, Counter[str]] = defaultdict(Counter)
    keys = {file.enrollment_id: file.papers.enrollment.patient_id for file in mine}
    rows = ClaimLine.objects.filter(close=close, enrollment__in=keys, state__in=STOOD)
    for enrollment_id, code, units in rows.values_list("enrollment_id", "code", "units"):
        stood[enrollment_id][code] += units
    more: Counter[str] = Counter()
    less: Counter[str] = Counter()
    touched = set()
    for pk, patient_id in keys.items():
        gained, lost = wanted[pk] - stood[pk], stood[pk] - wanted[pk]
        more, less = more + gained, less + lost
        if gained or lost:
            touched.add(patient_id)
    charges = dict(
        Charge.objects.filter(practice=close.practice_id, starts_on__lte=month.last_day)
        .order_by("code", "starts_on")
        .values_list("code", "amount")
    )
    dollars = sum((charges.get(code, Decimal()) * n for code, n in more.items()), Decimal())
    dollars -= sum((charges.get(code, Decimal()) * n for code, n in less.items()), Decimal())
    return Replay(len(mine), dict(more), dict(less), len(touched), dollars)
