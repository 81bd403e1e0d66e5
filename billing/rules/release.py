"""Which engine decides: its version together with every value of the codes and policies that it reads."""

from dataclasses import fields
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from billing.rules.canonical import canonical, digest_of
from billing.rules.codes_loader import Code, load_codes
from billing.rules.engine import VERSION
from billing.rules.policy import Policy, load_preset

# Fields of a code that describe it and decide nothing.
_WORDS = frozenset({"about", "source"})
_ALWAYS = (date(2000, 1, 1), date(2200, 12, 31))
_DECIDING = tuple(field.name for field in fields(Code) if field.name not in _WORDS)


@cache
def release() -> str:
    """Twelve characters that change with the engine, or with a value of its codes or policies; never with words."""
    presets = sorted(
        entry.name.removesuffix(".toml") for entry in files("billing.rules").joinpath("policies").iterdir()
    )
    kept = [VERSION, _codes_text(), {name: values_between(load_preset(name), *_ALWAYS) for name in presets}]
    return digest_of(canonical(kept))[:12]


@cache
def code_set() -> str:
    """SHA-256 of the codes as data: thresholds, caps, exclusions, the days on which each exists."""
    return digest_of(_codes_text())


def _codes_text() -> str:
    codes = load_codes().by_code
    return canonical({name: {field: getattr(code, field) for field in _DECIDING} for name, code in codes.items()})


def values_between(policy: Policy, since: date, until: date) -> dict[str, list[list[object]]]:
    """The values of a policy in force on each day of a span, by key: first day, last day, value; without sources.

    However a policy is put together, the same values on the same days give the same rows.
    """
    one = timedelta(days=1)
    found: dict[str, list[list[object]]] = {}
    for key, items in policy.values.items():
        edges = {since} | {item.first for item in items} | {item.last + one for item in items if item.last < until}
        days = sorted(day for day in edges if since <= day <= until)
        rows = found.setdefault(key, [])
        for day, after in zip(days, [*days[1:], until + one], strict=True):
            value = next((item.value for item in items if item.first <= day <= item.last), None)
            if rows and rows[-1][2] == value:
                rows[-1][1] = after - one
            else:
                rows.append([day, after - one, value])
    return found
