"""The exception of a refused action, and the decorator that returns its message as a page."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Refused(Exception):
    """A refused action: `message` is for the user and contains what to do; `field` is the form field it is about.

    A subclass exists only if a caller must catch exactly that refusal; its name ends in Refused.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def error_text(error: Exception) -> str:
    """The messages for the user: all of a ValidationError, or the text of any other exception."""
    return " ".join(getattr(error, "messages", [str(error)]))


def refusal_page(request: HttpRequest, message: str) -> HttpResponse:
    """A page with the reason why nothing was changed. Status 422."""
    return render(request, "not_done.html", {"error": message}, status=422)


def _message_page(request: HttpRequest, refusal: Refused, *args: object, **kwargs: object) -> HttpResponse:
    return refusal_page(request, refusal.message)


View = Callable[..., HttpResponse]


def answer_refusals(page: View = _message_page) -> Callable[[View], View]:
    """Decorator: turn a Refused that the view raises into a response with status 422.

    `page` gets the request, the refusal and the view's arguments, and returns the page, or a fragment for an htmx
    request. Without `page` the response is a page with only the message. A view that must show its form again with the
    user's input catches Refused itself.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: object, *args: object, **kwargs: object) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Refused as refusal:
                response = page(request, refusal, *args, **kwargs)
                response.status_code = 422
                return response

        return guarded

    return decorate
