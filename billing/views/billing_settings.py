"""Views of the billing settings: their rows, and a change of one, which waits for a second person."""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import fields_for_model
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.models import Charge, ClearinghouseChannel
from billing.policies.billing_settings import (
    CHARGE_DAY,
    CHARGES,
    KINDS,
    PRACTICE,
    PRACTICE_FIELDS,
    ROW_SETTINGS,
    check_amount,
)
from billing.policies.row_settings import RowSettings, subject_of, subject_words
from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues
from rpm_portal.accounts.views.setting_pages import ReasonForm, SettingPage, change_settings, decide_settings
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals, error_text

TITLES = {PRACTICE.name: "Practice data", CHARGES.name: CHARGE_DAY.title}
TITLES |= {slug: one.title for slug, one in ROW_SETTINGS.items()}
_KINDS = {kind.name: kind for kind in KINDS}
MAX_SUBJECT = 300  # of `SettingChange.subject`
_SHOWN = 5  # values of a row in the list


class PracticeForm(ReasonForm):
    """The practice's data that reach claims or the close."""

    def __init__(self, data: Any = None, *, current: SettingValues) -> None:
        super().__init__(data, current=current)
        self.fields = fields_for_model(Practice, fields=PRACTICE_FIELDS) | self.fields
        for name in PRACTICE_FIELDS:
            self.fields[name].label = PRACTICE.labels[name]

    def clean(self) -> dict[str, object]:
        """The data, if they are valid for a practice."""
        cleaned: dict[str, object] = super().clean() or {}
        row = Practice(**{name: value for name, value in cleaned.items() if name in PRACTICE_FIELDS})
        unchecked = {part.name for part in Practice._meta.fields if part.name not in cleaned}
        try:
            row.full_clean(exclude=unchecked, validate_unique=False)
        except ValidationError as error:
            self.add_error(None, ValidationError(error.messages))
        return cleaned


class ChargesForm(ReasonForm):
    """The charge for a unit of each code from a day on."""

    def __init__(self, data: Any = None, *, current: SettingValues) -> None:
        super().__init__(data, current=current)
        amounts = {code: forms.CharField(label=code, max_length=10, required=False) for code in sorted(current)}
        self.fields = amounts | self.fields

    def clean(self) -> dict[str, object]:
        """Amounts as they are stored, with two decimals; an empty field changes nothing."""
        cleaned: dict[str, object] = super().clean() or {}
        values: dict[str, object] = {"reason": cleaned.pop("reason", "")}
        for code, text in list(cleaned.items()):
            try:
                if text:
                    values[code] = f"{check_amount(code, str(text)):.2f}"
            except Refused as refusal:
                self.add_error(code, refusal.message)
        return values


class RowForm(ReasonForm):
    """The values of a row, checked together as they would be stored."""

    def __init__(
        self, data: Any = None, *, current: SettingValues, of: RowSettings, practice: Practice, subject: str
    ) -> None:
        super().__init__(data, current=current)
        self.of, self.practice, self.subject = of, practice, subject
        self.fields = fields_for_model(of.model, fields=of.fields) | self.fields
        for name in of.fields:
            self.fields[name].label = of.label(name)
        if "channel" in of.fields:
            names = ClearinghouseChannel.objects.filter(practice=practice).values_list("name", flat=True)
            choices = [("", "choose")] + [(name, name) for name in sorted(set(names))]
            self.fields["channel"] = forms.ChoiceField(label=of.label("channel"), choices=choices)

    def clean(self) -> dict[str, object]:
        """The values, if a row with them could be stored."""
        cleaned: dict[str, object] = super().clean() or {}
        if not self.errors:
            try:
                values = {name: value for name, value in cleaned.items() if name in self.of.fields}
                self.of.check(self.practice, self.subject, values)  # type: ignore[arg-type]
            except (ValidationError, Refused) as error:
                raise ValidationError(error_text(error)) from None
        return cleaned


def address_of(slug: str, subject: str) -> str:
    """The address of the change of a subject."""
    query = "?" + urlencode({"of": subject}) if subject else ""
    return reverse("billing:change_billing_settings", args=[slug]) + query


class RowShown(NamedTuple):
    """A row in the list: its key in words, its first values, and the address of its change."""

    words: str
    values: str
    address: str


