"""Strict JSON parser for received bodies. It refuses bad input, never repairs it, and reports the position."""

import json

MAX_DEPTH = 20
MAX_DIGITS = 40
TOO_DEEP = f"The body nests deeper than {MAX_DEPTH} levels."


class BadBody(Exception):
    """A body that is refused; the message says what is wrong and where."""


def parse_json(body: bytes) -> object:
    """Read UTF-8 JSON. Raises BadBody for NaN, duplicate keys, a byte-order mark, NUL, lone surrogates or depth."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBody(f"The body is not UTF-8 (byte {error.start}).") from None
    if text.startswith("\ufeff"):
        raise BadBody("The body begins with a byte-order mark; send plain UTF-8.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_refuse_duplicate_keys,
            parse_constant=_refuse_constant,
            parse_int=_parse_int,
            parse_float=_parse_float,
        )
    except json.JSONDecodeError as error:
        raise BadBody(f"The body is not JSON (line {error.lineno}, column {error.colno}: {error.msg}).") from None
    except RecursionError:
        raise BadBody(TOO_DEEP) from None
    _check_depth(value, 1)
    # Decoded UTF-8 cannot contain a lone surrogate or, in JSON, a raw NUL: only an escape can produce them.
    if "\\u" in text:
        _check_text(value, "")
    return value


def _check_depth(value: object, level: int) -> None:
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    for child in children:
        if isinstance(child, dict | list):
            if level >= MAX_DEPTH:
                raise BadBody(TOO_DEEP)
            _check_depth(child, level + 1)


def _refuse_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise BadBody(f"The key {key[:40]!r} appears twice in one object.")
            seen.add(key)
    return result


def _refuse_constant(name: str) -> object:
    raise BadBody(f"{name} is not a number that can be measured.")


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadBody(f"A number has more than {MAX_DIGITS} digits.")
    return int(digits)


def _parse_float(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_DIGITS else float("inf")
    if value in (float("inf"), float("-inf")):
        raise BadBody("A number is too large.")
    return value


def _check_text(value: object, where: str) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise BadBody(f"The text at {where or 'the top'} contains a NUL or half a character.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key, where)
            _check_text(inner, f"{where}/{key[:40]}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_text(inner, f"{where}/{index}")
