"""SMART scopes version 2 of system clients: system/Observation.rs. No database access.

Source: SMART App Launch 2.2, scopes and launch context, https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

import re
from collections.abc import Iterable

# c(reate) r(ead) u(pdate) s(earch), in this order. Nothing is deleted here, so there is no d.
_SCOPE = re.compile(r"system/([A-Z][A-Za-z]{1,40})\.(?=[crus])(c?r?u?s?)")


class ScopeError(ValueError):
    """A scope that is malformed or not granted; the message names it."""


def parse_scope(text: str) -> tuple[str, frozenset[str]]:
    """The resource type and the letters of a scope. Raises ScopeError for another spelling, `*`, or a query."""
    match = _SCOPE.fullmatch(text)
    if match is None:
        raise ScopeError(f"{text[:80]!r} is not a scope of this server. Write it like system/Observation.rs.")
    return match[1], frozenset(match[2])


def letters_by_type(scopes: Iterable[str]) -> dict[str, frozenset[str]]:
    """The letters for each resource type."""
    letters: dict[str, frozenset[str]] = {}
    for scope in scopes:
        kind, some = parse_scope(scope)
        letters[kind] = letters.get(kind, frozenset()) | some
    return letters


def requested_scopes(text: str, granted: Iterable[str]) -> list[str]:
    """The scopes of a token request, each within what the client was granted. Raises ScopeError."""
    scopes = text.split()
    if not scopes:
        raise ScopeError("Name the scopes you need in the parameter scope.")
    allowed = letters_by_type(granted)
    for scope in scopes:
        kind, letters = parse_scope(scope)
        if not letters <= allowed.get(kind, frozenset()):
            raise ScopeError(f"{scope} was not granted to this client.")
    return list(dict.fromkeys(scopes))
