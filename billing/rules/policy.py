"""Policies: published parameters with type, dates and citations. A missing value is never guessed."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from billing.rules.citations import Citation

if TYPE_CHECKING:
    from billing.rules.code_set import CodeSet

_RULES_DIR = Path(__file__).parent
END = date.max


class PolicyError(ValueError):
    """A policy that is not valid; the message names the file or policy, the key and the reason."""


class PolicyGap(LookupError):
    """The policy has no value for a key on a day."""

    def __init__(self, policy: str, key: str, on: date) -> None:
        super().__init__(f"{policy} has no value for {key} on {on}")
        self.key, self.on = key, on


class Dated(NamedTuple):
    """A value in force on the days from `first` to `last`, both inclusive."""

    first: date
    last: date
    value: object
    citation: Citation


@lru_cache(maxsize=1)
def parameters() -> dict[str, dict[str, Any]]:
    """Every parameter that the engine reads, with type, choices and meaning."""
    with (_RULES_DIR / "parameters.toml").open("rb") as file:
        return tomllib.load(file)


def check_value(where: str, key: str, value: object) -> object:
    """The value as the engine uses it ("none" becomes None). Raises PolicyError naming key and reason."""
    spec = parameters().get(key)
    if spec is None:
        similar = [name for name in parameters() if name[:4] == key[:4]]
        hint = f"; near it: {', '.join(similar)}" if similar else ""
        raise PolicyError(f"{where}: {key!r} is not a parameter{hint}")
    kind = spec["type"]
    if value in (None, "none"):
        if spec.get("optional"):
            return None
        raise PolicyError(f"{where}: {key} cannot be empty")
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "count" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if kind == "choice" and value in spec["choices"]:
        return value
    if kind == "list" and isinstance(value, list | tuple) and value and set(value) <= set(spec["choices"]):
        return tuple(value)
    if kind == "scope":
        if value in spec["choices"]:
            return value
        if isinstance(value, list | tuple) and value and all(isinstance(root, str) and root for root in value):
            return tuple(value)
    if kind == "caps" and isinstance(value, Mapping) and all(type(cap) is int and cap >= 0 for cap in value.values()):
        return dict(value)
    takes = spec.get("choices", {"flag": "true or false", "count": "a whole number", "caps": "code = number"}.get(kind))
    raise PolicyError(f"{where}: {key} cannot be {value!r}; it takes {takes}")


@dataclass(frozen=True, eq=False)
class Policy:
    """The parameters of one payer by key, each a list of dated values in order."""

    name: str
    values: Mapping[str, tuple[Dated, ...]]
    # The codes from a day on, if the practice loaded rule years; empty for the shipped codes.
    code_sets: tuple[tuple[date, "CodeSet"], ...] = ()

    def codes_on(self, on: date) -> "CodeSet | None":
        """The codes of the rule years that the practice loaded, as in force on a day; None for the shipped ones."""
        return next((codes for first, codes in reversed(self.code_sets) if first <= on), None)

    def dated(self, key: str, on: date) -> Dated:
        """The value in force on a day, with its citation. Raises PolicyGap if there is none."""
        # Later departures come first, so the first that covers the day wins.
        for item in self.values.get(key, ()):
            if item.first <= on <= item.last:
                return item
        raise PolicyGap(self.name, key, on)

    def at(self, key: str, on: date) -> Any:
        """The value in force on a day, without its citation. Raises PolicyGap."""
        return self.dated(key, on).value

    def view(self, on: date) -> "View":
        """All values in force on a day. Cached."""
        return _view(self, on)

    def with_departures(self, departures: Iterable[Mapping[str, object]], *, name: str) -> "Policy":
        """This policy with a payer's departures applied.

        Each is {key, value, from, to?, source}; the later in the list wins. Raises PolicyError naming what is wrong.
        """
        values = dict(self.values)
        for index, departure in enumerate(departures):
            where = f"{name}, exception {index + 1}"
            if unknown := set(departure) - {"key", "value", "from", "to", "source"}:
                raise PolicyError(f"{where}: {min(unknown)!r} is not known; write key, value, from, to, source")
            key = str(departure.get("key", ""))
            value = check_value(where, key, departure.get("value"))
            first, last = parse_day(where, departure.get("from")), parse_day(where, departure.get("to", END))
            if last < first:
                raise PolicyError(f"{where}: {key} ends on {last} before it begins on {first}")
            if not departure.get("source"):
                raise PolicyError(f"{where}: {key} needs a source")
            citation = Citation(note=str(departure["source"]))
            values[key] = (Dated(first, last, value, citation), *values.get(key, ()))
        return Policy(name, values, self.code_sets)


class View:
    """The values in force on one day; `loaded` if none is missing. Reading a missing one raises PolicyGap."""

    __slots__ = ("_values", "loaded", "on", "policy")

    def __init__(self, policy: Policy, on: date) -> None:
        self.policy, self.on = policy, on
        self._values: dict[str, Any] = {}
        for key in policy.values:
            for item in policy.values[key]:
                if item.first <= on <= item.last:
                    self._values[key] = item.value
                    break
        self.loaded = len(self._values) == len(parameters())

    def same_values(self, other: "View") -> bool:
        """Whether every parameter has the same value."""
        return self._values == other._values

    def __getitem__(self, key: str) -> Any:
        try:
            return self._values[key]
        except KeyError:
            raise PolicyGap(self.policy.name, key, self.on) from None


@lru_cache(maxsize=2048)
def _view(policy: Policy, on: date) -> View:
    return View(policy, on)


def parse_day(where: str, raw: object) -> date:
    """A day of a file or form. Raises PolicyError, which begins with `where`, if it is not one."""
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        raise PolicyError(f"{where}: {raw!r} is not a day; write it as 2026-01-01") from None