def _row_shown(of: RowSettings, row: Model) -> RowShown:
    texts = of.key_texts(row)
    values = [f"{of.label(name)}: {value}" for name in of.fields if (value := getattr(row, name)) not in {"", False}]
    return RowShown(", ".join(filter(None, texts)), "; ".join(values[:_SHOWN]), address_of(of.slug, subject_of(texts)))


def _charge_rows(practice: Practice) -> Iterable[RowShown]:
    rows: dict[str, list[str]] = {}
    for row in Charge.objects.filter(practice=practice).order_by("-starts_on", "code"):
        rows.setdefault(f"{row.starts_on}", []).append(f"{row.code} ${row.amount}")
    return [RowShown(day, ", ".join(charges), address_of("charge", subject_of([day]))) for day, charges in rows.items()]


def _known(slug: str) -> SettingKind:
    if slug not in _KINDS:
        raise Http404
    return _KINDS[slug]


def _page(request: PortalRequest, slug: str, subject: str) -> SettingPage:
    form: Any = {PRACTICE.name: PracticeForm, CHARGES.name: ChargesForm}.get(slug)
    if form is None:
        form = partial(RowForm, of=ROW_SETTINGS[slug], practice=request.practice, subject=subject)
    return SettingPage(
        kind=_known(slug),
        title=TITLES[slug],
        form=form,
        url="billing:change_billing_settings",
        decide_url="billing:decide_billing_settings",
        slug=slug,
        back=reverse("billing:billing_settings", args=[slug]) if subject else reverse("billing:all_billing_settings"),
    )


@allow(Permission.CHANGE_BILLING)
@require_GET
def all_billing_settings(request: PortalRequest) -> HttpResponse:
    """The kinds of billing settings, and the changes that wait for a second person."""
    rows = SettingChange.objects.for_practice(request.practice).filter(kind__in=_KINDS, outcome__isnull=True)
    waiting = [
        (TITLES[row.kind], subject_words(row.subject), row, address_of(row.kind, row.subject))
        for row in rows.select_related("asked_by")
    ]
    context = {"kinds": TITLES, "waiting": waiting, "practice_kind": PRACTICE.name}
    return render(request, "billing/all_settings.html", context)


@allow(Permission.CHANGE_BILLING)
@require_GET
def billing_settings(request: PortalRequest, slug: str) -> HttpResponse:
    """The rows of one kind, and the choice of the row to change or add."""
    if slug == PRACTICE.name:
        raise Http404
    _known(slug)
    of = ROW_SETTINGS.get(slug, CHARGE_DAY)
    rows = (
        _charge_rows(request.practice)
        if of is CHARGE_DAY
        else [_row_shown(of, row) for row in of.rows(request.practice)]
    )
    context = {
        "title": TITLES[slug],
        "slug": slug,
        "rows": rows,
        "key": [(name, of.label(name), of.choices_of(request.practice, name)) for name in of.key],
    }
    return render(request, "billing/settings_rows.html", context)


@allow(Permission.CHANGE_BILLING)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
@answer_refusals()
def change_billing_settings(request: PortalRequest, slug: str) -> HttpResponse:
    """The values of one row, and a change of them, which waits for a second person."""
    _known(slug)
    subject = _asked_subject(request, slug)
    return change_settings(request, _page(request, slug, subject), subject)


def _asked_subject(request: PortalRequest, slug: str) -> str:
    """The subject in the address: as a whole, or the parts of a key. Raises Http404 for one of another form."""
    if slug == PRACTICE.name:
        return ""
    of = ROW_SETTINGS.get(slug, CHARGE_DAY)
    subject = request.GET.get("of") or subject_of([request.GET.get(name, "")[:120] for name in of.key])
    try:
        of.key_of(request.practice, subject)
    except (ValueError, TypeError, AttributeError):
        raise Http404 from None
    if len(subject) > MAX_SUBJECT:
        raise Http404
    return subject


@allow(Permission.CHANGE_BILLING)
@sensitive_post_parameters("password", "code")
@require_POST
@answer_refusals()
def decide_billing_settings(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Approve another person's change, refuse it, or withdraw one's own."""
    _known(slug)
    row = SettingChange.objects.for_practice(request.practice).filter(public_id=public_id, kind=slug).first()
    return decide_settings(request, _page(request, slug, row.subject if row else ""), public_id)
