"""Views: senders, their keys and settings, and their deliveries."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring import queries, services
from monitoring.forms import SourceForm
from monitoring.ingest.registry import shapes_by_people
from monitoring.models import Delivery, Source
from monitoring.views.source_forms import SourceSettingsForm
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access, record_change
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals


def _sources(request: PortalRequest, *, form: SourceForm, key: str = "", source: Source | None = None) -> HttpResponse:
    context = {"rows": queries.sources(request.practice.pk), "form": form, "key": key, "new_source": source}
    context["address"] = source.vendor.address(key) if source is not None else ""
    return render(request, "monitoring/sources.html", context, status=422 if form.errors else 200)


@allow(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def sources(request: PortalRequest) -> HttpResponse:
    """List the senders and add one; a new key is shown only once."""
    form = SourceForm(request.POST or None)
    if form.is_bound and form.is_valid():
        now = timezone.now()
        source, key = services.open_source(practice=request.practice, now=now, by=request.user, **form.cleaned_data)
        record_change(source, "open_source", by=request.membership, now=now)
        return _sources(request, form=SourceForm(), key=key, source=source)
    return _sources(request, form=form)


@allow(Permission.MANAGE_SOURCES)
@require_POST
@answer_refusals()
def move_source(request: PortalRequest, public_id: str) -> HttpResponse:
    """Revoke a key, or replace it with a new one."""
    source = get_object_or_404(Source.objects.for_practice(request.practice), public_id=public_id)
    move, now = request.POST.get("move"), timezone.now()
    if move == "renew":
        renewed, key = services.renew_key(source=source, by=request.user, now=now)
        record_change(renewed, "renew_source", by=request.membership, now=now)
        return _sources(request, form=SourceForm(), key=key, source=renewed)
    if move == "revoke":
        services.revoke_source(source=source, by=request.user, now=now)
        record_change(source, "revoke_source", by=request.membership, now=now)
        return redirect("monitoring:sources")
    raise Refused("Choose to revoke or to renew.")


def _source(request: PortalRequest, public_id: str) -> Source:
    rows: QuerySet[Source] = Source.objects.for_practice(request.practice).exclude(shape__in=shapes_by_people())
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
@answer_refusals()
def source_settings(request: PortalRequest, public_id: str) -> HttpResponse:
    """Rate, unit, allowed networks and signature of a source; a generated secret is shown only once."""
    source = _source(request, public_id)
    initial = {name: getattr(source, name) for name in SourceSettingsForm.base_fields if name != "secret"}
    initial["allowed_networks"] = "\n".join(source.allowed_networks)
    form, secret = SourceSettingsForm(request.POST or None, initial=initial), ""
    saved = form.is_bound and form.is_valid()
    if saved:
        secret = services.set_source(source=source, **form.cleaned_data)
        record_change(
            source,
            "change_source",
            by=request.membership,
            now=timezone.now(),
            changed=sorted(name for name in form.changed_data if name != "secret"),
            new_secret=bool(secret or form.cleaned_data["secret"]),
        )
        source.refresh_from_db()
    context = {"source": source, "form": form, "secret": secret, "saved": saved}
    return render(request, "monitoring/source.html", context, status=422 if form.errors else 200)


@allow(Permission.MANAGE_SOURCES)
@require_GET
def deliveries(request: PortalRequest, public_id: str) -> HttpResponse:
    """The deliveries of a source, the newest first, with what was new, known already, and unmatched in each."""
    source = _source(request, public_id)
    rows = Delivery.objects.filter(practice=request.practice, source=source).order_by("-received_at", "-pk")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    record_access(request, "list_deliveries", now=timezone.now(), subject=f"source:{source.public_id}", count=len(page))
    return render(request, "monitoring/deliveries.html", {"source": source, "page": page})
