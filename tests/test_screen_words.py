"""The texts of the product use the words of the field: no banned phrase, and each button begins with a verb.

The texts are those of templates, mails and data files, and the strings of Python and JavaScript (labels, choices, sentences,
PDFs). Docstrings, comments and identifiers are not read. The lists are data; an exception names its file and the reason.
Words that are allowed nowhere, not even in code, are in test_words.py.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator

import pytest

from tests.recipes.checklist import ROOT

BANNED = {
    "seal": "lock", "seals": "locks", "sealed": "locked", "sealing": "locking",
    "strike through": "void", "strike it through": "void it", "struck": "voided", "put off": "snoozed",
    "bring in": "import", "brought in": "imported", "nobody by name": "unassigned", "none by name": "not specified",
    "hole": "missing item", "holes": "missing items", "departure": "exception", "departures": "exceptions",
    "engine's word": "billing rules", "gravest": "most severe", "in vain": "no contact", "somebody": "another person",
    "whoever": "the person who", "passed on": "escalated", "what came of it": "outcome", "why remote": "medical necessity",
    "known by": "time source", "reached out": "outbound", "to go by": "needed by", "out of reach": "not reachable",
    "found no place": "could not be matched", "put away": "deleted", "call it off": "cancel",
    "looked after by": "assigned to", "record number": "MRN", "set aside": "dismissed, or quarantined",
}  # fmt: skip
_SQL = "a state of the database, and messages of triggers that no page shows"
# (file, phrase): what it means there.
EXCEPTIONS = {
    ("billing/answers/reason_texts.py", "passed on"): "a payer forwarded the claim to another payer",
    ("billing/models/seal_triggers.py", "seal"): _SQL,
    ("billing/models/seal_triggers.py", "sealed"): _SQL,
    ("billing/models/seals.py", "sealed"): _SQL,
    ("enrollment/scripts.toml", "somebody"): "a script that patients consented to; a version is never edited",
}
VERBS = set(
    [
        "acknowledge",
        "add",
        "adjust",
        "apply",
        "approve",
        "assign",
        "attest",
        "begin",
        "calculate",
        "call",
        "cancel",
        "change",
        "check",
        "close",
        "conclude",
        "confirm",
        "continue",
        "correct",
        "create",
        "discard",
        "dismiss",
        "document",
        "download",
        "draft",
        "drop",
        "end",
        "enter",
        "filter",
        "follow",
        "hold",
        "import",
        "insert",
        "keep",
        "link",
        "load",
        "lock",
        "mark",
        "match",
        "merge",
        "move",
        "open",
        "pause",
        "post",
        "preview",
        "print",
        "put",
        "read",
        "reassign",
        "recalculate",
        "record",
        "refuse",
        "register",
        "remove",
        "reopen",
        "replay",
        "report",
        "request",
        "resume",
        "retry",
        "return",
        "revoke",
        "save",
        "search",
        "select",
        "send",
        "set",
        "share",
        "show",
        "sign",
        "snooze",
        "start",
        "state",
        "stay",
        "stop",
        "submit",
        "swap",
        "try",
        "un-bill",
        "unlink",
        "use",
        "verify",
        "void",
        "withdraw",
        "write",
    ]
)
# (file, text of the button): why it does not begin with a verb.
BUTTONS = {
    ("templates/billing/not_asked.html", "Another practice bills: enter its claims"): "the answer to a question",
    ("templates/billing/not_asked.html", "No other practice"): "the answer to a question",
    ("templates/enrollment/devices.html", "Next page"): "a pager",
    ("templates/enrollment/devices.html", "Previous page"): "a pager",
    ("templates/monitoring/unmatched.html", "Next page"): "a pager",
    ("templates/monitoring/unmatched.html", "Previous page"): "a pager",
    ("templates/styleguide/styleguide.html", "Asked, and waiting"): "a sample of a button that waits",
    ("templates/styleguide/styleguide.html", "Next"): "a sample of a pager",
    ("templates/styleguide/styleguide.html", "Previous"): "a sample of a pager",
    ("templates/ui/_session.html", "I have signed in"): "the answer to a question",
    ("templates/ui/_who.html", "Compact rows"): "a switch, named by its state",
    ("templates/worklist/chart.html", "Not now"): "the answer to a question",
    ("templates/worklist/worklist.html", "0 selected: Bulk actions"): "opens a page of several actions",
    ("templates/worklist/worklist.html", "Compact rows"): "a switch, named by its state",
}
FOLDERS = ("billing", "enrollment", "monitoring", "rpm_portal", "static/js", "templates", "timetracking")
NOT_READ = {"management", "migrations", "vendor", "__pycache__"}
PATTERN = re.compile(rf"\b({'|'.join(sorted(BANNED, key=len, reverse=True))})\b", re.IGNORECASE)
TAG, VALUE = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.DOTALL), re.compile(r"\{\{.*?\}\}", re.DOTALL)
ATTRIBUTE = re.compile(r'\b(?:alt|aria-label|data-label|label|placeholder|title|value)="([^"]*)"')
BUTTON = re.compile(r"<button\b((?:\"[^\"]*\"|[^>\"])*)>(.*?)</button>", re.DOTALL)


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def template_texts(source: str) -> Iterator[str]:
    text = VALUE.sub("...", TAG.sub("...", source))
    yield from ATTRIBUTE.findall(text)
    yield one_line(re.sub(r"<[^>]*>", " ", text))


def python_texts(source: str) -> Iterator[str]:
    """Each string that may be shown: it has a space or begins with a capital letter, and is no docstring."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if " " in node.value or node.value[:1].isupper():
                yield one_line(node.value)


