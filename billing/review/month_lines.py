"""Queries of the month review: its lines filtered and sorted, the codes not billed again, counts. Set-based."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Sum, Value

from billing.close.flags import FLAGS
from billing.models import NOT_IN_FORCE_STATES, ClaimLine, CodeVerdict, KeptDecision, LineOverride, MonthClose
from billing.models.overrides import OVERRIDDEN
from billing.policies.expected import expected_amounts
from billing.policies.profiles import lacks_authorization
from billing.review.clinic_filter import EVERYTHING, Narrowing
from billing.review.lost_revenue import because_of
from billing.rules import load_codes
from rpm_portal.core.days import Month, clock, local_day
from rpm_portal.core.db.paginator import KeyPaginator
from timetracking.models import Call, Proof, TimeEntry

NO_PAYER = "none"
SORTS = {
    "patient": ("patient__family_name", "patient__given_name", "patient_id", "dos", "code"),
    "code": ("code", "patient__family_name", "patient__given_name", "dos"),
    "date": ("dos", "patient__family_name", "patient__given_name", "code"),
    "payer": ("claim__payer__name", "patient__family_name", "patient__given_name", "dos", "code"),
}


def lines_of(
    close: MonthClose, *, show: str = "", code: str = "", payer: str = "", flag: str = "", sort: str = "patient"
) -> QuerySet[ClaimLine]:
    """The month's lines without void ones, each with `before`: whether last month has the code too. One statement.

    `show` filters by a state, lines to look at or without an authorization that their payer asks for, or codes that are
    new this month. `payer` is a payer's name or `none`.
    """
    rows = ClaimLine.objects.filter(close=close).exclude(state="void")
    if show in {"proposed", "approved", "held", "dropped", "reversed"}:
        rows = rows.filter(state=show)
    elif show == "look":
        rows = rows.filter(state="proposed", needs_look=True)
    elif show == "unauthorized":
        rows = rows.filter(lacks_authorization()).exclude(state__in=NOT_IN_FORCE_STATES)
    elif show == "new":
        rows = rows.filter(~_billed_last_month(close)).exclude(state__in=NOT_IN_FORCE_STATES)
    if code:
        rows = rows.filter(code=code)
    if flag in FLAGS:
        rows = rows.filter(flags__contains=[flag])
    if payer:
        rows = rows.filter(claim__payer=None) if payer == NO_PAYER else rows.filter(claim__payer__name=payer)
    return _with_page_fields(rows, close, sort=sort)


def pages_of(close: MonthClose, rows: QuerySet[ClaimLine], *, sort: str) -> KeyPaginator:
    """Some of a month's lines, fifty a page: keys are sorted first, then one page is read."""
    return KeyPaginator(
        rows, 50, read=lambda keys: _with_page_fields(ClaimLine.objects.filter(pk__any_of=keys), close, sort=sort)
    )


def _with_page_fields(rows: QuerySet[ClaimLine], close: MonthClose, *, sort: str) -> QuerySet[ClaimLine]:
    """Sorted lines with `before`, `unauthorized` and the related rows that a page shows."""
    rows = rows.annotate(before=_billed_last_month(close), unauthorized=_condition(lacks_authorization()))
    rows = rows.select_related("patient", "enrollment", "claim__payer")
    return rows.order_by(*SORTS.get(sort, SORTS["patient"]))


def _billed_last_month(close: MonthClose) -> Exists:
    """Whether last month has a line in force with the same enrollment and code."""
    last = Month.of(close.month).plus(-1).first_day
    # By enrollment alone: with the practice as well, the planner may scan all its lines for each row.
    same = ClaimLine.objects.filter(close__month=last, enrollment=OuterRef("enrollment"), code=OuterRef("code"))
    return Exists(same.exclude(state__in=NOT_IN_FORCE_STATES))


@dataclass(slots=True)
class ManagementEvidence:
    """A management line's minutes by kind of proof, as (kind, words, percent), and the day of its live call."""

    seconds: int = 0
    kinds: list[tuple[str, str, int]] = field(default_factory=list)
    live_on: date | None = None

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """The kinds as parts of a bar: kind, start and width in percent."""
        starts = accumulate((share for _, _, share in self.kinds), initial=0)
        return [(kind, start, share) for (kind, _, share), start in zip(self.kinds, starts, strict=False)]


