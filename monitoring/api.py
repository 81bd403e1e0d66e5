"""The door for devices: one POST, one key a source, 2xx only for what is durably kept."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from monitoring import intake, queries
from monitoring.ingest import BadBody
from monitoring.services import digest_of

MAX_BODY = 2 * 1024 * 1024


def _problem(status: int, title: str, detail: str) -> JsonResponse:
    return JsonResponse({"title": title, "detail": detail}, status=status)


@login_not_required
@csrf_exempt
@require_POST
def readings(request: HttpRequest) -> JsonResponse:
    """Take a body in. The key stands in `x-api-key`; the answer counts what is new, known already, and unmatched."""
    key = request.headers.get("x-api-key", "")
    source = queries.source_by_digest(digest_of(key)) if key else None
    if source is None:
        return _problem(401, "Unknown key", "Send the key of a source in the x-api-key header.")
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = 0
    if length > MAX_BODY or len(body := request.read(MAX_BODY + 1)) > MAX_BODY:
        return _problem(413, "Too large", f"A body holds at most {MAX_BODY} bytes; send the rest in another.")
    try:
        taken = intake.take_in(source=source, body=body, now=timezone.now())
    except BadBody as error:
        return _problem(400, "Not taken", str(error))
    return JsonResponse({"new": taken.new, "known": taken.known, "unmatched": taken.unmatched}, status=202)
