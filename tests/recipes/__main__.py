"""`python -m tests.recipes [NAME ...]`: adds each recipe's example to a copy of the repository and runs its tests.

An example must change every file that its recipe requires, and none that the recipe does not name. Exit code 1 means
that a recipe or an example is not complete, or that a test failed. The repository itself is not changed.
"""

import importlib
import pkgutil
import sys
import time
from pathlib import Path
from typing import Protocol, cast

from tests.recipes import examples
from tests.recipes.checklist import ROOT, checklist
from tests.recipes.workspace import Workspace, temporary_copy


class Example(Protocol):
    """A module of `tests.recipes.examples`."""

    HEADING: str
    TESTS: tuple[str, ...]

    def add(self, workspace: Workspace) -> None:
        """Do what the items of the recipe say."""


def example_names() -> list[str]:
    """The names of all examples."""
    return sorted(module.name for module in pkgutil.iter_modules(examples.__path__))


def load_example(name: str) -> Example:
    """The example with a name. Raises ModuleNotFoundError."""
    return cast(Example, importlib.import_module(f"tests.recipes.examples.{name}"))


def add_example(example: Example, workspace: Workspace, *, guide: str) -> list[str]:
    """Add one example. Returns what is wrong with the recipe's list or the example, as sentences."""
    with temporary_copy(workspace.root) as before:
        example.add(workspace)
        changed = workspace.changed(since=before.root)
    files = checklist(example.HEADING, guide)
    return [
        *(
            f"{example.HEADING}: requires {name}, and the example does not change it."
            for name in files.missing(changed)
        ),
        *(f"{example.HEADING}: does not name {path}, which the example changes." for path in files.unlisted(changed)),
    ]


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(names: list[str]) -> int:
    """Add the named examples, or all, to one copy, and run their tests together. Returns the exit code."""
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    with temporary_copy() as workspace:
        tests: dict[str, None] = {}
        errors: list[str] = []
        for name in names or example_names():
            example = load_example(name)
            errors += add_example(example, workspace, guide=guide)
            tests |= dict.fromkeys(example.TESTS)
            _show(f"{example.HEADING}: example added")
        changed = [path for path in workspace.changed() if path.endswith(".py") and (workspace.root / path).exists()]
        _show("\n".join(errors or ["Every list of files is complete. Running the tests:"]))
        began = time.monotonic()
        passed = (
            workspace.passes("-m", "ruff", "check", "--quiet", *changed)
            and workspace.passes("-m", "ruff", "format", "--check", "--quiet", *changed)
            and workspace.passes("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *tests)
        )
        _show(f"{'Passed' if passed else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return 0 if passed and not errors else 1


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(example_names()):
        sys.exit(
            f"No example {min(unknown)!r} in {Path(examples.__path__[0]).name}; known: {', '.join(example_names())}"
        )
    sys.exit(main(sys.argv[1:]))
