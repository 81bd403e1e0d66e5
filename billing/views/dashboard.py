"""View of the practice's dashboard."""

from decimal import Decimal

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.review import dashboard
from billing.review.clinic_filter import Narrowing, narrow_choices
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month
from timetracking.staff_days.team import team_of

MAX_LEAKS = 8


@allow(Permission.SEE_MONTHS)
@require_GET
def practice(request: PortalRequest) -> HttpResponse:
    """This month and the last one, why codes are not earned, the team, twelve months, and OIG's five measures."""
    now, here = timezone.now(), request.practice
    month = Month.current(now, here.zone)
    narrowing = Narrowing.of(request.GET)
    this, leaks = dashboard.figures(here, month, narrowing)
    last, last_leaks = dashboard.figures(here, month.plus(-1), narrowing)
    context: dict[str, object] = {
        "now": now,
        "month": month,
        "this": this,
        "last": last,
        "leaks": (leaks if this.lines is not None else last_leaks)[:MAX_LEAKS],
        "leaks_of": month if this.lines is not None else last.month,
        "figures": _compared_figures(this, last),
        "team": team_of(here.pk, month=month, zone=here.zone),
        "drawn": dashboard.codes_by_month(here, to=month, narrowing=narrowing),
        "measures": dashboard.oig_measures(here, month=month),
    }
    record_access(request, "read_dashboard", now=now, subject=f"month:{month}")
    return render(request, "billing/dashboard.html", context | narrow_choices(here, narrowing))


def _compared_figures(this: dashboard.Figures, last: dashboard.Figures) -> list[tuple[str, str, str, str]]:
    """The rows of the comparison: name, this month's value, last month's, and the key of its definition."""
    return [
        ("Patients served", str(this.patients), str(last.patients), "patients_served"),
        (
            "Lines expected",
            _count_text(this.lines),
            _count_text(last.lines),
            "lines_expected",
        ),
        (
            "Dollars expected",
            _money_text(this.dollars, this.lines),
            _money_text(last.dollars, last.lines),
            "dollars_expected",
        ),
        (
            "Revenue at risk",
            _money_text(this.at_risk, 0 if this.dollars else this.lines),
            _money_text(last.at_risk, 0 if last.dollars else last.lines),
            "at_risk",
        ),
        (
            "Blocked codes",
            _count_text(this.blocked),
            _count_text(last.blocked),
            "blocked",
        ),
    ]


def _count_text(number: int | None) -> str:
    return "not calculated" if number is None else f"{number:,}"


def _money_text(dollars: Decimal | None, lines: int | None = 0) -> str:
    if dollars is None:
        return "not calculated"
    # Lines without dollars have no rate on file, which is not $0.
    return "no rates on file" if lines and not dollars else f"${intcomma(round(dollars))}"
