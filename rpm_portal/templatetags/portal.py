"""Template filters and tags: dates and times in the practice's time zone, table rows, readings, words of codes."""

from collections.abc import Container
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe

from billing.close.flags import FLAGS
from billing.policies.coverage_check import policy_words
from enrollment.models import Patient
from monitoring.models import Reading
from monitoring.readings.trend_svg import Chart
from monitoring.readings.words import broken_words as words_of_limit
from monitoring.readings.words import value_words
from rpm_portal.accounts.models import User
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core import days
from rpm_portal.core.days import day_words, short_day_words, time_words
from rpm_portal.core.definitions import DEFINITIONS
from rpm_portal.core.initials import initials_of
from rpm_portal.core.phone_links import tel

register = template.Library()


@register.simple_tag(takes_context=True)
def shows_patient(context: template.Context, patient: Patient | None) -> str:
    """Marks that the page names this patient: the request then leaves an audit event (`PracticeMiddleware`)."""
    if patient:
        context["request"].shown_patient = patient.public_id
    return ""


@register.filter
def day(value: date | None) -> str:
    """A day, like Nov 21, 2026."""
    return day_words(value) if value else ""


@register.filter
def short_day(value: date | None) -> str:
    """A day without its year, like Nov 21."""
    return short_day_words(value) if value else ""


register.filter(tel)


@register.filter
def dollars(amount: Decimal | None) -> str:
    """An amount of money, like -$1,204.50; a dash if it is not known."""
    if amount is None:
        return "–"
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


@register.simple_tag
def initials(person: User | Patient, *, staff: bool = False, big: bool = False) -> SafeString:
    """The initials of a person as a mark: a circle for staff, a square for a patient. The name is next to it."""
    kind = f"{' staff' if staff else ''}{' big' if big else ''}"
    letters = initials_of(person.given_name, person.family_name)
    return format_html('<span class="avatar{}" aria-hidden="true">{}</span>', kind, letters)


@register.simple_tag
def definition(key: str) -> SafeString:
    """The `i` of a figure: a link to its definition, whose text is the link's title and accessible name."""
    figure = DEFINITIONS[key]
    return format_html(
        '<a class="info-mark" href="{}#{}" title="{}" aria-label="Definition of {}"><svg class="icon"'
        ' aria-hidden="true"><use href="{}#i-info" /></svg></a>',
        reverse("definitions"),
        key,
        f"{figure.meaning} {figure.zone}",
        figure.term,
        static("icons.svg"),
    )


@register.filter
def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


@register.filter
def flag(name: str) -> str:
    """The sentence of a claim line's flag."""
    return FLAGS.get(name, name)


register.filter("policy_words", policy_words)


@register.filter
def has(words: Container[str], word: str) -> bool:
    """Whether `words` contains a word; for `{% with %}`, which has no `in`."""
    return word in words


@register.filter
def get(values: dict[str, object], name: str) -> object:
    """A value of a dictionary by its key; empty if it is missing."""
    return values.get(name, "")


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString | str:
    """A time, like Nov 21, 8:14 AM, with year and zone in the title; with the year if it is not the current one."""
    return _moment(value, context["request"])


def _moment(value: datetime | None, request: PortalRequest) -> SafeString | str:
    if value is None:
        return ""
    zone = request.practice.zone
    local = value.astimezone(ZoneInfo(zone))
    year = "" if local.year == request.year else f", {local.year}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{day_words(local)}, {local:%I:%M:%S %p} {zone}",
        f"{short_day_words(local)}{year}, {time_words(local)}",
    )


@register.simple_tag(takes_context=True)
def work_rows(context: Context, band: Any) -> SafeString:
    """The rows of one band of the worklist, rendered with Jinja, which is faster."""
    return _render_jinja(
        "worklist/_rows.jinja",
        rows=band.rows,
        can_time="track_time" in context["may"],
        can_arrange="review_readings" in context["may"],
        icons=static("icons.svg"),
    )


