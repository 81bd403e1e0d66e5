"""Release of the engine: a digest of its version and of every value of the codes and policies that it reads."""

from dataclasses import fields
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.resources import files

from billing.rules.canonical import canonical, digest_of
from billing.rules.code_set import Code, CodeSet
from billing.rules.codes_loader import load_codes
from billing.rules.engine import VERSION
from billing.rules.policy import Policy
from billing.rules.policy_loader import load_preset

# Fields of a code that describe it and have no effect on decisions.
_DESCRIPTIVE_FIELDS = frozenset({"about", "citation", "min_citations", "unverified_fields"})
_ALL_DAYS = (date(2000, 1, 1), date(2200, 12, 31))
_DECIDING_FIELDS = tuple(field.name for field in fields(Code) if field.name not in _DESCRIPTIVE_FIELDS)


@cache
def release() -> str:
    """Twelve characters that change with the engine's version or a value of its codes or policies; not with wording."""
    presets = sorted(
        entry.name.removesuffix(".toml") for entry in files("billing.rules").joinpath("policies").iterdir()
    )
    content = [
        VERSION,
        _codes_text(load_codes()),
        {name: values_between(load_preset(name), *_ALL_DAYS) for name in presets},
    ]
    return digest_of(canonical(content))[:12]


@lru_cache(maxsize=256)
def code_set(codes: CodeSet | None = None) -> str:
    """SHA-256 of codes as data: thresholds, caps, exclusions, the days on which each exists. By default the shipped."""
    return digest_of(_codes_text(codes or load_codes()))


def _codes_text(codes: CodeSet) -> str:
    by_code = codes.by_code.items()
    values = {name: {field: getattr(code, field) for field in _DECIDING_FIELDS} for name, code in by_code}
    return canonical([values, codes.units])


def values_between(policy: Policy, since: date, until: date) -> dict[str, list[list[object]]]:
    """The values of a policy in force on each day of a span, by key: first day, last day, value; without sources.

    The same values on the same days give the same rows, however the policy was assembled.
    """
    one_day = timedelta(days=1)
    by_key: dict[str, list[list[object]]] = {}
    for key, items in policy.values.items():
        edges = {since} | {item.first for item in items} | {item.last + one_day for item in items if item.last < until}
        days = sorted(day for day in edges if since <= day <= until)
        rows = by_key.setdefault(key, [])
        for day, after in zip(days, [*days[1:], until + one_day], strict=True):
            value = next((item.value for item in items if item.first <= day <= item.last), None)
            if rows and rows[-1][2] == value:
                rows[-1][1] = after - one_day
            else:
                rows.append([day, after - one_day, value])
    return by_key
