"""Questions the review of a month asks: its lines as they are narrowed and sorted, what is gone, counts. Set-based."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from billing.close.flags import FLAGS
from billing.facts.sources import LOOK_BACK
from billing.models import GONE, ClaimLine, CodeVerdict, KeptDecision, MonthClose, RaisedLine
from billing.policies.rates import rates_for
from billing.review.lost_revenue import because_of
from rpm_portal.core.days import Month, clock
from rpm_portal.core.db.paginator import ByKeys
from timetracking.models import Proof
from timetracking.timers import LONGEST

NO_PAYER = "none"
_BEHIND = """
WITH wanted AS (
  SELECT l.id, e.row FROM billing_claimline l CROSS JOIN LATERAL unnest(l.evidence) e(row) WHERE l.id = ANY(%(keys)s)
)
SELECT w.id, t.proof, sum(extract(epoch FROM t.stopped_at - t.started_at))::int, NULL::date
FROM wanted w JOIN timetracking_timeentry t ON w.row LIKE 'time:%%' AND t.public_id = substr(w.row, 6) GROUP BY 1, 2
UNION ALL
SELECT w.id, NULL, 0, min((c.started_at AT TIME ZONE %(zone)s)::date)
FROM wanted w JOIN timetracking_call c ON w.row LIKE 'call:%%' AND c.public_id = substr(w.row, 6) GROUP BY 1
"""
# From the few days that are not signed to the lines that rest on them: lines name many more rows than were worked.
_UNSIGNED = """
WITH unsigned AS MATERIALIZED (
  SELECT w.enrollment_id, w.id, w.staff, w.day FROM (
    SELECT t.enrollment_id, 'time:' || t.public_id AS id, t.staff_id AS staff,
           (t.started_at AT TIME ZONE %(zone)s)::date AS day
    FROM timetracking_timeentry t
    WHERE t.practice_id = %(practice)s AND t.started_at >= %(since)s AND t.started_at < %(until)s
    UNION ALL
    SELECT c.enrollment_id, 'call:' || c.public_id, c.called_by_id, (c.started_at AT TIME ZONE %(zone)s)::date
    FROM timetracking_call c
    WHERE c.practice_id = %(practice)s AND c.started_at >= %(since)s AND c.started_at < %(until)s) w
  WHERE NOT EXISTS (SELECT 1 FROM timetracking_daysignature s
                    WHERE s.practice_id = %(practice)s AND s.staff_id = w.staff AND s.day = w.day)
)
SELECT DISTINCT l.id, u.staff, u.day FROM unsigned u
JOIN billing_claimline l ON l.enrollment_id = u.enrollment_id AND l.close_id = %(close)s
  AND l.state IN ('proposed', 'approved') AND u.id = ANY(l.evidence)
ORDER BY u.day, u.staff, l.id
"""
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
    rows = ClaimLine.objects.filter(close=close).exclude(state="void")
    if show in {"proposed", "approved", "held", "dropped", "reversed"}:
        rows = rows.filter(state=show)
    elif show == "look":
        rows = rows.filter(state="proposed", needs_look=True)
    elif show == "new":
        rows = rows.filter(~_stood_before(close)).exclude(state__in=GONE)
    if code:
        rows = rows.filter(code=code)
    if flag in FLAGS:
        rows = rows.filter(flags__contains=[flag])
    if payer:
        rows = rows.filter(claim__payer=None) if payer == NO_PAYER else rows.filter(claim__payer__name=payer)
    return _told(rows, close, sort=sort)


def pages_of(close: MonthClose, rows: QuerySet[ClaimLine], *, sort: str) -> ByKeys:
    """Some of a month's lines, fifty a page: sorted by key, then read."""
    return ByKeys(rows, 50, read=lambda keys: _told(ClaimLine.objects.filter(pk__any_of=keys), close, sort=sort))


def _told(rows: QuerySet[ClaimLine], close: MonthClose, *, sort: str) -> QuerySet[ClaimLine]:
    """Lines in an order, with `before` and what a page tells of each."""
    rows = rows.annotate(before=_stood_before(close)).select_related("patient", "enrollment", "claim__payer")
    return rows.order_by(*SORTS.get(sort, SORTS["patient"]))


def _stood_before(close: MonthClose) -> Exists:
    """Whether the line's code stood last month too."""
    last = Month.of(close.month).plus(-1).first_day
    # By enrollment alone: told the practice too, the planner may look through all its lines for each row.
    same = ClaimLine.objects.filter(close__month=last, enrollment=OuterRef("enrollment"), code=OuterRef("code"))
    return Exists(same.exclude(state__in=GONE))


