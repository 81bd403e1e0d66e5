"""No test asserts seconds or depends on real time: checked on the syntax tree, each check with a planted violation.

`make bench` measures durations. A test counts statements, rows or requests; waits with `wait_for` or Playwright's
`expect`, whose shared timeout only a hung process reaches; and moves the clock (`pinned_day`, `still_clock`) if time
must pass.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
# Files and functions that may read a clock or sleep, and why their duration has no effect on the result.
ALLOWED = {
    ("conftest.py", "wait_for"),  # the shared timeout
    ("conftest.py", "start"),  # retries until the worker answers
    ("conftest.py", "stop"),  # a process that does not stop is killed
    ("conftest.py", "worker"),  # a unique queue name
    ("end_to_end/test_nothing_is_lost.py", "deliver"),  # a gateway retries without a response
    (
        "end_to_end/test_walk.py",
        "test_a_worker_killed_at_random_moments_gives_an_identical_close",
    ),  # any moment is valid
    (
        "end_to_end/test_walk.py",
        "test_the_sweeper_resends_a_lost_message",
    ),  # waits to see that nothing happens
    ("end_to_end/test_walk.py", "test_duplicate_messages_have_no_effect"),  # waits to see that nothing happens
    ("browser/conftest.py", "key"),  # waits for the scripts
    ("browser/conftest.py", "go"),  # retries
    ("browser/test_enrollment_cards.py", "write"),  # retries
}
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep", "wait_for_timeout"}
TIMEOUT_ARGUMENTS = {"timeout", "seconds_left", "deadline"}


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def clocks_read(node: ast.Call) -> bool:
    """The test reads a clock or sleeps."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in CLOCKS


def own_timeouts(node: ast.Call) -> bool:
    """A wait with its own number of seconds, by keyword or as the argument of `wait` or `join`."""
    waits = isinstance(node.func, ast.Attribute) and node.func.attr in {"wait", "join"}
    return (waits and bool(node.args) and is_number(node.args[0])) or any(
        keyword.arg in TIMEOUT_ARGUMENTS and is_number(keyword.value) and keyword.value.value > 0  # type: ignore[attr-defined]
        for keyword in node.keywords
    )


def keys_before_scripts(node: ast.Call) -> bool:
    """A key press that does not wait for the page's scripts; `key` of the browser tests waits for them."""
    press = node.func
    return isinstance(press, ast.Attribute) and press.attr == "press" and ast.unparse(press.value).endswith("keyboard")


# Commands, which may print how long they took: not tests.
COMMANDS = ("drills/", "mutate_rules.py", "shots.py")
CHECKS = {
    keys_before_scripts: "page.keyboard.press('t')",
    clocks_read: "started = time.monotonic()",
    own_timeouts: "thread.join(10)",
}
MORE_VIOLATIONS = [
    (clocks_read, "page.wait_for_timeout(200)"),
    (clocks_read, "time.sleep(1)"),
    (own_timeouts, "expect(page.locator('#x')).to_be_visible(timeout=3000)"),
    (own_timeouts, "subprocess.run(command, timeout=60)"),
    (own_timeouts, "settings(deadline=200)"),
]
ALLOWED_CODE = [
    "', '.join(words)",
    "process.wait(HANG_TIMEOUT_SECONDS)",
    "subprocess.run(command, timeout=HANG_TIMEOUT_SECONDS)",
    "settings(deadline=None)",
]


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the name of the outermost function around it."""
    for part in tree.body:
        for inner in part.body if isinstance(part, ast.ClassDef) else [part]:
            name = getattr(inner, "name", "")
            yield from ((name, node) for node in ast.walk(inner) if isinstance(node, ast.Call))


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_test_races_a_clock(check):
    violations = [
        f"{file}:{node.lineno} in {function}"
        for path in sorted(TESTS.rglob("*.py"))
        for file in [path.relative_to(TESTS).as_posix()]
        if not file.startswith(COMMANDS)
        for function, node in calls(ast.parse(path.read_text()))
        if check(node) and (file, function) not in ALLOWED
    ]
    assert violations == []


@pytest.mark.parametrize(("check", "code"), [*CHECKS.items(), *MORE_VIOLATIONS])
def test_a_planted_violation_is_found(check, code):
    assert [node for _, node in calls(ast.parse(code)) if check(node)]


@pytest.mark.parametrize("code", ALLOWED_CODE)
def test_waits_with_the_shared_timeout_are_allowed(code):
    assert not [node for _, node in calls(ast.parse(code)) for check in CHECKS if check(node)]
