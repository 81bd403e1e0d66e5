"""What an incoming text asks for: stop, start, help, perhaps stop, or something else.

Stop words are compared with the whole text after normalization; a carrier does the same. Another text that may ask to
stop (47 CFR 64.1200(a)(10): "any reasonable means") only holds automated messages until a person has read it, because
the same words occur in "I can't stop coughing".
"""

import re
import unicodedata

from rpm_portal.core.plain_text import without_accents

STOP, START, HELP, PERHAPS_STOP, OTHER = "stop", "start", "help", "perhaps_stop", "other"
STOP_WORDS = frozenset(
    {
        *("stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe"),
        *("alto", "parar", "cancelar", "baja", "detener"),
    }
)
START_WORDS = frozenset({"start", "unstop"})
HELP_WORDS = frozenset({"help", "info", "ayuda"})
# Loose on purpose: it holds and asks a person, it does not withdraw.
_PERHAPS = re.compile(
    r"\b(stop|quit|cancel|unsubscribe|opt(ed|ing)?[ -]?out|revoke|remove me|take me off|leave me alone|"
    r"(do not|don'?t|no more|no longer)\b.{0,20}\b(text|texts|message|messages|messaging|contact|write)|"
    r"wrong number|who is this|"
    r"alto|parar?|pare|paren|cancel(ar|e|en)|baja|deten(er|ga|gan)|dej(e|en|a|ar) de|no (me )?(escrib|mand|envi)\w*|"
    r"no (quiero|deseo)|quiten(me)?|numero equivocado|no mas)\b"
)


def normalized(text: str) -> str:
    """The text for the comparison: NFKC, case folded, without accents, edge punctuation, inner spaces and hyphens."""
    return re.sub(r"[^a-z0-9]+", "", _plain(text)) if _is_word(text) else ""


def _plain(text: str) -> str:
    """The text in lower case without accents, invisible characters and typographic forms."""
    visible = "".join(mark for mark in unicodedata.normalize("NFKC", text) if unicodedata.category(mark) != "Cf")
    return without_accents(visible.casefold()).replace("\u2019", "'")


def _is_word(text: str) -> bool:
    """Whether the text is letters with spaces and hyphens, and punctuation or symbols only at its edges."""
    inner = re.sub(r"^[^\w]+|[^\w]+$", "", _plain(text))
    return bool(re.fullmatch(r"[a-z0-9](?:[a-z0-9]|[\s\-\u2010-\u2015])*", inner))


def meaning_of(text: str) -> str:
    """STOP, START, HELP, PERHAPS_STOP or OTHER for an incoming text."""
    word = normalized(text)
    for words, meaning in ((STOP_WORDS, STOP), (START_WORDS, START), (HELP_WORDS, HELP)):
        if word in words:
            return meaning
    return PERHAPS_STOP if _PERHAPS.search(_plain(text)) else OTHER
