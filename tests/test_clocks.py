"""No test asserts seconds or races a clock, held on the syntax tree. Each check is shown a planted culprit.

What takes how long is measured by `make bench`. A test counts statements, rows or requests, waits with `wait_for` or
Playwright's `expect`, whose one ceiling only a hung process reaches, and moves the clock (`pinned_day`, `still_clock`)
where time must pass.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
# File and function in which a clock is read or a pause is made, and why nothing hangs on how long it takes.
ALLOWED = {
    ("conftest.py", "wait_for"),  # the one ceiling
    ("conftest.py", "start"),  # asked again until the worker answers
    ("conftest.py", "stop"),  # what does not stop is killed
    ("conftest.py", "worker"),  # a name that no other run has
    ("end_to_end/test_nothing_is_lost.py", "deliver"),  # a gateway sends again what was not answered
    (
        "end_to_end/test_walk.py",
        "test_a_worker_killed_at_random_moments_gives_an_identical_close",
    ),  # any moment will do
    (
        "end_to_end/test_walk.py",
        "test_the_sweeper_resends_a_lost_message",
    ),  # time in which nothing happens
    ("end_to_end/test_walk.py", "test_duplicate_messages_have_no_effect"),  # time in which nothing happens
    ("browser/conftest.py", "key"),  # waits for the scripts
    ("browser/conftest.py", "go"),  # tries again
    ("browser/test_enrollment_cards.py", "write"),  # tries again
}
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep", "wait_for_timeout"}
CEILINGS = {"timeout", "seconds_left", "deadline"}


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def clocks_read(node: ast.Call) -> bool:
    """A stopwatch is read or the test sleeps."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in CLOCKS


def ceilings_of_its_own(node: ast.Call) -> bool:
    """A wait with a number of seconds of its own, by name or as what a thread or a process is waited for."""
    waits = isinstance(node.func, ast.Attribute) and node.func.attr in {"wait", "join"}
    return (waits and bool(node.args) and is_number(node.args[0])) or any(
        keyword.arg in CEILINGS and is_number(keyword.value) and keyword.value.value > 0  # type: ignore[attr-defined]
        for keyword in node.keywords
    )


def keys_before_scripts(node: ast.Call) -> bool:
    """A key is pressed on a page whose scripts may not have run: `key` of the browser tests waits for them."""
    press = node.func
    return isinstance(press, ast.Attribute) and press.attr == "press" and ast.unparse(press.value).endswith("keyboard")


CHECKS = {
    keys_before_scripts: "page.keyboard.press('t')",
    clocks_read: "started = time.monotonic()",
    ceilings_of_its_own: "thread.join(10)",
}
MORE = [
    (clocks_read, "page.wait_for_timeout(200)"),
    (clocks_read, "time.sleep(1)"),
    (ceilings_of_its_own, "expect(page.locator('#x')).to_be_visible(timeout=3000)"),
    (ceilings_of_its_own, "subprocess.run(command, timeout=60)"),
    (ceilings_of_its_own, "settings(deadline=200)"),
]
FINE = ["', '.join(words)", "process.wait(STUCK)", "subprocess.run(command, timeout=STUCK)", "settings(deadline=None)"]


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the name of the outermost function around it."""
    for part in tree.body:
        for inner in part.body if isinstance(part, ast.ClassDef) else [part]:
            name = getattr(inner, "name", "")
            yield from ((name, node) for node in ast.walk(inner) if isinstance(node, ast.Call))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_test_races_a_clock(check):
    found = [
        f"{file}:{node.lineno} in {function}"
        for path in sorted(TESTS.rglob("*.py"))
        for file in [path.relative_to(TESTS).as_posix()]
        for function, node in calls(ast.parse(path.read_text()))
        if check(node) and (file, function) not in ALLOWED
    ]
    assert found == []


@pytest.mark.parametrize(("check", "code"), [*CHECKS.items(), *MORE])
def test_a_planted_violation_is_found(check, code):
    assert [node for _, node in calls(ast.parse(code)) if check(node)]


@pytest.mark.parametrize("code", FINE)
def test_waits_with_the_shared_timeout_are_allowed(code):
    assert not [node for _, node in calls(ast.parse(code)) for check in CHECKS if check(node)]
