"""Words that an engineer or a user would have to guess: they are in no code, comment, page or document.

The list is data. An exception names its file and what the word means there.
"""

import re

import pytest

from tests.recipes.checklist import ROOT

WORDS = {
    "mend": "fix", "mends": "fixes", "mended": "fixed", "mending": "fixing", "anew": "again", "told": "reported, or notified",
    "stand": "exist, or be valid", "stands": "exists, or is valid", "stood": "existed", "whom": "who", "whomever": "anyone",
    "beside": "with, or next to", "let go": "deleted", "lets go": "deletes",
}  # fmt: skip
# (file, word): what it means there.
EXCEPTIONS = {
    ("LICENSE", "whom"): "the text of the license",
    ("enrollment/forms.py", "told"): "what the patient was told before consent",
    ("enrollment/models/consents.py", "told"): "what the patient was told before consent",
    ("enrollment/services/consents.py", "told"): "what the patient was told before consent",
    ("tests/enrollment/test_enrollment_moves.py", "told"): "what the patient was told before consent",
    ("rpm_portal/pages/styleguide/views.py", "told"): "the label of a consent",
}
FOLDERS = (
    "benchmarks",
    "billing",
    "docs",
    "enrollment",
    "monitoring",
    "rpm_portal",
    "static",
    "templates",
    "tests",
    "timetracking",
)
SUFFIXES = {".py", ".html", ".jinja", ".txt", ".md", ".toml", ".css", ".js", ".json"}
# The changelog quotes labels of earlier versions, a migration keeps the labels of its day, and OpenAPI is generated.
NOT_READ = {"CHANGELOG.md", "docs/openapi.json", "tests/test_words.py"}
PATTERN = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)


def read_files():
    paths = [
        path
        for path in ROOT.iterdir()
        if (path.is_file() and path.suffix in {".md", ".toml"}) or path.name == "LICENSE"
    ]
    paths += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    for path in sorted(paths):
        name = str(path.relative_to(ROOT))
        if name not in NOT_READ and not {"migrations", "vendor", "__pycache__"} & set(path.parts):
            yield name, path.read_text()


def old_words(name: str, text: str) -> list[str]:
    return [
        f"{name}:{number}: {match[0]!r}; write {WORDS[match[0].lower()]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for match in PATTERN.finditer(line)
        if (name, match[0].lower()) not in EXCEPTIONS
    ]


def test_no_file_contains_a_word_that_has_to_be_guessed():
    assert [message for name, text in read_files() for message in old_words(name, text)] == []


def test_each_exception_is_still_needed():
    used = {(name, match[0].lower()) for name, text in read_files() for match in PATTERN.finditer(text)}

    assert set(EXCEPTIONS) - used == set()


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("It stands beside the chart.", 2), ("The file was let go.", 1), ("An amended reading is standard.", 0),
        ("a second factor besides the password", 0), ("row.behind = told", 1),
    ],
)  # fmt: skip
def test_whole_words_are_found(line, count):
    assert len(old_words("a.py", line)) == count
