"""The recipes in CONTRIBUTING.md and their examples: each list is complete. `make recipes` also runs their tests."""

import re

import pytest

from tests.recipes import __main__ as runner
from tests.recipes.checklist import ROOT, Checklist, checklist, items, matches
from tests.recipes.workspace import temporary_copy

GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
HEADINGS = re.findall(r"^## (Recipe \d+: .*)$", GUIDE, re.M)
SAMPLE = """
## Recipe 9: a sample

Read this first: `docs/other.md`.

1. `a/<name>.py`, `b.toml`: add it to
   `c/d.py` as well.
2. If it is large: `e.md`, the folder `f/`, and the function `add(x)`.

   Further text with `not/listed`.
3. `CHANGELOG.md`: a line.

A closing remark about `docs/last.md`.

## Next

1. `z.py`: no.
"""


@pytest.fixture(scope="module")
def added():
    """A copy with all examples, as `make recipes` makes it, and the errors of each example."""
    with temporary_copy() as workspace:
        assert workspace.changed() == []
        errors = {
            name: runner.add_example(runner.load_example(name), workspace, guide=GUIDE)
            for name in runner.example_names()
        }
        yield workspace, errors
    assert not workspace.root.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", runner.example_names())
def test_an_example_changes_every_required_file_of_its_recipe_and_no_other(added, name):
    example = runner.load_example(name)
    workspace, errors = added

    assert errors[name] == []
    assert example.HEADING in HEADINGS
    assert [path for path in example.TESTS if not (workspace.root / path.partition("::")[0]).exists()] == []


def test_the_examples_of_vendor_code_page_and_policy_exist():
    assert {"new_vendor", "new_code", "new_page", "new_policy"} <= set(runner.example_names())


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_path_of_a_recipe_exists_or_has_a_placeholder(heading):
    files = checklist(heading, GUIDE)
    names = [name for name in (*files.required, *files.optional) if "<" not in name and "/" in name]

    assert [name for name in names if not (ROOT / name).exists()] == []


def test_items_that_begin_with_paths_are_required_and_the_paths_of_others_are_optional():
    assert len(items("Recipe 9: a sample", SAMPLE)) == 3
    assert checklist("Recipe 9: a sample", SAMPLE) == Checklist(
        ("a/<name>.py", "b.toml", "CHANGELOG.md"), ("c/d.py", "e.md", "f/")
    )
    with pytest.raises(LookupError, match="Recipe 8"):
        checklist("Recipe 8", SAMPLE)


def test_missing_and_unlisted_files_are_reported():
    files = checklist("Recipe 9: a sample", SAMPLE)

    assert files.missing(["a/x.py", "f/deep/y.py", "CHANGELOG.md"]) == ["b.toml"]
    assert files.unlisted(["a/x.py", "a/b/x.py", "f/deep/y.py", "g.py"]) == ["a/b/x.py", "g.py"]


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("<app>/views/<noun>.py", "enrollment/views/devices.py", True),
        ("<app>/views/<noun>.py", "enrollment/views/old/devices.py", False),
        ("docs/rules.md", "docs/rulesXmd", False),
        ("tests/<app>/test_<noun>.py", "tests/billing/test_lines.py", True),
        ("tests/cases/", "tests/cases/a/b.json", True),
    ],
)
def test_a_placeholder_is_one_name_of_a_path(name, path, expected):
    assert matches(name, path) is expected


@pytest.mark.slow
def test_an_incomplete_list_and_an_incomplete_example_are_named():
    class Broken:
        HEADING = "Recipe 9: a sample"
        TESTS = ()

        @staticmethod
        def add(workspace):
            workspace.append("README.md", "x")

    with temporary_copy() as workspace:
        errors = runner.add_example(Broken, workspace, guide=SAMPLE)
    assert errors == [
        "Recipe 9: a sample: requires a/<name>.py, and the example does not change it.",
        "Recipe 9: a sample: requires b.toml, and the example does not change it.",
        "Recipe 9: a sample: requires CHANGELOG.md, and the example does not change it.",
        "Recipe 9: a sample: does not name README.md, which the example changes.",
    ]


@pytest.mark.slow
def test_an_edit_whose_place_is_not_found_once_is_refused():
    with temporary_copy() as workspace:
        with pytest.raises(LookupError, match="0 times"):
            workspace.insert("README.md", after="no such text", text="x")
        with pytest.raises(FileExistsError):
            workspace.create("README.md", "x")
        with pytest.raises(RuntimeError, match="failed"):
            workspace.run("-c", "raise SystemExit(3)")
