"""Which engine decides: its version together with every code and policy it reads."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from billing.rules.engine import VERSION


@cache
def release() -> str:
    """Twelve characters that change with the engine, its codes or its policies."""
    said = hashlib.sha256(VERSION.encode())
    for folder in ("codes", "policies"):
        for text in _texts(folder):
            said.update(text)
    return said.hexdigest()[:12]


@cache
def code_set() -> str:
    """SHA-256 of the codes as data: thresholds, caps, exclusions, the days on which each exists."""
    return hashlib.sha256(b"".join(_texts("codes"))).hexdigest()


def _texts(folder: str) -> Iterator[bytes]:
    for path in sorted(files("billing.rules").joinpath(folder).iterdir(), key=lambda entry: entry.name):
        yield path.read_bytes()
