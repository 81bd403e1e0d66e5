"""Which engine decides: its version together with every value of the codes and policies that it reads."""

import hashlib
from dataclasses import fields
from functools import cache
from importlib.resources import files

from billing.rules.canonical import canonical
from billing.rules.codes_loader import Code, load_codes
from billing.rules.engine import VERSION
from billing.rules.policy import Policy, load_preset

# Fields of a code that describe it and decide nothing.
_WORDS = frozenset({"about", "source"})
_DECIDING = tuple(field.name for field in fields(Code) if field.name not in _WORDS)


@cache
def release() -> str:
    """Twelve characters that change with the engine, or with a value of its codes or policies; never with words."""
    presets = sorted(
        entry.name.removesuffix(".toml") for entry in files("billing.rules").joinpath("policies").iterdir()
    )
    kept = [VERSION, _codes_text(), {name: policy_values(load_preset(name)) for name in presets}]
    return hashlib.sha256(canonical(kept).encode()).hexdigest()[:12]


@cache
def code_set() -> str:
    """SHA-256 of the codes as data: thresholds, caps, exclusions, the days on which each exists."""
    return hashlib.sha256(_codes_text().encode()).hexdigest()


def _codes_text() -> str:
    codes = load_codes().by_code
    return canonical({name: {field: getattr(code, field) for field in _DECIDING} for name, code in codes.items()})


def policy_values(policy: Policy) -> dict[str, list[list[object]]]:
    """The values of a policy by key, each with its first and last day; without the titles of their sources."""
    return {key: [[row.first, row.last, row.value] for row in rows] for key, rows in policy.values.items()}
