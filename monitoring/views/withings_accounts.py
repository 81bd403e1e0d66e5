"""Views: Withings accounts of a source, linked through the consent page of Withings, and unlinked."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from monitoring.ingest.vendors.withings import VENDOR
from monitoring.intake import withings_link
from monitoring.intake.vendor_accounts import accounts_of, unlink_accounts
from monitoring.models import Source
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals

SESSION_KEY = "withings_link"


def _source(request: PortalRequest, public_id: str) -> Source:
    rows: QuerySet[Source] = Source.objects.for_practice(request.practice).filter(shape=VENDOR.shape)
    return get_object_or_404(rows, public_id=public_id)


def _page(request: PortalRequest, source: Source, *, consent_page: str = "", refused: str = "") -> HttpResponse:
    context = {"source": source, "rows": accounts_of(source), "consent_page": consent_page, "refused": refused}
    return render(request, "monitoring/withings_accounts.html", context)


def _refused_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _source(request, public_id), refused=str(refusal))


def _redirect_uri(request: PortalRequest) -> str:
    return request.build_absolute_uri(reverse("monitoring:withings_return"))


@allow(Permission.MANAGE_SOURCES)
@require_GET
def withings_accounts(request: PortalRequest, public_id: str) -> HttpResponse:
    """The accounts of a source, and the form that links one."""
    return _page(request, _source(request, public_id))


@allow(Permission.MANAGE_SOURCES)
@require_POST
@answer_refusals(_refused_page)
def link_withings(request: PortalRequest, public_id: str) -> HttpResponse:
    """Start to link an account: the page then has a link to the consent page of Withings.

    A link, because a form may only lead to this site (form-action of the Content Security Policy).
    """
    source, key = _source(request, public_id), request.POST.get("key", "").strip()[:200]
    pending, address = withings_link.start_link(
        source, key=key, redirect_uri=_redirect_uri(request), now=timezone.now()
    )
    request.session[SESSION_KEY] = pending.as_dict()
    return _page(request, source, consent_page=address)


@allow(Permission.MANAGE_SOURCES)
@require_GET
@answer_refusals()
def withings_return(request: PortalRequest) -> HttpResponse:
    """The return from Withings: the state must be that of a link started in this session, once and in time."""
    now, asked = timezone.now(), request.GET
    pending = withings_link.pending_link(request.session.get(SESSION_KEY), state=asked.get("state", ""), now=now)
    del request.session[SESSION_KEY]
    source = _source(request, pending.source)
    if not asked.get("code"):
        raise Refused("Withings gave no access: the patient did not agree. Link the account again when they do.")
    withings_link.finish_link(
        source,
        pending,
        code=asked["code"][:200],
        redirect_uri=_redirect_uri(request),
        callback_of=request.build_absolute_uri,
        by=request.membership,
        now=now,
    )
    return redirect("monitoring:withings_accounts", source.public_id)


@allow(Permission.MANAGE_SOURCES)
@require_POST
@answer_refusals(_refused_page)
def unlink_withings(request: PortalRequest, public_id: str) -> HttpResponse:
    """Unlink an account: its tokens are deleted, and nothing is fetched from it."""
    source, account = _source(request, public_id), request.POST.get("account", "")[:40]
    if not unlink_accounts(source, [account], now=timezone.now(), by=request.membership):
        raise Refused("This account is not linked.")
    return redirect("monitoring:withings_accounts", source.public_id)
