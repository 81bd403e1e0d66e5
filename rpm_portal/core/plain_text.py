"""Text of forms without invisible characters: what is stored and signed is what was seen when it was typed."""

import unicodedata
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, QueryDict

# Characters that join letters in Persian, Hindi and other scripts, and parts of emoji: they stay.
_JOINERS = "\u200c\u200d"
_LAYOUT = "\n\r\t"


def without_invisible(text: str) -> str:
    """The text without control characters (but line breaks and tabs), bidirectional controls and zero-width spaces.

    Accents are stored as in NFC, so that a name is found however it was typed.

    A bidirectional override shows text in another order than it is stored (Unicode Technical Report 36, "Unicode
    Security Considerations", https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    return "".join(mark for mark in text if mark in _LAYOUT or mark in _JOINERS or not _is_invisible(mark))


def _is_invisible(mark: str) -> bool:
    return unicodedata.category(mark) in {"Cc", "Cf"}


def visible_text(data: QueryDict) -> QueryDict:
    """The form's values without invisible characters. A password stays as it was typed."""
    clean = QueryDict(mutable=True, encoding=data.encoding)
    for name, values in data.lists():
        clean.setlist(
            name, values if "password" in name or name == "again" else [without_invisible(value) for value in values]
        )
    clean._mutable = False
    return clean


def without_accents(text: str) -> str:
    """The text with its letters without accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))


def letters_of(name: str) -> str:
    """The letters and digits of a name in lower case, without accents: "O'Brien-Núñez" and "OBrien Nunez" are equal."""
    return "".join(mark for mark in without_accents(name.casefold()) if mark.isalnum())


def parts_of_name(name: str) -> set[str]:
    """The parts of a name of at least three letters, as `letters_of`: those between spaces and hyphens."""
    parts = {letters_of(part) for part in name.replace("-", " ").split()}
    return {part for part in parts if len(part) > 2}


class FormTextMiddleware:
    """Refuses forms with NUL characters, which PostgreSQL cannot store, and removes other invisible characters."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Continue; the check is in `process_view`."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Check the query and the form; the API of the devices checks its bodies itself."""
        if request.path.startswith("/api/"):
            return None
        for data in (request.GET, request.POST):
            if any("\x00" in text for name, values in data.lists() for text in (name, *values)):
                message = "Not saved: the text contains an invalid character (NUL). Delete it and save again."
                return HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")
        if request.POST:
            request.POST = visible_text(request.POST)  # type: ignore[assignment]  # Django has a setter
        return None
