"""Idempotency of forms: each form has a random key, and the action of one key is done once.

A form without a key is refused, except by the views in READ_ONLY. The key is inserted first, in the action's own
transaction. A second request with the same key waits for the first one's commit and gets its answer; after a refusal
the key is deleted, so that the corrected form can be sent. Design: the Idempotency-Key header of the IETF draft
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

import hashlib
import logging
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from rpm_portal.accounts.models import SentForm
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.refusals import refusal_page

log = logging.getLogger(__name__)
FIELD = "once"
KEEP = timedelta(hours=48)
_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")
# POST views without a key: they read (and write only that it was read), or set the latest state of a session, a timer's
# heartbeat, or a draft.
READ_ONLY = frozenset(
    {
        "search",
        "found",
        "enrollment:find_patients",
        "enrollment:find_diagnoses",
        "enrollment:find_devices",
        "billing:verify",
        "export",
        "stay",
        "switch_practice",
        "timetracking:beat",
        "enroll:autosave",
        "enroll:save_text",
    }
)
# Views whose form can be sent for a preview: nothing is done if this field has this value (empty: is missing).
PREVIEWS = {
    "timetracking:enter": ("keep", ""),
    "timetracking:import_time": ("keep", ""),
    "billing:packets": ("act", "look"),
    "billing:bank_file": ("act", "look"),
}

View = Callable[..., HttpResponseBase]


def new_key() -> str:
    """A key for a form, of 128 random bits."""
    return secrets.token_urlsafe(16)


def needs_key(request: HttpRequest, view_name: str) -> bool:
    """Whether this POST does something that must be done once."""
    if view_name in READ_ONLY:
        return False
    field, value = PREVIEWS.get(view_name, ("", None))
    return value is None or request.POST.get(field, "") != value


def key_of(request: HttpRequest) -> str:
    """The key in the form; empty if there is none or it is malformed."""
    key = request.POST.get(FIELD, "")
    return key if _KEY.fullmatch(key) else ""


def _digest(request: HttpRequest) -> str:
    """A keyed digest of the address, the fields and the files, without the key and the CSRF token."""
    digest = hashlib.sha256(request.get_full_path().encode())
    for name, values in sorted(request.POST.lists()):
        if name not in {FIELD, "csrfmiddlewaretoken"}:
            digest.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            content = hashlib.sha256()
            for chunk in file.chunks():
                content.update(chunk)
            file.seek(0)
            digest.update(repr((name, file.name, content.hexdigest())).encode())
    return salted_hmac(__name__, digest.digest(), algorithm="sha256").hexdigest()


def run_once(
    request: PortalRequest, view: View, args: list[object], kwargs: dict[str, object], *, key: str, now: datetime
) -> HttpResponseBase:
    """The view's answer, or the stored one if this form was done already. Two or three statements more than the view.

    The view and the key are one transaction. An answer of 400 or more is a refusal and deletes the key.
    """
    digest = _digest(request)
    with transaction.atomic():
        row = SentForm(user=request.user, key=key, body_digest=digest, sent_at=now)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return _answer_again(request, key=key, digest=digest)
        response = view(request, *args, **kwargs)
        location = response.get("HX-Redirect", "") or response.get("Location", "")
        if response.status_code >= 400:
            row.delete()
        elif location or response.status_code != 200:
            SentForm.objects.filter(pk=row.pk).update(status=response.status_code, location=location[:500])
    return response


def _answer_again(request: PortalRequest, *, key: str, digest: str) -> HttpResponse:
    """The answer to a repetition: the stored redirect, or a page that shows the present state."""
    row = SentForm.objects.get(user=request.user, key=key)  # committed, because the insertion waited for it
    if row.body_digest != digest:
        return refusal_page(
            request, "Not saved. This form was submitted before with other content. Open the page again."
        )
    if row.location:
        return HttpResponseClientRedirect(row.location) if request.htmx else redirect(row.location)
    if request.htmx:
        return HttpResponseClientRefresh()
    return conflict_page(request, "This form was already submitted and saved. Open the page again to see the result.")


def missing_key_page(request: HttpRequest) -> HttpResponse:
    """A page with status 400: the form has no key, so a repetition could not be recognized. Nothing was done."""
    message = "Not saved. The form was incomplete. Go back, reload the page, and send the form again."
    response = refusal_page(request, message)
    response.status_code = 400
    return response


def conflict_page(request: HttpRequest, message: str) -> HttpResponse:
    """A page with status 409: somebody did the same, or something else with the same row, at the same moment."""
    response = refusal_page(request, message)
    response.status_code = 409
    return response


def delete_old_keys(*, before: datetime) -> int:
    """Delete the keys of forms sent before a time; returns how many. One statement."""
    return SentForm.objects.filter(sent_at__lt=before).delete()[0]