def data_texts(source: str) -> Iterator[str]:
    values: list[object] = [tomllib.loads(source)]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, list):
            values += value
        elif isinstance(value, str):
            yield one_line(value)


def script_texts(source: str) -> Iterator[str]:
    yield from re.findall(r'"([^"\n]* [^"\n]*)"', source)


TEXTS: dict[str, Callable[[str], Iterator[str]]] = {
    ".py": python_texts, ".toml": data_texts, ".js": script_texts, ".html": template_texts, ".jinja": template_texts,
    ".txt": template_texts,
}  # fmt: skip


def read_files(*suffixes: str) -> Iterator[tuple[str, str, str]]:
    """Path, suffix and text of each file that has texts of the product."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and not NOT_READ & set(path.parts):
                yield str(path.relative_to(ROOT)), path.suffix, path.read_text()


def banned_phrases() -> Iterator[tuple[str, str, str]]:
    for name, suffix, source in read_files(*TEXTS):
        for text in TEXTS[suffix](source):
            for match in PATTERN.finditer(text):
                yield name, match[0].lower(), text[max(0, match.start() - 40) : match.end() + 40]


def beginnings(source: str) -> Iterator[str]:
    """The text of each button, or its alternatives if it begins with a template tag; not those that are a value only."""
    for attributes, content in BUTTON.findall(source):
        label = re.search(r'aria-label="([^"]*)"', attributes)
        text = VALUE.sub("...", label[1] if label else re.sub(r"<kbd>.*?</kbd>|<[^>]*>", "", TAG.sub("|", content)))
        first, *others = (one_line(piece) for piece in text.split("|"))
        yield from ([first] if first else [piece for piece in others if piece])


def buttons_without_a_verb() -> set[tuple[str, str]]:
    return {
        (name, text)
        for name, _, source in read_files(".html", ".jinja")
        for text in beginnings(source)
        if text.split()[0].lower() not in VERBS and not text.startswith("...")
    }


def test_no_text_contains_a_banned_phrase():
    found = [row for row in banned_phrases() if row[:2] not in EXCEPTIONS]

    assert [f"{name}: {text!r}; write {BANNED[phrase]}" for name, phrase, text in found] == []


def test_each_exception_of_a_phrase_is_still_needed():
    assert set(EXCEPTIONS) - {row[:2] for row in banned_phrases()} == set()


def test_each_button_begins_with_a_verb_or_is_a_named_exception():
    assert buttons_without_a_verb() == set(BUTTONS)


@pytest.mark.parametrize(
    ("suffix", "source", "count"),
    [
        (".html", '<h1 class="seal">Month {% url "seal" %}</h1>', 0), (".html", "<h1>Seal of May</h1>", 1),
        (".html", '<td data-label="Known by">timer</td>', 1), (".html", "<p>Strike\n  through</p>", 1),
        (".py", '"""The seal."""\nSEALED = "sealed", "Locked"  # the seal', 0), (".py", 'LABEL = "Seal"', 1),
        (".toml", 'about = "in vain"', 1), (".js", 'say("Put off until"); const seal = 1;', 1),
    ],
)  # fmt: skip
def test_texts_are_read_and_code_is_not(suffix, source, count):
    assert sum(len(PATTERN.findall(text)) for text in TEXTS[suffix](source)) == count


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("<button type=\"submit\">Save <kbd>s</kbd></button>", ["Save"]),
        ("<button>{% if a %}Withdraw{% else %}Refuse{% endif %}</button>", ["Withdraw", "Refuse"]),
        ("<button>Sign {% if a %}call{% endif %}</button>", ["Sign"]),
        ('<button aria-label="Close">Esc</button>', ["Close"]), ("<button>{{ label }}</button>", ["..."]),
    ],
)  # fmt: skip
def test_the_beginnings_of_a_button_are_found(source, texts):
    assert list(beginnings(source)) == texts
