"""View: the reference of the readings API, with a form that sends a body. It is written from the served description."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring.views.api import api
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow

# Addresses that cannot be tried with a key alone: a signature is needed, or there is no body.
_NOT_TRIED = ("{source}", "{delivery}")


def operations(description: dict[str, Any]) -> list[dict[str, object]]:
    """The operations of an OpenAPI description, in its order, each with the example of its body as text."""
    rows: list[dict[str, object]] = []
    for address, methods in description["paths"].items():
        for method, operation in methods.items():
            content: dict[str, dict[str, object]] = operation.get("requestBody", {}).get("content", {})
            media = next(iter(content), "")
            body = content.get(media, {})
            example = body.get("example")
            rows.append(
                {
                    "id": f"{method}-{address.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
                    "method": method.upper(),
                    "address": address,
                    "media": media,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "example": _example_text(example, media),
                    "can_try": bool(example) and not any(part in address for part in _NOT_TRIED),
                    "statuses": list(operation.get("responses", {})),
                }
            )
    return rows


def _example_text(example: object, media: str) -> str:
    """An example as it is sent: a form, JSON, or for CSV the text itself."""
    if not example:
        return ""
    if media == "application/x-www-form-urlencoded" and isinstance(example, dict):
        return "&".join(f"{name}={value}" for name, value in example.items())
    return example if isinstance(example, str) else json.dumps(example, indent=2)


@allow(Permission.MANAGE_SOURCES)
@require_GET
def reference(request: PortalRequest) -> HttpResponse:
    """Every address of the API with its body, its answers, and a form to try it with a key."""
    description = api.get_openapi_schema(path_prefix="/api/")
    context = {"operations": operations(description), "about": description["info"]["description"]}
    return render(request, "monitoring/reference.html", context)
