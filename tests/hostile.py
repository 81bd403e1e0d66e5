"""What a hostile or broken client sends: values, names of fields, and whole requests, made from a seed."""

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
MARK = "<zq7"  # what must never come back as markup
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
KINDS = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "\x00",
    "text/csv",
]
CHOICES = re.compile(r'name="([a-z_0-9-]{2,30})"|(?:GET|POST|FILES)(?:\.get(?:list)?\(|\[)"([a-z_0-9-]{2,30})"')


@cache
def fields() -> list[str]:
    """Every name that a form or an address of ours asks for, read from the sources."""
    found = {"page", "next", "reading", "csrfmiddlewaretoken"}
    for folder, kind in (("templates", "*.html"), ("rpm_portal", "*.py"), ("billing", "*.py"), ("monitoring", "*.py")):
        for file in (ROOT / folder).rglob(kind):
            found |= {one for pair in CHOICES.findall(file.read_text()) for one in pair if one}
    for room in ("enrollment", "monitoring", "timetracking", "billing", "rpm_portal/enrolling", "rpm_portal/alerting"):
        for file in (ROOT / room).glob("forms.py"):
            found |= set(re.findall(r"^ {4}([a-z_0-9]{2,30}) = forms\.", file.read_text(), re.M))
    return sorted(found)


@dataclass
class Request:
    """One request, as a client of Django's sends it; `told` is what it already knew."""

    verb: str
    path: str
    data: Any = None
    kind: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def knew(self, word: str) -> bool:
        """Whether a word was part of the question; then it may be in the answer."""
        return word in self.path or word in repr(self.data)

    def send(self, client: Any) -> Any:
        """The answer."""
        more: dict[str, Any] = {"headers": self.headers}
        if self.kind:
            more["content_type"] = self.kind
        return client.generic(self.verb, self.path, self.data or b"", **more) if self.kind or self.verb not in {
            "GET", "POST"} else getattr(client, self.verb.lower())(self.path, self.data or {}, **more)  # fmt: skip


class Source:
    """Requests without end, from a seed: known addresses and made-up ones, with values that break naive code."""

    def __init__(self, seed: int, addresses: Iterable[tuple[str, str]], ids: list[str]) -> None:
        self.dice = random.Random(seed)
        self.addresses = list(addresses)
        self.ids = ids

    def value(self) -> str:
        """A hostile value, a number, or an id of somebody else."""
        roll = self.dice.random()
        if roll < 0.15:
            return self.dice.choice(self.ids)
        if roll < 0.2:
            return str(self.dice.randint(-5, 10**6))
        return self.dice.choice(HOSTILE)

    def data(self) -> dict[str, Any]:
        """A few fields, some of them twice, some of them files."""
        made: dict[str, Any] = {}
        for name in self.dice.sample(fields(), self.dice.randint(0, 7)):
            made[name] = [self.value(), self.value()] if self.dice.random() < 0.08 else self.value()
        if self.dice.random() < 0.08:
            name = self.dice.choice(["file", "paper", "signed", "csv"])
            told = f"x.{self.dice.choice(['csv', 'pdf', 'edi', 'html'])}"
            made[name] = SimpleUploadedFile(told, self.dice.choice(BODIES))
        return made

    def path(self, known: str) -> str:
        """A known address, or one with a part of it replaced."""
        if self.dice.random() < 0.6:
            return known
        parts = known.split("/")
        places = [place for place, part in enumerate(parts) if part]
        if places:
            value = self.value()[:200].encode("utf-8", "replace").decode()
            parts[self.dice.choice(places)] = quote(value.replace("/", "%"), safe="")
        return "/".join(parts)

    def one(self) -> Request:
        """The next request."""
        verb, known = self.dice.choice(self.addresses)
        path, data = self.path(known), self.data()
        headers = {"HX-Request": "true"} if self.dice.random() < 0.3 else {}
        roll = self.dice.random()
        if roll < 0.05:
            verb = self.dice.choice(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "GET", "POST"])
        if self.dice.random() < 0.2:
            asked = {name: value for name, value in data.items() if isinstance(value, str) and "\ud800" not in value}
            path = f"{path}{'&' if '?' in path else '?'}{urlencode(asked)}"
        if verb == "POST" and self.dice.random() < 0.08:
            body = self.dice.choice(BODIES) if self.dice.random() < 0.5 else json.dumps(self.value()).encode()
            return Request(verb, path, body, self.dice.choice(KINDS), headers)
        if verb in {"GET", "POST"}:
            clean = {name: value for name, value in data.items() if verb == "POST" or isinstance(value, str | list)}
            return Request(verb, path, _encodable(clean), "", headers)
        return Request(verb, path, b"", "text/plain", headers)


def _encodable(data: dict[str, Any]) -> dict[str, Any]:
    """What can leave a browser: a lone surrogate is sent as its replacement."""

    def plain(value: Any) -> Any:
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value

    return {
        name: [plain(one) for one in value] if isinstance(value, list) else plain(value) for name, value in data.items()
    }
