"""The practice's dashboard: this month and the last, twelve months of codes, and the Inspector General's measures."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from billing.models import NOT_IN_FORCE_STATES, ClaimLine, PayerPolicy
from billing.review import month_lines, queries
from billing.review.clinic_filter import EVERYTHING, Narrowing
from billing.review.lost_revenue import Leak, leaks_of
from enrollment.models import Enrollment, Patient, Program
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import Month

MONTHS, SHADES = 12, 12
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 180, 36, 24
MONITORING = (Program.RPM, Program.RTM)


@dataclass(frozen=True, slots=True)
class Figures:
    """A month's five numbers; None if the month was never computed."""

    month: Month
    patients: int
    lines: int | None = None
    dollars: Decimal | None = None
    at_risk: Decimal | None = None
    blocked: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the five measures of OEI-02-23-00261: the practice's value, the mark, and whether the value is past it."""

    name: str
    here: str
    mark: str
    past: bool
    means: str


def figures(practice: Practice, month: Month, narrowing: Narrowing = EVERYTHING) -> tuple[Figures, list[Leak]]:
    """The numbers of a month, and the reasons why codes are not earned, the most dollars first. Nine statements."""
    first, last = month.first_day, month.last_day
    served = Enrollment.objects.for_practice(practice).filter(program__in=MONITORING, started_on__lte=last)
    served = served.filter(narrowing.enrollments()).exclude(discharged_on__lt=first)
    patients = served.values("patient").distinct().count()
    close = queries.close_of(practice, month)
    if close is None or close.computed_at is None:
        return Figures(month, patients), []
    counts = month_lines.counts_of(close, narrowing)
    leaks = leaks_of(close, narrowing.patients(practice))
    return (
        Figures(
            month,
            patients,
            counts["standing"],
            month_lines.expected_of(close, narrowing),
            sum((leak.dollars for leak in leaks if leak.fixable), Decimal()),
            counts.get("blocked", 0),
        ),
        leaks,
    )


def codes_by_month(practice: Practice, *, to: Month, narrowing: Narrowing = EVERYTHING) -> dict[str, object]:
    """A chart of twelve months of lines in force by code: bars, codes with totals, and changes of payers' terms.

    Three statements. The largest month sets the scale.
    """
    months = [to.plus(n - MONTHS + 1) for n in range(MONTHS)]
    rows = ClaimLine.objects.for_practice(practice).exclude(state__in=NOT_IN_FORCE_STATES).filter(narrowing.lines())
    rows = rows.filter(close__month__range=(months[0].first_day, to.first_day))
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    for month, code, number in rows.order_by().values_list("close__month", "code").annotate(n=Count("pk")):
        counts[month][code] += number
    totals: Counter[str] = sum(counts.values(), Counter())
    codes = sorted(totals)
    max_lines = max((sum(by_code.values()) for by_code in counts.values()), default=0)
    step = (WIDTH - LEFT) / MONTHS
    bars = []
    for place, month in enumerate(months):
        top = float(HEIGHT - BOTTOM)
        for number, code in enumerate(codes):
            count = counts[month.first_day][code]
            if count:
                bar_height = (HEIGHT - BOTTOM - 10) * count / max_lines
                top -= bar_height
                bar = {
                    "x": round(LEFT + place * step + step * 0.15, 1),
                    "y": round(top, 1),
                    "height": round(bar_height, 1),
                }
                label = f"{month.words}: {count} of {code}"
                bars.append(bar | {"width": round(step * 0.7, 1), "shade": number % SHADES + 1, "says": label})
    return {
        "bars": bars,
        "labels": [
            {"x": round(LEFT + (n + 0.5) * step, 1), "text": f"{month.first_day:%b}"} for n, month in enumerate(months)
        ],
        "codes": [{"code": code, "count": totals[code], "shade": n % SHADES + 1} for n, code in enumerate(codes)],
        "marks": _policy_marks(practice, months, step),
        "most": max_lines,
        "width": WIDTH,
        "height": HEIGHT,
        "foot": HEIGHT - BOTTOM,
        "rows": [(month, counts[month.first_day]) for month in reversed(months) if counts[month.first_day]],
    }


def _policy_marks(practice: Practice, months: list[Month], step: float) -> list[dict[str, object]]:
    """The chart's marks for the days on which a payer's policy came into force."""
    policies = PayerPolicy.objects.for_practice(practice).filter(
        starts_on__gte=months[0].first_day, starts_on__lte=months[-1].last_day
    )
    marks = []
    for policy in policies.select_related("payer").order_by("starts_on"):
        month = Month.of(policy.starts_on)
        days = (month.last_day - month.first_day).days + 1
        place = months.index(month) + (policy.starts_on.day - 1) / days
        marks.append(
            {"x": round(LEFT + place * step, 1), "says": f"{policy.payer}: {policy.preset}, from {policy.starts_on}"}
        )
    return marks


