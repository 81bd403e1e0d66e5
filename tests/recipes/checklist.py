"""The list of files of a recipe, read from CONTRIBUTING.md.

An item that begins with paths and a colon is required: "`docs/rules.md`: ...". The paths of every other item are
optional. A part of a path in angle brackets is any name: `<app>/urls.py`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PATH = re.compile(r"`([\w<>*-][\w<>./*-]*\.\w+|Makefile|[\w<>-][\w<>./-]*/)`")
_REQUIRED = re.compile(r"^(?:`[\w<>./*-]+`(?:, | and |, and )?)+:")


@dataclass(frozen=True, slots=True)
class Checklist:
    """The paths of a recipe, with placeholders as they are written."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    def missing(self, changed: Iterable[str]) -> list[str]:
        """Required paths that the example did not change."""
        paths = list(changed)
        return [name for name in self.required if not any(matches(name, path) for path in paths)]

    def unlisted(self, changed: Iterable[str]) -> list[str]:
        """Changed paths that the recipe does not name."""
        return [path for path in changed if not any(matches(name, path) for name in (*self.required, *self.optional))]


def matches(name: str, path: str) -> bool:
    """Whether a path of a recipe names this file; a folder names every file in it."""
    pattern = re.sub(r"<[^>]+>", "[^/]+", re.escape(name).replace(r"\<", "<").replace(r"\>", ">"))
    return re.fullmatch(pattern + (".+" if name.endswith("/") else ""), path) is not None


def items(heading: str, text: str) -> list[str]:
    """The numbered items under a heading, each on one line. Raises LookupError if there is no such heading."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if section is None:
        raise LookupError(f"CONTRIBUTING.md has no heading {heading!r}")
    return [" ".join(item.split()) for item in re.findall(r"^\d+\. (.*?)(?=^\d+\. |^\S|\Z)", section[1], re.M | re.S)]


def checklist(heading: str, text: str) -> Checklist:
    """The paths of a recipe. Raises LookupError if there is no such heading."""
    required: list[str] = []
    optional: list[str] = []
    for item in items(heading, text):
        head = _REQUIRED.match(item)
        required += _PATH.findall(head[0]) if head else []
        optional += _PATH.findall(item[head.end() :] if head else item)
    return Checklist(tuple(required), tuple(name for name in optional if name not in required))
