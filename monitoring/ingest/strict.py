"""One strict edge parser for JSON: refuse, never repair, and say where."""

import json
from typing import Any

MAX_DEPTH = 20
MAX_DIGITS = 40
TOO_DEEP = f"The body nests deeper than {MAX_DEPTH} levels."


class BadBody(Exception):
    """A body that is not taken; the message says what is wrong and where."""


def parse_json(body: bytes) -> Any:
    """Read UTF-8 JSON. Raises BadBody for NaN, twins of a key, a byte-order mark, NUL, lone surrogates, or depth."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBody(f"The body is not UTF-8 (byte {error.start}).") from None
    if text.startswith("\ufeff"):
        raise BadBody("The body begins with a byte-order mark; send plain UTF-8.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_no_twins,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as error:
        raise BadBody(f"The body is not JSON (line {error.lineno}, column {error.colno}: {error.msg}).") from None
    except RecursionError:
        raise BadBody(TOO_DEEP) from None
    _not_deep(value, 1)
    # Neither can stand in decoded UTF-8 itself; they come in by an escape alone.
    if "\\u" in text:
        _no_odd_text(value, "")
    return value


def _not_deep(value: Any, level: int) -> None:
    inner = value.values() if isinstance(value, dict) else value
    for each in inner if isinstance(value, dict | list) else ():
        if isinstance(each, dict | list):
            if level >= MAX_DEPTH:
                raise BadBody(TOO_DEEP)
            _not_deep(each, level + 1)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise BadBody(f"The key {key[:40]!r} stands twice in one object.")
            seen.add(key)
    return made


def _no_constant(name: str) -> Any:
    raise BadBody(f"{name} is not a number that can be measured.")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadBody(f"A number has more than {MAX_DIGITS} digits.")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_DIGITS else float("inf")
    if value in (float("inf"), float("-inf")):
        raise BadBody("A number is too large.")
    return value


def _no_odd_text(value: Any, where: str) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise BadBody(f"The text at {where or 'the top'} holds a NUL or half a character.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _no_odd_text(key, where)
            _no_odd_text(inner, f"{where}/{key[:40]}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _no_odd_text(inner, f"{where}/{index}")
