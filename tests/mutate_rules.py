"""Mutation run of the billing rules: small changes of their code, each of which a test of `tests/billing/rules` must see.

    nice -n 15 python -m tests.mutate_rules --sample 100 --seed 1

A change is made in memory, in a forked process that runs the tests of the rules until the first failure, without a
database (`--noconftest`). Prints each change that no test saw, and the share of those seen; fails below `--least`.
Changes that mean the same as the original are not left out: they count as not seen.
"""

import argparse
import ast
import copy
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
RULES, TESTS = ROOT / "billing" / "rules", ROOT / "tests" / "billing" / "rules"
# Reports and texts; what they print is compared as a whole elsewhere.
SKIPPED = {"__init__.py", "__main__.py", "describe.py", "sentences.py", "fact_sentences.py"}
# The tests that see most changes, first.
FIRST = ("test_boundaries.py", "test_golden.py", "test_edge_cases.py", "test_dates_of_service.py")
LIMIT_SECONDS = 240  # of one run; a change that never ends is seen

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip


class Mutant(NamedTuple):
    """One change: of the node at `place` in the walk of the file's tree, with its line and words for it."""

    path: Path
    place: int
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.words}"


def _changed(node: ast.AST) -> tuple[str, Callable[[Any], None]] | None:
    """The words for the change of a node, and how to change it in place; None if it is not changed."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and (other := _COMPARED.get(type(node.ops[0]))):
        words = f"{type(node.ops[0]).__name__} becomes {other.__name__}"
        return words, lambda it: it.ops.__setitem__(0, other())
    if isinstance(node, ast.BoolOp):
        flipped = ast.Or if isinstance(node.op, ast.And) else ast.And
        return f"{type(node.op).__name__} becomes {flipped.__name__}", lambda it: setattr(it, "op", flipped())
    if isinstance(node, ast.BinOp) and (computed := _COMPUTED.get(type(node.op))):
        words = f"{type(node.op).__name__} becomes {computed.__name__}"
        return words, lambda it: setattr(it, "op", computed())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "not is left out", lambda it: setattr(it, "op", ast.UAdd()) or _make_bool(it)
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        return f"{node.value!r} becomes {value!r}", lambda it: setattr(it, "value", value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"min", "max"}:
        name = "max" if node.func.id == "min" else "min"
        return f"{node.func.id} becomes {name}", lambda it: setattr(it.func, "id", name)
    return None


def _make_bool(node: ast.UnaryOp) -> None:
    """`+bool(x)` has the truth of x, and is no other node."""
    node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])


def _walk(tree: ast.Module) -> list[ast.AST]:
    """The nodes in which a change means something: no annotations, decorators, and defaults of declared fields."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            parts = [*node.decorator_list, node.returns, *(arg.annotation for arg in node.args.args)]
        elif isinstance(node, ast.ClassDef):
            parts = [*node.decorator_list, *(item for item in node.body if isinstance(item, ast.AnnAssign))]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        left_out |= {id(inner) for part in parts if part is not None for inner in ast.walk(part)}
    return [node for node in ast.walk(tree) if id(node) not in left_out]


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every change of a file."""
    for place, node in enumerate(_walk(ast.parse(path.read_text(encoding="utf-8")))):
        if (change := _changed(node)) is not None:
            yield Mutant(path, place, getattr(node, "lineno", 0), change[0])


def code_of(mutant: Mutant) -> CodeType:
    """The compiled file with the change."""
    tree = copy.deepcopy(ast.parse(mutant.path.read_text(encoding="utf-8")))
    node = _walk(tree)[mutant.place]
    change = _changed(node)
    assert change is not None
    change[1](node)
    return compile(ast.fix_missing_locations(tree), str(mutant.path), "exec")


def _load_mutant(mutant: Mutant) -> None:
    """Let this process load the changed code instead of the file."""
    original, code = SourceFileLoader.get_code, code_of(mutant)

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        """The changed code of the one file, the usual code of every other."""
        return code if Path(loader.path) == mutant.path else original(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]


class _Failures:
    """A plugin of pytest that notes the tests which fail, one a line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Called by pytest for each phase of each test."""
        if report.failed:
            with self.path.open("a") as file:
                file.write(f"{report.nodeid}\n")


def tests_that_need_more() -> list[str]:
    """The tests that fail without any change in such a process: they need the database or the test's fixtures."""
    with tempfile.TemporaryDirectory() as folder:
        failures = Path(folder) / "failures"
        failures.touch()
        _in_child(lambda: _run_tests(["-p", "no:xdist"], [_Failures(failures)]))
        return sorted(set(failures.read_text().split("\n")) - {""})


def is_seen(mutant: Mutant | None, left_out: list[str]) -> bool:
    """Whether a test of the rules fails with a change; of None, whether one fails without any."""

    def run() -> int:
        """Load the change, and run the tests until one fails."""
        if mutant is not None:
            _load_mutant(mutant)
        return _run_tests(["-x", *(option for name in left_out for option in ("--deselect", name))], [])

    return _in_child(run) != 0


def _in_child(run: Callable[[], int]) -> int:
    """The answer of a function in a forked process; 1 if it takes too long."""
    if (child := os.fork()) == 0:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        os._exit(run())
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1


def _run_tests(options: list[str], plugins: list[object]) -> int:
    """Run the tests of the rules in this process."""
    files = [str(TESTS / name) for name in FIRST] + sorted(str(path) for path in TESTS.glob("test_*.py"))
    fixed = ["-q", "--noconftest", "-p", "no:cacheprovider"]
    return int(pytest.main([*fixed, *options, *dict.fromkeys(files)], plugins=plugins))


def main() -> int:
    """Run a sample of all changes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=100, help="How many changes.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=0.9, help="The least share of changes that a test must see.")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.update(DATABASE_URL="postgresql:///unused", REDIS_URL="redis://127.0.0.1:1/0", PORTAL_HTTPS="false")
    left_out = tests_that_need_more()
    print(f"Left out, because they need the database: {len(left_out)} tests", flush=True)
    if is_seen(None, left_out):
        print("The tests fail without any change.")
        return 2
    every = [mutant for path in sorted(RULES.glob("*.py")) if path.name not in SKIPPED for mutant in mutants_of(path)]
    chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    unseen = 0
    for number, mutant in enumerate(chosen, start=1):
        if not is_seen(mutant, left_out):
            unseen += 1
            print(f"not seen: {mutant}", flush=True)
        if number % 10 == 0:
            print(f"{number} of {len(chosen)}: {number - unseen} seen", flush=True)
    share = 1 - unseen / len(chosen)
    print(f"{len(chosen)} of {len(every)} changes: {share:.1%} seen")
    return 0 if share >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
