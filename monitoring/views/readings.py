"""Views: readings that people enter or import, and rules."""

from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment.models import Enrollment
from monitoring import services
from monitoring.forms import FileForm, MappingForm, RuleForm
from monitoring.ingest import BadBody
from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.vendors.files import MIXED_DATES, proposed_mapping, table_of
from monitoring.intake import manual_entry
from monitoring.intake.file_choices import choices_of, remember, remembered
from monitoring.intake.patient_devices import assignments_of
from monitoring.models import AlertRule, Reading
from monitoring.readings.table import reading_page
from monitoring.rules.display_units import display_unit
from monitoring.tasks import enqueue_delivery
from monitoring.views.file_forms import ReadAsForm
from monitoring.views.reading_forms import CorrectionForm, ReadingForm
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access, record_change
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals, error_text

MAX_FILE_BYTES = 2 * 1024 * 1024


def _enrollment(request: PortalRequest, public_id: str) -> Enrollment:
    rows: QuerySet[Enrollment] = Enrollment.objects.for_practice(request.practice).select_related(
        "patient", "billing_provider__user"
    )
    return get_object_or_404(rows, public_id=public_id)


def _page(request: PortalRequest, template: str, row: Enrollment, *, refused: bool, **more: object) -> HttpResponse:
    now = timezone.now()
    today = local_day(now, request.practice.zone)
    record_access(request, "bring_reading", now=now, subject=f"patient:{row.patient.public_id}")
    context = {"enrollment": row, "patient": row.patient, "age": row.patient.age_on(today), **more}
    return render(request, template, context, status=422 if refused else 200)


