"""Words for the codes of acknowledgments: statuses of a 277CA, errors of a 999, notes of a TA1, PLB reasons. Pure."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

_WORDS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def word(table: str, code: str) -> str:
    """The words for a code of one table; the code itself if it is unknown."""
    return _WORDS[table].get(code, code)


def known(table: str) -> Mapping[str, str]:
    """All words of one table."""
    return _WORDS[table]


def status_words(code: str) -> str:
    """A status of a 277CA, like A7:562:82, in words: category, status, entity."""
    category, status, entity = (*code.split(":"), "", "")[:3]
    words = f"{code}: {word('category', category)}"
    if status in _WORDS["status"]:
        words += f": {word('status', status)}"
    return words + (f" ({word('entity', entity)})" if entity in _WORDS["entity"] else "")


def error_words(segment: str) -> str:
    """An IK3, IK4 or CTX segment of a 999 in words."""
    name, *parts = segment.split("*")
    first, second, third, fourth = (*parts, "", "", "", "")[:4]
    if name == "IK3":
        return f"segment {second}, {first}" + (f": {word('ik3', fourth)}" if fourth else "")
    if name == "IK4":
        return f"element {first}: {word('ik4', third)}"
    return f"about {' '.join(part for part in parts if part)}"


def answer_words(codes: list[dict[str, object]]) -> list[str]:
    """The stored codes of an answer in words, one sentence each."""
    found = []
    for one in codes:
        if "code" in one:
            found.append(status_words(str(one["code"])))
        elif "note" in one:
            found.append(f"{one['note']}: {word('ta1', str(one['note']))}")
        else:
            found += _set_words(one)
    return found


def _set_words(one: dict[str, object]) -> list[str]:
    """What a 999 says of one transaction."""
    errors = one.get("errors")
    texts = [error_words(str(segment)) for segment in errors] if isinstance(errors, list) else []
    verdict = "rejected" if one.get("rejected") else "accepted"
    return [f"transaction {one.get('set')}: {verdict}" + (f"; {'; '.join(texts)}" if texts else "")]
