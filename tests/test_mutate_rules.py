"""The changes of a mutation run: each kind changes what the code answers, and nothing else of the file."""

from pathlib import Path

import pytest

from tests import mutate_rules
from tests.mutate_rules import code_of, mutants_of

KINDS = [
    ("def f(a, b):\n    return a < b", "Lt becomes LtE", (1, 1), (False, True)),
    ("def f(a, b):\n    return a in b", "In becomes NotIn", (1, [1]), (True, False)),
    ("def f(a, b):\n    return a is b", "Is becomes IsNot", (None, None), (True, False)),
    ("def f(a, b):\n    return a and b", "And becomes Or", (0, 2), (0, 2)),
    ("def f(a, b):\n    return a + b", "Add becomes Sub", (3, 2), (5, 1)),
    ("def f(a, b):\n    return a // b", "FloorDiv becomes Mult", (4, 2), (2, 8)),
    ("def f(a, b):\n    return not a", "not is left out", (True, 0), (False, True)),
    ("def f(a, b):\n    return a, 600", "600 becomes 601", (1, 2), ((1, 600), (1, 601))),
    ("def f(a, b):\n    return True", "True becomes False", (1, 2), (True, False)),
    ("def f(a, b):\n    return min(a, b)", "min becomes max", (1, 2), (1, 2)),
]


def answer(code, arguments):
    names: dict[str, object] = {}
    exec(code, names)
    return names["f"](*arguments)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(mutate_rules, "ROOT", tmp_path)
    return tmp_path / "rule.py"


@pytest.mark.parametrize(("text", "words", "arguments", "answers"), KINDS, ids=[words for _, words, *_ in KINDS])
def test_each_kind_of_change_changes_the_answer(file, text, words, arguments, answers):
    file.write_text(text)
    (mutant,) = mutants_of(file)
    assert str(mutant) == f"rule.py:2: {words}"
    assert (answer(compile(text, "x", "exec"), arguments), answer(code_of(mutant), arguments)) == answers


def test_annotations_decorators_and_declared_fields_are_not_changed(file):
    file.write_text("@cache(maxsize=8)\nclass A:\n    least: int = 3\n\n\ndef f(a: 'int | 4') -> 'x < 5': ...\n")
    assert list(mutants_of(file)) == []


def test_the_rules_have_changes_in_every_module_that_decides():
    changed = {mutant.path.name for path in mutate_rules.RULES.glob("*.py") for mutant in mutants_of(path)}
    assert {"device_supply.py", "time_counting.py", "caps.py", "access_model.py", "care_papers.py"} <= changed
    assert all((mutate_rules.TESTS / name).exists() for name in mutate_rules.FIRST)
    assert Path(mutate_rules.RULES / "engine.py").exists()
