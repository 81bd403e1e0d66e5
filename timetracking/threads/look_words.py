"""Words of a patient's message that need a look at once: `look_words.toml`, English and Spanish."""

import re
import tomllib
from functools import cache
from pathlib import Path

from rpm_portal.core.plain_text import without_accents

_FILE = Path(__file__).parent / "look_words.toml"


@cache
def _pattern() -> re.Pattern[str]:
    phrases = [phrase for words in tomllib.loads(_FILE.read_text(encoding="utf-8")).values() for phrase in words]
    return re.compile("|".join(rf"\b{re.escape(phrase)}" for phrase in phrases))


def needs_look(text: str) -> bool:
    """Whether a message has one of the words, in any case, with or without accents and curly apostrophes."""
    plain = without_accents(text.casefold()).replace("\u2019", "'")
    return _pattern().search(" ".join(plain.split())) is not None
