"""Questions the review of a month asks: its lines as they are narrowed and sorted, what is gone, counts. Set-based."""

from collections import Counter
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from billing.flags import FLAGS
from billing.models import GONE, ClaimLine, MonthClose, RaisedLine, Verdict
from billing.rates import rates_for
from rpm_portal.days import Month

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
    """The month's standing lines, each with `before`: whether the code stood last month too. One statement.

    `show` narrows to a state, to those to look at, or to codes that are new this month; `payer` is a payer's name,
    or `none`.
    """
    last = Month.of(close.month).plus(-1).first_day
    same = ClaimLine.objects.filter(
        practice=close.practice_id, close__month=last, enrollment=OuterRef("enrollment"), code=OuterRef("code")
    ).exclude(state__in=GONE)
    rows = ClaimLine.objects.filter(close=close).exclude(state="void").annotate(before=Exists(same))
    if show in {"proposed", "approved", "held", "dropped", "reversed"}:
        rows = rows.filter(state=show)
    elif show == "look":
        rows = rows.filter(state="proposed", needs_look=True)
    elif show == "new":
        rows = rows.filter(before=False).exclude(state__in=GONE)
    if code:
        rows = rows.filter(code=code)
    if flag in FLAGS:
        rows = rows.filter(flags__contains=[flag])
    if payer:
        rows = rows.filter(claim__payer=None) if payer == NO_PAYER else rows.filter(claim__payer__name=payer)
    return rows.select_related("patient", "enrollment", "claim__payer").order_by(*SORTS.get(sort, SORTS["patient"]))


def choices_of(close: MonthClose) -> dict[str, list[str]]:
    """The codes, payers and flags that occur among a month's lines. One statement."""
    rows = close.lines.exclude(state="void").order_by().values_list("code", "claim__payer__name", "flags").distinct()
    found = list(rows)
    flags = {flag for _, _, some in found for flag in some}
    return {
        "codes": sorted({code for code, _, _ in found}),
        "payers": sorted({payer or NO_PAYER for _, payer, _ in found}),
        "flags": [flag for flag in FLAGS if flag in flags],
    }


def gone_since(close: MonthClose) -> list[ClaimLine]:
    """Codes that stood last month and do not this month, for enrollments that were computed. One statement."""
    last = Month.of(close.month).plus(-1).first_day
    now = ClaimLine.objects.filter(close=close, enrollment=OuterRef("enrollment"), code=OuterRef("code"))
    rows = ClaimLine.objects.filter(practice=close.practice_id, close__month=last).exclude(state__in=GONE)
    rows = rows.exclude(component="setup").filter(~Exists(now.exclude(state__in=GONE)))
    return list(rows.select_related("patient", "enrollment").order_by(*SORTS["patient"])[:200])


def refused(close: MonthClose) -> QuerySet[Verdict]:
    """The verdicts that stand and do not bill."""
    return Verdict.objects.filter(close=close, decision__replaced_in__isnull=True).exclude(outcome="bill")


def refused_of(close: MonthClose, *, outcome: str = "") -> QuerySet[Verdict]:
    """What is not billed as the month stands decided, blocked first. One statement."""
    rows = refused(close)
    if outcome:
        rows = rows.filter(outcome=outcome)
    return rows.select_related("decision__enrollment__patient").order_by(
        "outcome",
        "decision__enrollment__patient__family_name",
        "decision__enrollment__patient__given_name",
        "decision__enrollment_id",
        "code",
    )


def raised_of(close: MonthClose) -> list[RaisedLine]:
    """What somebody asked to bill over the engine's word and nobody has decided yet. One statement."""
    rows = RaisedLine.objects.filter(close=close, run=close.run, decided_at__isnull=True)
    return list(rows.select_related("enrollment__patient", "asked_by").order_by("asked_at"))


def counts_of(close: MonthClose) -> dict[str, int]:
    """Lines by state, lines to look at, and refused codes by outcome. Two statements."""
    counts: Counter[str] = Counter()
    lines = ClaimLine.objects.filter(close=close).order_by().values_list("state", "needs_look")
    for state, needs_look, number in lines.annotate(n=Count("pk")):
        counts[state] += number
        counts["look"] += number if needs_look and state == "proposed" else 0
    counts.update(dict(refused(close).order_by().values_list("outcome").annotate(n=Count("pk"))))
    counts["standing"] = counts["proposed"] + counts["approved"] + counts["held"]
    return dict(counts)


def expected_of(close: MonthClose) -> Decimal:
    """What the standing lines are expected to pay; a code without a rate on file counts nothing. Two statements."""
    rows = ClaimLine.objects.filter(close=close).exclude(state__in=GONE).order_by()
    units = dict(rows.values_list("code").annotate(n=Sum("units")))
    rates = rates_for(close.practice, units, year=close.month.year)
    return sum((rates.get(code, Decimal()) * count for code, count in units.items()), Decimal())
