"""Input of a hostile or broken client, generated from a seed: values, field names, and whole requests."""

import json
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.core.files.uploadedfile import SimpleUploadedFile

ROOT = Path(__file__).resolve().parent.parent
MARK = "<zq7"  # must never be in a response as markup
HOSTILE = [
    "", " ", "\x00", "a\x00b", "\ud800", "\ufffe", "NaN", "-Infinity", "1e400", "sNaN", "0", "-1", "1", "12", "9" * 40, "2147483648",
    "9223372036854775808", "9" * 5000, "٣", "1_000", "0x10", "1.5", "null", "true", "[]", "{}", '{"a": [1, {"b": null}]}',
    "2026-02-30", "0000-01-01", "9999-12-31", "10000-01-01", "2026-03-31", "2026-03-10T10:00", "2026-03-10T24:00", "2026-03-08T02:30",
    "23:59:60", "99:99", "2026-13", "2026-00", "2026-03", "0001-01", "9999-12", "1-1", "-2026-03",
    "' OR 1=1 --", "%", "_", "\\", "*", "(", "[a-", "id;drop", "?", "__class__", "patient__practice__name", "-pk", "{{7*7}}", "${7*7}",
    f'"><zq7 onload="x">{MARK}', f"{MARK}/>", f"javascript:{MARK}", f"</script>{MARK}>", "=cmd()", "@SUM(1)", "+1", "\r\nSet-Cookie: a=b",
    "../../etc/passwd", "//evil.example/", "https://evil.example/", "x" * 300, "x" * 20_000, "\u202egnp.exe", "é" * 200, "𝒳" * 50,
    "a,b,c", "\n", "\t", "csv", "xlsx", "held", "approved", "dropped", "coverage", "consent", "order", "device", "837p", "blood_pressure",
    "weight", "patient", "voicemail", "phone", "called", "expected", "review", "signed", "120/80", "120", "a-long-enough-one-9", "on",
]  # fmt: skip
BODIES = [
    b"",
    b"\x00",
    b"{",
    b"[" * 20_000,
    b'{"a": NaN}',
    b"%PDF-1.4 x",
    b"\xff\xfe",
    b"ISA*00*",
    b"a,b\n1,2\n",
    b"PK\x03\x04",
    b"<a/>",
]
CONTENT_TYPES = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "\x00",
    "text/csv",
]
FIELD_NAME = re.compile(r'name="([a-z_0-9-]{2,30})"|(?:GET|POST|FILES)(?:\.get(?:list)?\(|\[)"([a-z_0-9-]{2,30})"')


@cache
def fields() -> list[str]:
    """Every field name that a form or a view of the portal reads, collected from the sources."""
    names = {"page", "next", "reading", "csrfmiddlewaretoken"}
    for folder, kind in (("templates", "*.html"), ("rpm_portal", "*.py"), ("billing", "*.py"), ("monitoring", "*.py")):
        for file in (ROOT / folder).rglob(kind):
            names |= {name for pair in FIELD_NAME.findall(file.read_text()) for name in pair if name}
    for package in ("enrollment", "monitoring", "timetracking", "billing", "rpm_portal/pages/alerts"):
        for file in (ROOT / package).glob("forms.py"):
            names |= set(re.findall(r"^ {4}([a-z_0-9]{2,30}) = forms\.", file.read_text(), re.M))
    return sorted(names)


@dataclass
class Request:
    """One request for Django's test client."""

    verb: str
    path: str
    data: Any = None
    kind: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def knew(self, word: str) -> bool:
        """Whether a word is part of the request; then it may also be in the response."""
        return word in self.path or word in repr(self.data)

    def send(self, client: Any) -> Any:
        """Send the request and return the response."""
        more: dict[str, Any] = {"headers": self.headers}
        if self.kind:
            more["content_type"] = self.kind
        return client.generic(self.verb, self.path, self.data or b"", **more) if self.kind or self.verb not in {
            "GET", "POST"} else getattr(client, self.verb.lower())(self.path, self.data or {}, **more)  # fmt: skip


class Source:
    """An endless source of requests from a seed: known and changed URLs, with values that break naive code."""

    def __init__(self, seed: int, addresses: Iterable[tuple[str, str]], ids: list[str]) -> None:
        self.random = random.Random(seed)
        self.addresses = list(addresses)
        self.ids = ids

    def value(self) -> str:
        """A hostile value, a number, or an id of another row."""
        roll = self.random.random()
        if roll < 0.15:
            return self.random.choice(self.ids)
        if roll < 0.2:
            return str(self.random.randint(-5, 10**6))
        return self.random.choice(HOSTILE)

    def data(self) -> dict[str, Any]:
        """A few fields, some with two values, some with a file."""
        fields_sent: dict[str, Any] = {}
        for name in self.random.sample(fields(), self.random.randint(0, 7)):
            fields_sent[name] = [self.value(), self.value()] if self.random.random() < 0.08 else self.value()
        if self.random.random() < 0.08:
            name = self.random.choice(["file", "paper", "signed", "csv"])
            file_name = f"x.{self.random.choice(['csv', 'pdf', 'edi', 'html'])}"
            fields_sent[name] = SimpleUploadedFile(file_name, self.random.choice(BODIES))
        return fields_sent

    def path(self, known: str) -> str:
        """A known URL path, or one with a part replaced."""
        if self.random.random() < 0.6:
            return known
        parts = known.split("/")
        places = [place for place, part in enumerate(parts) if part]
        if places:
            value = self.value()[:200].encode("utf-8", "replace").decode()
            parts[self.random.choice(places)] = quote(value.replace("/", "%"), safe="")
        return "/".join(parts)

    def next_request(self) -> Request:
        """The next request."""
        verb, known = self.random.choice(self.addresses)
        path, data = self.path(known), self.data()
        headers = {"HX-Request": "true"} if self.random.random() < 0.3 else {}
        roll = self.random.random()
        if roll < 0.05:
            verb = self.random.choice(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "GET", "POST"])
        if self.random.random() < 0.2:
            query = {name: value for name, value in data.items() if isinstance(value, str) and "\ud800" not in value}
            path = f"{path}{'&' if '?' in path else '?'}{urlencode(query)}"
        if verb == "POST" and self.random.random() < 0.08:
            body = self.random.choice(BODIES) if self.random.random() < 0.5 else json.dumps(self.value()).encode()
            return Request(verb, path, body, self.random.choice(CONTENT_TYPES), headers)
        if verb in {"GET", "POST"}:
            data = {name: value for name, value in data.items() if verb == "POST" or isinstance(value, str | list)}
            if verb == "POST" and self.random.random() < 0.9:
                data["once"] = f"{self.random.getrandbits(128):032x}"
            elif verb == "POST":
                data.setdefault("once", "")
            return Request(verb, path, _encodable(data), "", headers)
        return Request(verb, path, b"", "text/plain", headers)


def _encodable(data: dict[str, Any]) -> dict[str, Any]:
    """The data as a browser can send it: a lone surrogate is replaced."""

    def encodable(value: Any) -> Any:
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value

    return {
        name: [encodable(item) for item in value] if isinstance(value, list) else encodable(value)
        for name, value in data.items()
    }