@dataclass(slots=True)
class Behind:
    """What a management line's minutes and talk are known by: (kind, its words, per cent) and the day of the talk."""

    seconds: int = 0
    kinds: list[tuple[str, str, int]] = field(default_factory=list)
    live_on: date | None = None

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """The kinds as parts of a bar: kind, where it begins, per cent."""
        starts = accumulate((share for _, _, share in self.kinds), initial=0)
        return [(kind, start, share) for (kind, _, share), start in zip(self.kinds, starts, strict=False)]


def behind(lines: Sequence[ClaimLine], *, zone: str) -> dict[int, Behind]:
    """What stands behind the management lines of a page. One statement for any number, none for none."""
    keys = [line.pk for line in lines if line.component == "management"]
    found = {key: Behind() for key in keys}
    if not keys:
        return found
    spent: dict[int, Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"keys": keys, "zone": zone})
        for key, proof, seconds, live_on in cursor.fetchall():
            if proof is not None:
                spent[key][proof] += seconds
            found[key].live_on = live_on or found[key].live_on
    for key, kinds in spent.items():
        row, whole = found[key], sum(kinds.values())
        row.seconds = whole
        row.kinds = [
            (proof, f"{clock(kinds[proof])} {label}", round(100 * kinds[proof] / whole) if whole else 0)
            for proof, label in Proof.choices
            if kinds[proof]
        ]
    return found


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


def refused(close: MonthClose) -> QuerySet[CodeVerdict]:
    """The verdicts that stand and do not bill."""
    return CodeVerdict.objects.filter(close=close, decision__replaced_in__isnull=True).exclude(outcome="bill")


def refused_of(close: MonthClose, *, outcome: str = "", why: str = "") -> QuerySet[CodeVerdict]:
    """What is not billed as the month stands decided, blocked first. One statement, and one more for a reason.

    Narrowed to an outcome, or to the code of a reason.
    """
    rows = refused(close)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if why:
        rows = because_of(close, rows, why)
    return rows.select_related("decision__enrollment__patient").order_by(
        "outcome",
        "decision__enrollment__patient__family_name",
        "decision__enrollment__patient__given_name",
        "decision__enrollment_id",
        "code",
    )


def asks_in_force(close: MonthClose) -> QuerySet[RaisedLine]:
    """Open requests to bill a refused code, made over a decision that is still the one on file."""
    decision = KeptDecision.objects.filter(close=close, enrollment=OuterRef("enrollment"), replaced_in__isnull=True)
    rows = RaisedLine.objects.filter(close=close, decided_at__isnull=True)
    return rows.filter(Exists(decision.filter(run__lte=OuterRef("run"))))


def raised_of(close: MonthClose) -> list[RaisedLine]:
    """What somebody asked to bill over the engine's decision and nobody has decided yet. One statement."""
    return list(asks_in_force(close).select_related("enrollment__patient", "asked_by").order_by("asked_at"))


def counts_of(close: MonthClose) -> Counter[str]:
    """Lines by state, lines to look at, and refused codes by outcome; what there is none of is 0. Two statements."""
    counts: Counter[str] = Counter()
    lines = ClaimLine.objects.filter(close=close).order_by().values_list("state", "needs_look")
    for state, needs_look, number in lines.annotate(n=Count("pk")):
        counts[state] += number
        counts["look"] += number if needs_look and state == "proposed" else 0
    counts.update(dict(refused(close).order_by().values_list("outcome").annotate(n=Count("pk"))))
    counts["standing"] = counts["proposed"] + counts["approved"] + counts["held"]
    counts["clean"] = counts["standing"] - counts["look"]
    counts["refused"] = counts["blocked"] + counts["do_not_bill"] + counts["not_enough_facts"]
    return counts


def fixable(close: MonthClose) -> int:
    """Codes not earned that could be when the running month was computed. One statement."""
    rows = KeptDecision.objects.filter(close=close, replaced_in__isnull=True)
    return int(rows.aggregate(all=Sum("fixable_codes"))["all"] or 0)


def expected_of(close: MonthClose) -> Decimal:
    """What the standing lines are expected to pay; a code without a rate on file counts nothing. Two statements."""
    rows = ClaimLine.objects.filter(close=close).exclude(state__in=GONE).order_by()
    units = dict(rows.values_list("code").annotate(n=Sum("units")))
    rates = rates_for(close.practice, units, year=close.month.year)
    return sum((rates.get(code, Decimal()) * count for code, count in units.items()), Decimal())


def resting_on_unsigned(close: MonthClose) -> list[tuple[int, int, date]]:
    """Lines that wait or are approved, each with a person and a day of its work that the person has not signed.

    One statement.
    """
    month = Month.of(close.month)
    given: dict[str, Any] = {
        "close": close.pk,
        "zone": close.zone,
        "practice": close.practice_id,
        # As far back as the facts of a month are read: no line rests on anything before.
        "since": month.starts_at(close.zone) - LOOK_BACK - LONGEST,
        "until": month.ends_at(close.zone),
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNSIGNED, given)
        return cursor.fetchall()
