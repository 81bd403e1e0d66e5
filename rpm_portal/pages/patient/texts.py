"""The sentences of the patient's page by language (`texts.toml`)."""

import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "es": "Español"}
_FILE = Path(__file__).parent / "texts.toml"


@cache
def texts_in(language: str) -> dict[str, str]:
    """All sentences in a language, by name."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: pair[language] for name, pair in found.items()}


def language_of(asked: str, *, otherwise: str = "en") -> str:
    """A language of the page: the asked one, if the page has it."""
    return asked if asked in LANGUAGES else otherwise