def management_evidence(lines: Sequence[ClaimLine], *, zone: str) -> dict[int, ManagementEvidence]:
    """The time and live call of each management line, by key. One statement, or none without such lines."""
    management = [line for line in lines if line.component == "management"]
    by_line = {line.pk: ManagementEvidence() for line in management}
    if not management:
        return by_line
    found = _time_and_calls([row.partition(":")[2] for line in management for row in line.evidence])
    time_by_kind: dict[int, dict[str, timedelta]] = defaultdict(lambda: defaultdict(timedelta))
    for line in management:
        for proof, start, stop in (found[row] for row in line.evidence if row in found):
            if proof:
                time_by_kind[line.pk][proof] += stop - start
            else:
                day, row = local_day(start, zone), by_line[line.pk]
                row.live_on = day if row.live_on is None else min(row.live_on, day)
    for key, times_of_line in time_by_kind.items():
        kinds = Counter({proof: round(time.total_seconds()) for proof, time in times_of_line.items()})
        row, whole = by_line[key], sum(kinds.values())
        row.seconds = whole
        row.kinds = [
            (proof, f"{clock(kinds[proof])} {label}", round(100 * kinds[proof] / whole) if whole else 0)
            for proof, label in Proof.choices
            if kinds[proof]
        ]
    return by_line


def _time_and_calls(public_ids: Sequence[str]) -> dict[str, tuple[str, datetime, datetime]]:
    """Time entries and calls by their row of evidence: proof (empty for a call), start and end. One statement."""
    entries = TimeEntry.objects.filter(public_id__in=public_ids).order_by()
    times = entries.values_list("public_id", "proof", "started_at", "stopped_at")
    calls = Call.objects.filter(public_id__in=public_ids).order_by()
    rows = times.union(calls.values_list("public_id", Value(""), "started_at", "started_at"), all=True)
    return {
        f"{'time' if proof else 'call'}:{public_id}": (proof, start, stop) for public_id, proof, start, stop in rows
    }


def filter_choices(close: MonthClose) -> dict[str, list[str]]:
    """The codes, payers and flags that occur among a month's lines. One statement."""
    rows = close.lines.exclude(state="void").order_by().values_list("code", "claim__payer__name", "flags").distinct()
    combinations = list(rows)
    flags = {flag for _, _, line_flags in combinations for flag in line_flags}
    return {
        "codes": sorted({code for code, _, _ in combinations}),
        "payers": sorted({payer or NO_PAYER for _, payer, _ in combinations}),
        "flags": [flag for flag in FLAGS if flag in flags],
    }


def lines_not_repeated(close: MonthClose) -> list[ClaimLine]:
    """Last month's lines in force whose code this month lacks, at most 200. One statement."""
    last = Month.of(close.month).plus(-1).first_day
    now = ClaimLine.objects.filter(close=close, enrollment=OuterRef("enrollment"), code=OuterRef("code"))
    rows = ClaimLine.objects.filter(practice=close.practice_id, close__month=last).exclude(
        state__in=NOT_IN_FORCE_STATES
    )
    rows = rows.exclude(component="setup").filter(~Exists(now.exclude(state__in=NOT_IN_FORCE_STATES)))
    return list(rows.select_related("patient", "enrollment").order_by(*SORTS["patient"])[:200])


def unbilled_verdicts(close: MonthClose) -> QuerySet[CodeVerdict]:
    """The current verdicts that do not bill."""
    return CodeVerdict.objects.filter(close=close, decision__replaced_in__isnull=True).exclude(outcome="bill")


def list_unbilled_verdicts(
    close: MonthClose, *, outcome: str = "", why: str = "", narrowing: Narrowing = EVERYTHING
) -> QuerySet[CodeVerdict]:
    """The current verdicts that do not bill, blocked first. One statement, and one more for a reason.

    `outcome` filters by outcome, `why` by the code of a reason.
    """
    rows = unbilled_verdicts(close).filter(narrowing.enrollments("decision__enrollment__"))
    if outcome:
        rows = rows.filter(outcome=outcome)
    if why:
        rows = because_of(close, rows, why)
    patient = "decision__enrollment__patient"
    order = ("outcome", f"{patient}__family_name", f"{patient}__given_name", "decision__enrollment_id", "code")
    return rows.annotate(place_taken=_place_taken(close)).select_related(patient).order_by(*order)


