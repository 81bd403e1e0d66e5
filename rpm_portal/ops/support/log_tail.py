"""The last lines of a log, reduced to text of the source code.

A message is replaced by the format string that made it, which is looked up in the source of the product; what was
filled in is left out. Everything else that a line could contain (a message of a library, a value, a line that is not
ours) is left out too. So no value of a patient can pass, whatever somebody logs.
"""

import ast
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

PACKAGES = ("rpm_portal", "enrollment", "monitoring", "timetracking", "billing")
LEFT_OUT = "(left out)"
_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
_PLACE = re.compile(r"%[\d.]*[sdrf]")
_FRAME = re.compile(r'^ +File "[\w./-]+\.py", line \d+, in [\w<>.]+$')
_EXCEPTION = re.compile(r"^[\w.]+(?=: |$)")
_LEVEL, _REQUEST = re.compile(r"^[A-Z]{1,10}$"), re.compile(r"^[0-9a-f-]{1,36}$")
_LIBRARIES = {"django", "celery", "kombu", "gunicorn", "allauth", "axes", "ninja"}


def reduce_log(lines: Iterable[str], *, limit: int, root: Path) -> str:
    """The last lines in JSON, oldest first, and the number of lines that were not ours."""
    kept: deque[str] = deque(maxlen=limit)
    foreign = 0
    for line in lines:
        fields = _fields_of(line)
        if fields is None:
            foreign += 1
        else:
            kept.append(json.dumps(_reduced(fields, root)))
    return "\n".join([*kept, f"{foreign} other lines were left out.", ""])


def _fields_of(line: str) -> dict[str, str] | None:
    """The fields of a line in our format (core/logs.py); None for another line."""
    try:
        fields = json.loads(line[line.index("{") :])
        datetime.fromisoformat(fields["at"])
    except (ValueError, KeyError, TypeError):
        return None
    return {key: str(value) for key, value in fields.items()}


def _reduced(fields: dict[str, str], root: Path) -> dict[str, str]:
    reduced = {
        "at": datetime.fromisoformat(fields["at"]).isoformat(),
        "level": _if_matches(_LEVEL, fields.get("level", "")),
        "logger": _known_logger(fields.get("logger", ""), root),
        "request": _if_matches(_REQUEST, fields.get("request", "")),
        "says": next(_templates_of(fields.get("says", ""), root), LEFT_OUT),
    }
    if fields.get("traceback"):
        reduced["traceback"] = "\n".join(_reduced_traceback(fields["traceback"]))
    return reduced


def _if_matches(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.match(text) else LEFT_OUT


def _known_logger(name: str, root: Path) -> str:
    """The name if it is a module of the product; of a library only its first part."""
    first = name.split(".")[0]
    if first in _LIBRARIES:
        return first
    path = root.joinpath(*name.split("."))
    is_ours = first in PACKAGES and (path.is_dir() or path.with_suffix(".py").is_file())
    return name if is_ours else LEFT_OUT


def _reduced_traceback(text: str) -> Iterator[str]:
    """Files, lines and functions, and the types of exceptions; no message and no line of code."""
    for line in text.splitlines():
        if _FRAME.match(line):
            yield line
        elif found := _EXCEPTION.match(line):
            yield found[0] if found[0].endswith(("Error", "Exception", "Refused", "Failed")) else LEFT_OUT


def _templates_of(message: str, root: Path) -> Iterator[str]:
    return (template for template, pattern in _known_messages(root) if pattern.fullmatch(message))


@cache
def _known_messages(root: Path) -> list[tuple[str, re.Pattern[str]]]:
    """The format strings of all log calls in the product's source, with a pattern that finds their messages."""
    templates = {text for package in PACKAGES for path in (root / package).rglob("*.py") for text in _log_texts(path)}
    return [
        (text, re.compile(".*?".join(map(re.escape, _PLACE.split(text))), re.DOTALL))
        for text in sorted(templates, key=len, reverse=True)
        if _PLACE.sub("", text).strip(" :.")  # a text without words of its own would match everything
    ]


def _log_texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            is_logger = isinstance(node.func.value, ast.Name) and node.func.value.id in {"log", "logger"}
            first = node.args[0] if node.args else None
            if is_logger and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
