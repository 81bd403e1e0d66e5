"""Counts and times of requests, by view name, method and status. Never by path, because a path has ids.

The web processes write into the folder of PROMETHEUS_MULTIPROC_DIR; `manage.py metrics` reads it.
"""

import os
import time
from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUESTS = Counter("portal_requests", "Requests by view, method and status.", ["view", "method", "status"])
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
SECONDS = Histogram("portal_request_seconds", "Time to the start of the response.", ["view"], buckets=BUCKETS)


class RequestMetricsMiddleware:
    """Counts each request. Not used unless PROMETHEUS_MULTIPROC_DIR is set."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        folder = os.environ.get(FOLDER_VARIABLE)
        if not folder:
            raise MiddlewareNotUsed
        if not os.path.isdir(folder):
            raise ImproperlyConfigured(f"{FOLDER_VARIABLE} is {folder}, which is not a folder. Make it, or unset it.")
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Continue, then count."""
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else "") or "unknown"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response