def _condition(condition: Q) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(condition, output_field=BooleanField())


def _place_taken(close: MonthClose) -> "ExpressionWrapper[Any]":
    """Whether a verdict's code is a management base whose place in the month another line has."""
    bases = [code.code for code in load_codes().by_code.values() if code.role in {"base", "first10"}]
    lines = ClaimLine.objects.filter(close=close, enrollment=OuterRef("decision__enrollment"), component="management")
    has_base = Exists(lines.filter(is_base=True).exclude(state__in=NOT_IN_FORCE_STATES))
    return _condition(Q(code__in=bases) & Q(has_base))


def open_requests(close: MonthClose) -> QuerySet[LineOverride]:
    """Open requests to bill a code that is not earned, made over the decision that is still current."""
    decision = KeptDecision.objects.filter(close=close, enrollment=OuterRef("enrollment"), replaced_in__isnull=True)
    rows = LineOverride.objects.filter(close=close, decided_at__isnull=True)
    return rows.filter(Exists(decision.filter(run__lte=OuterRef("run"))))


def requests_to_decide(close: MonthClose) -> list[LineOverride]:
    """Requests to bill over the engine's decision that nobody has decided yet, oldest first. One statement."""
    return list(open_requests(close).select_related("enrollment__patient", "asked_by").order_by("asked_at"))


def counts_of(close: MonthClose, narrowing: Narrowing = EVERYTHING) -> Counter[str]:
    """Lines by state, lines to look at, and unbilled codes by outcome; missing keys are 0. Two statements.

    `overridden` are the lines in force that two persons billed against the decision, `unauthorized` those without an
    authorization that their payer asks for: neither is clean.
    """
    counts: Counter[str] = Counter()
    conditions = {"overridden": Q(flags__contains=[OVERRIDDEN]), "unauthorized": lacks_authorization()}
    shown = {name: _condition(one) for name, one in conditions.items()}
    lines = ClaimLine.objects.filter(narrowing.lines(), close=close).order_by().annotate(**shown)
    groups = lines.values_list("state", "needs_look", *conditions).annotate(n=Count("pk"))
    for state, needs_look, overridden, unauthorized, number in groups:
        look, in_force = needs_look and state == "proposed", state not in NOT_IN_FORCE_STATES
        marks = {"look": look, "overridden": overridden and in_force, "unauthorized": unauthorized and in_force}
        marks["unclean"] = any(marks.values())
        counts.update({state: number, **{name: number for name, applies in marks.items() if applies}})
    verdicts = unbilled_verdicts(close).filter(narrowing.enrollments("decision__enrollment__"))
    counts.update(dict(verdicts.order_by().values_list("outcome").annotate(n=Count("pk"))))
    counts["standing"] = counts["proposed"] + counts["approved"] + counts["held"]
    counts["clean"] = counts["standing"] - counts["unclean"]
    counts["refused"] = counts["blocked"] + counts["do_not_bill"] + counts["not_enough_facts"]
    return counts


def fixable_codes(close: MonthClose) -> int:
    """The number of unearned codes that could still be earned when the running month was computed. One statement."""
    rows = KeptDecision.objects.filter(close=close, replaced_in__isnull=True)
    return int(rows.aggregate(all=Sum("fixable_codes"))["all"] or 0)


def expected_of(close: MonthClose, narrowing: Narrowing = EVERYTHING) -> Decimal:
    """Dollars expected for the lines in force; a code without an amount on file counts 0. Three statements."""
    rows = ClaimLine.objects.filter(narrowing.lines(), close=close).exclude(state__in=NOT_IN_FORCE_STATES).order_by()
    units = list(rows.values_list("code", "dos", "claim__payer").annotate(n=Sum("units")))
    amounts = expected_amounts(close.practice, {dos.year for _, dos, _, _ in units})
    return sum(
        ((amounts.amount(code, on=dos, payer=payer) or Decimal()) * count for code, dos, payer, count in units),
        Decimal(),
    )