@register.simple_tag(takes_context=True)
def work_head(context: Context, filters: object) -> SafeString:
    """The table header of a band, with its sort links."""
    zone = context["request"].practice.zone
    return _render_jinja("worklist/_head.jinja", filters=filters, zone=zone, home=reverse("worklist"))


def _render_jinja(template: str, **context: object) -> SafeString:
    """The output of a Jinja template."""
    return mark_safe(get_template(template, using="jinja2").render(context))  # noqa: S308 - the template escapes


@register.filter
def name(names: dict[int, str], pk: int | None) -> str:
    """The name of the person with this key."""
    return names.get(pk or 0, "a former user")


@register.simple_tag(takes_context=True)
def reading_rows(context: Context, *, correct: bool = True) -> SafeString:
    """The rows of a table of readings; with a link to correct one if `correct` is set and the user may."""
    may = correct and "review_readings" in context["may"]
    address = reverse("monitoring:correct_reading", args=[context["enrollment"].public_id]) if may else ""
    return _render_jinja(
        "monitoring/_reading_rows.jinja",
        readings=context["readings"],
        correct=address,
        moment=partial(_moment, request=context["request"]),
    )


@register.simple_tag
def status_words(status: object) -> SafeString:
    """One of the six status words with its icon and explanation."""
    template: Any = get_template("ui/_status.jinja", using="jinja2")
    return mark_safe(template.template.module.status(status, static("icons.svg")))  # noqa: S308 - escaped in the macro


@register.simple_tag
def strip(cells: list[Any]) -> SafeString:
    """The cells of a device period, one per day, with the reason if the day does not count."""
    titles = ((cell.kind, f"{day(cell.on)}: {cell.why}" if cell.why else day(cell.on)) for cell in cells)
    return format_html_join("", '<i class="{}" title="{}"></i>', titles)


@register.simple_tag
def trend_figure(trend: Chart) -> SafeString:
    """The chart of one measure, with its values for the pointer and the arrow keys."""
    narrow = json_script(trend.narrow.points) if trend.narrow else ""
    return _render_jinja(
        "monitoring/_trend.jinja",
        trend=trend,
        points=json_script(trend.points),
        narrow_points=narrow,
        definition=definition,
    )


@register.simple_tag
def ago(value: datetime | None, now: datetime) -> str:
    """The time since `value`, like 3 h or 2 d; empty if there is none."""
    if value is None:
        return ""
    seconds = max(0, int((now - value).total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 48 * 3600 else f"{seconds // 86400} d"


@register.simple_tag(takes_context=True)
def reading_words(context: Context, reading: Reading) -> str:
    """A reading's value in the practice's units, like 148/92 mmHg."""
    return value_words(reading.metric, reading.value, reading.value_2, reading.bounds, units=_units(context))


@register.simple_tag(takes_context=True)
def broken_words(context: Context, alert: Any) -> str:
    """The rule in words, or the limit that was broken in the practice's units, like diastolic limit 95."""
    return alert.description or words_of_limit(alert.reading.metric, alert.part, alert.limit, units=_units(context))


@register.simple_tag(takes_context=True)
def limit_number(context: Context, value: Decimal, metric: str) -> str:
    """A limit in the practice's units with its unit, like 150 mmHg or 182.4 lb."""
    return value_words(metric, value, None, units=_units(context))


def _units(context: Context) -> str:
    """The units of the practice that the page is for."""
    units: str = context["request"].practice.units
    return units


@register.simple_tag
def bound_words(bound: str) -> str:
    """The words of a bound, like critical high or low."""
    return bound.replace("_", " ")


@register.filter
def clock(seconds: int | None) -> str:
    """Whole seconds as minutes and seconds, never rounded (1199: 19:59)."""
    return days.clock(int(seconds or 0))


@register.filter
def hours(seconds: int | None) -> str:
    """Whole seconds as hours and minutes, like 16 h 40 min; seconds are left out, never rounded up."""
    minutes = int(seconds or 0) // 60
    return f"{minutes // 60} h {minutes % 60} min"