@allow(Permission.SEE_PATIENTS)
@require_GET
def readings(request: PortalRequest, public_id: str) -> HttpResponse:
    """Every reading of an enrollment, sixty a page; as a page, or as the table inside the chart."""
    row, now, raw = _enrollment(request, public_id), timezone.now(), request.GET.get("before", "")
    before = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= 18 else None
    day = parse_day(request.GET.get("day", ""))
    rows, earlier = reading_page(row, before=before, units=request.practice.units, up_to=day)
    record_access(request, "read_readings", now=now, subject=f"patient:{row.patient.public_id}", count=len(rows))
    age = row.patient.age_on(local_day(now, request.practice.zone))
    context = {"enrollment": row, "patient": row.patient, "age": age, "readings": rows, "earlier": earlier}
    template = "monitoring/_reading_table.html" if request.htmx else "monitoring/readings.html"
    return render(request, template, context | {"before": before or day})


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def enter_reading(request: PortalRequest, public_id: str) -> HttpResponse:
    """Enter a reading that staff measured or the patient reported, with the device that measured it."""
    row, now = _enrollment(request, public_id), timezone.now()
    zone = row.patient.zone
    form = ReadingForm(
        request.POST or None,
        assignments=assignments_of(row),
        units=request.practice.units,
        zone=zone,
        initial={"on": local_day(now, zone)},
    )
    if form.is_bound and form.is_valid():
        cleaned = form.cleaned_data
        try:
            manual_entry.enter(
                assignment=form.assignment(),
                metric=cleaned["metric"],
                values=cleaned["values"],
                kind=cleaned["kind"],
                measured_at=cleaned["measured_at"],
                by=request.user,
                now=now,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("chart", row.patient.public_id)
    return _page(request, "monitoring/enter.html", row, refused=form.is_bound, form=form)


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def correct_reading(request: PortalRequest, public_id: str) -> HttpResponse:
    """Void a reading, with or without a corrected version; the sent reading remains visible."""
    row = _enrollment(request, public_id)
    chosen = request.POST.get("reading") or request.GET.get("reading", "")
    if not chosen.isascii() or not chosen.isdecimal() or len(chosen) > 18:
        raise Http404
    readings = Reading.objects.filter(practice=request.practice, enrollment=row)
    reading = get_object_or_404(readings.select_related("device__model"), pk=int(chosen))
    form = CorrectionForm(request.POST or None, metric=reading.metric, units=request.practice.units)
    if form.is_bound and form.is_valid():
        cleaned, now = form.cleaned_data, timezone.now()
        try:
            if form.values()[0] is None:
                manual_entry.void_reading(reading=reading, reason=cleaned["reason"], by=request.user, now=now)
            else:
                manual_entry.correct(
                    reading=reading, values=form.values(), reason=cleaned["reason"], by=request.user, now=now
                )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("chart", row.patient.public_id)
    return _page(request, "monitoring/correct.html", row, refused=form.is_bound, form=form, reading=reading)


class _FileContext(TypedDict, total=False):
    """Context of monitoring/file.html; `body` and `preview` if the columns are known."""

    form: FileForm
    text: str
    recognized: str
    mapping: MappingForm
    columns: list[str]
    is_remembered: bool
    read_as: ReadAsForm
    final_mapping: Mapping
    zone: str
    body: bytes
    preview: manual_entry.Preview


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def bring_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """Import a CSV export: recognized or mapped, previewed, then stored. Nothing is stored before the last step."""
    row, now = _enrollment(request, public_id), timezone.now()
    posted = request.POST if request.method == "POST" else None
    form = FileForm(posted, files=request.FILES or None, assignments=assignments_of(row))
    context: _FileContext = {"form": form}
    if posted is None or not form.is_valid():
        return _page(request, "monitoring/file.html", row, refused=posted is not None, **context)
    try:
        context |= _read_file(request, form, now=now)
    except BadBody as error:
        form.add_error("file", str(error))
        return _page(request, "monitoring/file.html", row, refused=True, **context)
    if "keep" in request.POST and context.get("preview"):
        taken = manual_entry.bring_file(body=context["body"], practice_id=row.practice_id, by=request.user, now=now)
        own_zone = context["zone"] if context["zone"] != row.patient.zone else ""
        chosen = remember(context["columns"], context["final_mapping"], zone=own_zone, by=request.membership, now=now)
        record_change(None, "remember_file_format", by=request.membership, now=now, format=chosen.pk)
        if taken.kept_as is not None:
            enqueue_delivery(taken.kept_as)
        return _page(request, "monitoring/file_kept.html", row, refused=False, taken=taken)
    return _page(request, "monitoring/file.html", row, refused=False, **context)


def _read_file(request: PortalRequest, form: FileForm, *, now: datetime) -> _FileContext:
    """The text, the recognized vendor, the mapping, and the preview. Raises BadBody."""
    upload = form.cleaned_data["file"]
    if upload is not None and upload.size > MAX_FILE_BYTES:
        raise BadBody("This file is larger than 2 MB. Export a shorter span, or split it.")
    try:
        text = upload.read().decode("utf-8-sig") if upload is not None else request.POST.get("text", "")
    except UnicodeDecodeError:
        raise BadBody("This file is not UTF-8. Save it as CSV UTF-8 and bring that.") from None
    if not text.strip() or "\x00" in text:
        raise BadBody("Choose a CSV file.")
    table = table_of(text)
    name, known = proposed_mapping(table)
    before, zone = remembered(request.practice.pk, table.columns)
    proposed = before or known
    initial = {**proposed.as_dict(), "only_value": ",".join(proposed.only_values)} if proposed else {"unit": ""}
    typed = request.POST if "metric" in request.POST and upload is None else None
    mapping_form = MappingForm(typed, columns=table.columns, known=known, initial=initial)
    mapping = proposed if typed is None else mapping_form.mapping() if mapping_form.is_valid() else None
    context: _FileContext = {
        "text": text,
        "recognized": name,
        "mapping": mapping_form,
        "columns": table.columns,
        "is_remembered": before is not None,
    }
    if mapping is not None:
        assignment = form.assignment()
        zone = zone or assignment.enrollment.patient.zone
        if typed is not None and before is not None and before.first == mapping.first:
            mapping = replace(mapping, date_order=before.date_order, decimal_sign=before.decimal_sign)
        choices = choices_of(table, mapping)
        if "mixed" in choices.ways.date_orders:
            raise BadBody(MIXED_DATES)
        posted = request.POST if typed is not None and "as-zone" in request.POST else None
        read_as = ReadAsForm(posted, choices=choices, zone=zone)
        context["read_as"] = read_as
        if read_as.is_valid() or (posted is None and not choices.asked):
            chosen = {name: value for name, value in read_as.cleaned_data.items() if value} if read_as.is_bound else {}
            zone = chosen.pop("zone", "") or zone
            mapping = replace(choices.mapping, **chosen)
            body = manual_entry.file_body(text=text, mapping=mapping, assignment=assignment, zone=zone)
            units = request.practice.units
            preview = manual_entry.preview(body=body, assignment=assignment, now=now, units=units)
            context |= {"body": body, "preview": preview}
            context |= {"final_mapping": mapping, "zone": zone}
    return context


@allow(Permission.ENROLL)
@require_http_methods(["GET", "POST"])
def add_rule(request: PortalRequest, public_id: str) -> HttpResponse:
    """Set a rule over more than one value."""
    row = _enrollment(request, public_id)
    unit = display_unit("weight", request.practice.units)
    form = RuleForm(request.POST or None, initial={"what": f"weight:1:{unit}" if unit else "weight:1"})
    if form.is_bound and form.is_valid():
        try:
            services.add_rule(enrollment=row, spec=form.spec(), severity=form.cleaned_data["severity"], by=request.user)
        except ValidationError as refusal:
            form.add_error(None, error_text(refusal))
        else:
            return redirect("chart", row.patient.public_id)
    return _page(request, "monitoring/rule.html", row, refused=form.is_bound, form=form)


@allow(Permission.ENROLL)
@require_POST
@answer_refusals()
def end_rule(request: PortalRequest, public_id: str) -> HttpResponse:
    """End a rule."""
    rows = AlertRule.objects.for_practice(request.practice).select_related("enrollment__patient")
    rule = get_object_or_404(rows, public_id=public_id)
    services.end_rule(rule=rule, by=request.user, now=timezone.now())
    return redirect("chart", rule.enrollment.patient.public_id)