def oig_measures(practice: Practice, *, month: Month) -> list[Measure]:
    """The five measures of the Inspector General's data snapshot, over the twelve months to a month. Five statements.

    Source: HHS-OIG data snapshot OEI-02-23-00261 (August 2025). The marks are those at which OIG singled practices out;
    a value past one is no evidence of wrongdoing.
    """
    since = month.plus(1 - MONTHS).first_day
    lines = ClaimLine.objects.for_practice(practice).filter(close__month__range=(since, month.first_day))
    lines = lines.exclude(state__in=NOT_IN_FORCE_STATES).order_by()
    parts: dict[int, set[str]] = defaultdict(set)
    for patient, component in lines.values_list("patient", "component").distinct():
        parts[patient].add(component)
    return [
        _new_patients_measure(practice, month),
        _no_visit_measure(practice, set(parts)),
        _no_management_measure(parts),
        _other_practice_measure(practice, since),
        _two_devices_measure(lines),
    ]


def _new_patients_measure(practice: Practice, month: Month) -> Measure:
    before = month.plus(-1)
    begun = Enrollment.objects.for_practice(practice).filter(program__in=MONITORING)
    counts = begun.aggregate(
        now=Count("pk", filter=Q(started_on__range=(month.first_day, month.last_day))),
        then=Count("pk", filter=Q(started_on__range=(before.first_day, before.last_day))),
    )
    more = 100 * (counts["now"] - counts["then"]) // counts["then"] if counts["then"] else None
    grown = f", {more:+d} %" if more is not None else ""
    return Measure(
        "New patients in a month",
        f"{counts['now']} new, {counts['then']} the month before{grown}",
        "150 % more than the month before, and 100 or more",
        counts["now"] >= 100 and (more is None or more >= 150),
        "Enrollments that began in the month.",
    )


def _share_text(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part // whole} %)" if whole else "nobody was billed"


def _no_visit_measure(practice: Practice, billed: set[int]) -> Measure:
    """Billed patients without a visit to the practice before monitoring began."""
    first_start: dict[int, date] = {}
    rows = Enrollment.objects.for_practice(practice).filter(patient__in=billed, started_on__isnull=False)
    for patient, started in rows.order_by("-started_on").values_list("patient", "started_on"):
        first_start[patient] = started
    established_on = dict(Patient.objects.filter(pk__in=billed).values_list("pk", "established_on"))
    strangers = sum(
        established_on.get(pk) is None or established_on[pk] > first_start.get(pk, date.max) for pk in billed
    )
    return Measure(
        "No relationship before monitoring",
        _share_text(strangers, len(billed)),
        "more than 80 % of patients",
        bool(billed) and strangers * 100 > 80 * len(billed),
        "Billed patients without a visit on record on or before the day the service began.",
    )


def _no_management_measure(components_by_patient: dict[int, set[str]]) -> Measure:
    """Patients billed for device supply but never for management of the data."""
    supplied = [components for components in components_by_patient.values() if "device" in components]
    never = sum("management" not in components for components in supplied)
    return Measure(
        "Supply without management",
        _share_text(never, len(supplied)),
        "more than 75 % of patients",
        bool(supplied) and never * 100 > 75 * len(supplied),
        "Patients with a line for device supply and none for management in twelve months.",
    )


def _other_practice_measure(practice: Practice, since: date) -> Measure:
    rows = Enrollment.objects.for_practice(practice).filter(program__in=MONITORING).exclude(discharged_on__lt=since)
    counts = rows.aggregate(
        all=Count("patient", distinct=True),
        shared=Count("patient", distinct=True, filter=Q(other_monitoring__in=["running", "ended"])),
    )
    return Measure(
        "Monitored by another practice too",
        _share_text(counts["shared"], counts["all"]),
        "often; OIG names no number",
        False,
        "What patients said when they were enrolled: monitored elsewhere, still or before.",
    )


def _two_devices_measure(lines: Any) -> Measure:
    """More than one supply line for a patient in one month's claims."""
    rows = lines.filter(component="device").values("patient", "close").annotate(n=Count("pk")).filter(n__gt=1)
    number = rows.count()
    return Measure(
        "More than one device a month",
        f"{number} patient-month{'' if number == 1 else 's'}",
        "repeatedly; OIG names no number",
        False,
        "Two lines for device supply of one patient in one month's claims; two periods may end in one month.",
    )
