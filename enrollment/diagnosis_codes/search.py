"""Search for a diagnosis: first what the practice uses, then common RPM and RTM conditions, then all other codes."""

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.db.models import Count, QuerySet

from enrollment.diagnosis_codes.validity import valid_on
from enrollment.models import DiagnosisCode, Enrollment
from enrollment.models.search import matches_words
from rpm_portal.accounts.models import Practice

_COMMON = Path(__file__).parent / "common_conditions.toml"
# A practice uses a few hundred codes; of those that match, only the first dozen is shown.
_MOST_USED = 400


class Condition(NamedTuple):
    """A common condition: its code and the words that nurses use for it, in lower case."""

    code: str
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def common_conditions() -> tuple[Condition, ...]:
    """Common RPM and RTM conditions, the most common first."""
    with _COMMON.open("rb") as file:
        rows = tomllib.load(file)["conditions"]
    return tuple(Condition(row["code"], tuple(_words(row["words"]))) for row in rows)


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.lower()).split()


def find_codes(words: str, *, on: date, practice: Practice | None = None, limit: int = 12) -> list[DiagnosisCode]:
    """Up to `limit` billable codes on a day whose code begins with the text, or whose words begin with its words.

    Those of the practice's enrollments come first, the most used before the others; then common conditions, which are
    also found by abbreviations like COPD; then the codes that begin with the text, and all others by code.
    """
    parts = _words(words)[:6]
    if not parts:
        return []
    rows = valid_on(on).filter(billable=True)
    found: dict[str, DiagnosisCode] = {}
    for row in _ranked(rows, words, parts, practice, limit):
        found.setdefault(row.code, row)
        if len(found) == limit:
            break
    return list(found.values())


def _ranked(
    rows: QuerySet[DiagnosisCode], words: str, parts: list[str], practice: Practice | None, limit: int
) -> Iterator[DiagnosisCode]:
    start = words.upper().replace(" ", "")
    by_words = rows.filter(matches_words("enrollment_diagnosiscode", " & ".join(f"'{part}':*" for part in parts)))
    common = [condition.code for condition in common_conditions() if _matches(condition, parts)]
    if practice is not None:
        used = _used_codes(practice)
        matching = {row.code: row for row in rows.filter(code__in=used, code__startswith=start)}
        matching |= {row.code: row for row in rows.filter(code__in=set(used) & set(common))}
        matching |= {row.code: row for row in by_words.filter(code__in=used)}
        yield from (matching[code] for code in used if code in matching)
    common_rows = {row.code: row for row in rows.filter(code__in=common)}
    yield from (common_rows[code] for code in common if code in common_rows)
    yield from rows.filter(code__startswith=start)[:limit]
    yield from by_words[: 2 * limit]


def _matches(condition: Condition, parts: list[str]) -> bool:
    return all(any(word.startswith(part) for word in condition.words) for part in parts)


def _used_codes(practice: Practice) -> list[str]:
    """The diagnoses of the practice's enrollments, the most used first. One statement."""
    rows = Enrollment.objects.filter(practice=practice).exclude(diagnosis="").values("diagnosis")
    counted = rows.annotate(times=Count("pk")).order_by("-times", "diagnosis")
    return list(counted.values_list("diagnosis", flat=True)[:_MOST_USED])
