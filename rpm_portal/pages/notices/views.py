"""Views: accounts of channels, messages that did not go out, and messages caught on a trial."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access, record_change
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.outbox.channels.addresses import inbound_address
from rpm_portal.core.outbox.channels.change import save_account
from rpm_portal.core.outbox.channels.kannel import inbound_template
from rpm_portal.core.outbox.channels.models import CaughtMessage, ChannelAccount
from rpm_portal.core.outbox.channels.send import WARN_AT, spent_cents
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.services import problems
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.pages.notices.caught import answer_caught
from rpm_portal.pages.notices.forms import ChannelForm
from rpm_portal.pages.notices.repair import problem_rows, repair


def _accounts(request: PortalRequest, form: ChannelForm | None = None) -> HttpResponse:
    now = timezone.now()
    accounts = ChannelAccount.objects.for_practice(request.practice).order_by("-is_on", "kind", "pk")
    rows = [(account, spent_cents(account, zone=request.practice.zone, now=now)) for account in accounts]
    context = {
        "rows": [(account, spent, spent * 100 >= account.per_month_cents * WARN_AT) for account, spent in rows],
        "form": form or ChannelForm(),
        "local_allowed": settings.LOCAL_CHANNELS,
    }
    return render(request, "notices/channels.html", context, status=422 if form else 200)


def _save(request: PortalRequest, form: ChannelForm, act: str) -> ChannelAccount | None:
    """Save the account after password and second factor; None, with the reason in the form, if it is refused."""
    now = timezone.now()
    if not form.is_valid():
        return None
    account, is_new = form.instance, form.instance.pk is None
    if is_new:
        account.practice, account.made_at, account.made_by = request.practice, now, request.membership.user
    try:
        sign_with_both(request, act=act, now=now)
        save_account(account, secret=form.cleaned_data["new_secret"], now=now, local_allowed=settings.LOCAL_CHANNELS)
    except Refused as refusal:
        field = {"secret": "new_secret"}.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, refusal.message)
        return None
    changed = [name for name in form.changed_data if name != "new_secret"]
    record_change(
        account, act, by=request.membership, now=now, fields=changed, secret=bool(form.cleaned_data["new_secret"])
    )
    return account


@allow(Permission.MANAGE_SOURCES)
@sensitive_post_parameters("password", "code", "new_secret")
@require_http_methods(["GET", "POST"])
def channels(request: PortalRequest) -> HttpResponse:
    """The practice's accounts for texts and e-mail, and a form for a new one."""
    if request.method == "GET":
        return _accounts(request)
    form = ChannelForm(request.POST, instance=ChannelAccount(practice=request.practice))
    account = _save(request, form, "open_channel")
    return _accounts(request, form) if account is None else redirect("notices:channel", account.public_id)


@allow(Permission.MANAGE_SOURCES)
@sensitive_post_parameters("password", "code", "new_secret")
@require_http_methods(["GET", "POST"])
def channel(request: PortalRequest, public_id: str) -> HttpResponse:
    """One account: what its carrier needs to know, and a change."""
    account = get_object_or_404(ChannelAccount.objects.for_practice(request.practice), public_id=public_id)
    form = ChannelForm(request.POST or None, instance=account)
    is_refused = request.method == "POST" and _save(request, form, "change_channel") is None
    if request.method == "POST" and not is_refused:
        return redirect("notices:channel", account.public_id)
    is_kannel = account.provider == ChannelAccount.Provider.KANNEL
    context = {
        "account": account,
        "form": form,
        "last_four": account.secret[-4:] if len(account.secret) > 11 else "",
        "inbound": inbound_template(account) if is_kannel else inbound_address(account),
    }
    return render(request, "notices/channel.html", context, status=422 if is_refused else 200)


def _not_sent_page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    rows = problem_rows(problems(request.practice)[:200], now=timezone.now())
    return render(request, "notices/not_sent.html", {"rows": rows, "error": error}, status=422 if error else 200)


@allow(Permission.MANAGE_SOURCES)
@require_GET
def not_sent(request: PortalRequest) -> HttpResponse:
    """Messages that did not go out, or perhaps did not. No patient's name."""
    return _not_sent_page(request)


def _refused_repair(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _not_sent_page(request, error=refusal.message)


@allow(Permission.MANAGE_SOURCES)
@require_POST
@answer_refusals(_refused_repair)
def act(request: PortalRequest, public_id: str) -> HttpResponse:
    """Send a message again, by another channel, or close it with a reason."""
    row = get_object_or_404(OutboxRow.objects.for_practice(request.practice), public_id=public_id)
    action, reason = request.POST.get("action", ""), request.POST.get("reason", "")
    repair(row, action, reason=reason, by=request.membership, now=timezone.now())
    return redirect("notices:not_sent")


@allow(Permission.READ_TEXT)
@require_http_methods(["GET", "POST"])
def caught(request: PortalRequest) -> HttpResponse:
    """On a trial: the messages of the local provider, and an answer to a text as its receiver."""
    if not settings.LOCAL_CHANNELS:
        raise Http404
    now = timezone.now()
    rows = CaughtMessage.objects.for_practice(request.practice).select_related("account").order_by("-pk")
    if request.method == "POST":
        message = get_object_or_404(rows, pk=request.POST.get("message") or 0)
        answer_caught(message, text=request.POST.get("text", ""), now=now)
        return redirect("notices:caught")
    record_access(request, "list_caught_messages", now=now, count=rows.count())
    return render(request, "notices/caught.html", {"rows": rows[:50]})
