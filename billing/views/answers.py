"""Views of answer files: many in one upload, what was done with each, and held payments that a person posts."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from billing.answers.post import PostedFile, post_file, post_held
from billing.answers.x12_parts import MAX_BYTES
from billing.models import AnswerFile, AnswerTransaction, PostingVerdict
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals

MAX_FILES = 50
RECENT = 30
Result = tuple[str, PostedFile | None, str]  # the file's name, what was done, or why nothing was


def _page(request: PortalRequest, *, results: list[Result], error: str = "") -> HttpResponse:
    files: QuerySet[AnswerFile] = AnswerFile.objects.for_practice(request.practice)
    rows = files.defer("body").select_related("posted_by").prefetch_related("transactions")
    held: QuerySet[AnswerTransaction] = AnswerTransaction.objects.for_practice(request.practice)
    refused = any(refusal for _, _, refusal in results)
    context = {
        "rows": rows[:RECENT],
        "held": held.filter(verdict=PostingVerdict.HELD, posted_at__isnull=True).order_by("on", "pk"),
        "results": results,
        "error": error,
    }
    return render(request, "billing/answers.html", context, status=422 if error or refused else 200)


@allow(Permission.SEND_CLAIMS)
@require_http_methods(["GET", "POST"])
def answers(request: PortalRequest) -> HttpResponse:
    """Answer files: TA1, 999, 277CA and 835, in any order; each is posted by itself."""
    if request.method != "POST":
        return _page(request, results=[])
    files = request.FILES.getlist("file")
    if not files or len(files) > MAX_FILES:
        return _page(request, results=[], error=f"Choose one to {MAX_FILES} files.")
    # One byte more than is allowed is enough to refuse a file.
    bodies = ((str(file.name or "file")[:100], file.read(MAX_BYTES + 1)) for file in files)
    return _page(request, results=[_post(request, name, body) for name, body in bodies])


def _post(request: PortalRequest, name: str, body: bytes) -> Result:
    try:
        posted = post_file(practice=request.practice, body=body, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return name, None, refusal.message
    return name, posted, ""


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, results=[], error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def post_held_payment(request: PortalRequest, public_id: str) -> HttpResponse:
    """Post a held payment as it is, with the password and a reason."""
    rows: QuerySet[AnswerTransaction] = AnswerTransaction.objects.for_practice(request.practice)
    row, now = get_object_or_404(rows, public_id=public_id), timezone.now()
    sign_with_both(request, act="post_held", now=now)
    posted = post_held(row=row, reason=request.POST.get("reason", ""), by=request.membership, now=now)
    return redirect("billing:check", posted.check_row.public_id)
