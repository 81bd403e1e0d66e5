"""Canonical JSON of facts and reasons: the text that digests are made of. It contains values and never words.

A digest must not change because a sentence, a description or the title of a source was reworded. So it is made of the
facts, and of each finding's code, gravity, values, evidence and parameter; never of a rendered sentence.
"""

import hashlib
import json
import types
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from billing.rules.decision import Finding
from billing.rules.facts import PatientMonth

# Values of findings that are phrases for people. They follow from facts and policy, which the digests cover.
PHRASE_VALUES = frozenset({"apart", "counts", "required", "scope", "since", "span", "supports", "what"})
FACT_NAMES = tuple(field.name for field in fields(PatientMonth) if field.init)

_encode = json.JSONEncoder(
    default=lambda value: value.isoformat(), sort_keys=True, separators=(",", ":"), ensure_ascii=False
).encode


def canonical(value: object) -> str:
    """A value as canonical JSON: keys sorted, no spaces, dates as ISO text, tuples as lists.

    Raises AttributeError for a value that is neither JSON nor a date.
    """
    return str(_encode(value))


def digest_of(text: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def joined_digest(digests: Iterable[str]) -> str:
    """One digest over several, in their order."""
    return digest_of("".join(digests))


def facts_text(facts: PatientMonth) -> str:
    """All facts of a month as canonical JSON; each row is a list of its fields in order."""
    return canonical({name: getattr(facts, name) for name in FACT_NAMES})


def facts_from_text(text: str) -> PatientMonth:
    """The facts of a text that `facts_text` wrote. Raises KeyError, TypeError or ValueError for any other text."""
    values = json.loads(text)
    return PatientMonth(**{name: read(values[name]) for name, read in _readers().items()})


def finding_text(finding: Finding) -> str:
    """A finding as text for digests: code, gravity, values, parameter and evidence."""
    head = _finding_head(finding.code, finding.gravity.value, finding.parameter, tuple(finding.values.items()))
    return f"[{head},{canonical(finding.evidence)}]" if finding.evidence else f"[{head}]"


@lru_cache(maxsize=65_536)
def _finding_head(code: str, gravity: str, parameter: str, values: tuple[tuple[str, object], ...]) -> str:
    """The part that the findings of many patients share, cached."""
    digested = {name: value for name, value in values if name not in PHRASE_VALUES}
    return canonical([code, gravity, parameter, digested])[1:-1]


@lru_cache(maxsize=1)
def _readers() -> dict[str, Callable[[Any], Any]]:
    """How to read each fact back from JSON, by the types that `PatientMonth` declares."""
    hints = get_type_hints(PatientMonth)
    return {name: _reader(hints[name]) for name in FACT_NAMES}


def _reader(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) in (Union, types.UnionType):
        (inner,) = (_reader(option) for option in get_args(hint) if option is not type(None))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple:
        item = _reader(get_args(hint)[0])
        return lambda value: tuple(item(element) for element in value)
    if hint is datetime or hint is date:
        return hint.fromisoformat
    if hasattr(hint, "_fields"):
        columns = [_reader(column) for column in get_type_hints(hint).values()]
        return lambda row: hint(*(read(value) for read, value in zip(columns, row, strict=True)))
    return lambda value: value
