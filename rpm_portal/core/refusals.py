"""The exception of an act that is refused, and the decorator that answers with its sentence."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Refused(Exception):
    """An act that was not done: `message` is for the user and says what to do, `field` is the form field it is about.

    A subclass exists only if a caller must catch exactly that refusal; its name ends in Refused.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


def words_of(error: Exception) -> str:
    """The sentences for the user: all of a ValidationError, or the one of any other exception."""
    return " ".join(getattr(error, "messages", [str(error)]))


def not_done(request: HttpRequest, said: str) -> HttpResponse:
    """A page that says why what was asked for was not done; nothing was changed."""
    return render(request, "not_done.html", {"said": said}, status=422)


def _not_done(request: HttpRequest, refusal: Refused, *args: Any, **kwargs: Any) -> HttpResponse:
    return not_done(request, refusal.message)


View = Callable[..., HttpResponse]


def answer_refusals(page: View = _not_done) -> Callable[[View], View]:
    """Answer a Refused that a view raises with a page and status 422.

    `page` gets the request, the refusal and the arguments of the view's address, and returns the page or the fragment
    of an htmx request; without it the answer is a page with the sentence alone. A view whose form must come back with
    what the person typed catches Refused itself.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Refused as refusal:
                response = page(request, refusal, *args, **kwargs)
                response.status_code = 422
                return response

        return guarded

    return decorate
