"""What every browser test stands on: Chromium of the machine, and what it complains of."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as NotSeen

from tests.builders import PASSWORD
from tests.clock import STUCK_PAGE
from tests.conftest import CHROMIUM, wait_for

expect.set_options(timeout=STUCK_PAGE * 1000)


@pytest.fixture(autouse=True, scope="session")
def _patience() -> Iterator[None]:
    """Every page waits as long as a busy machine needs, also one in a context of the test's own."""

    def patient(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(self: Browser, *given: Any, **named: Any) -> BrowserContext | Page:
            one = make(self, *given, **named)
            one.set_default_timeout(STUCK_PAGE * 1000)
            return one

        return made

    with pytest.MonkeyPatch.context() as patch:
        for name in ("new_context", "new_page"):
            patch.setattr(Browser, name, patient(getattr(Browser, name)))
        yield


@pytest.fixture(autouse=True)
def _requests_end_before_the_tables_are_cleared(transactional_db: None) -> Iterator[None]:
    """Wait until the server has answered every request of a page that is closed already.

    The tables are cleared after the test by TRUNCATE, which deadlocks with a request that still reads.
    """
    running, lock = 0, threading.Lock()

    def count(change: int) -> Callable[..., None]:
        def changed(**_: object) -> None:
            nonlocal running
            with lock:
                running += change

        return changed

    started, finished = count(1), count(-1)
    request_started.connect(started)
    request_finished.connect(finished)
    yield
    wait_for(lambda: running == 0)
    request_started.disconnect(started)
    request_finished.disconnect(finished)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    """Chromium as it is installed, without the requests it makes by itself."""
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return {"executable_path": CHROMIUM, "args": quiet}


@pytest.fixture
def heard(page: Page) -> list[str]:
    """What the browser complains of: errors of scripts, of the content policy, of requests."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def sign_in(page: Page, live_server, user) -> None:
    """Through the front door."""
    page.goto(f"{live_server.url}/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    # Whoever goes on before the answer breaks the signing in off.
    page.wait_for_url(lambda url: "/login" not in url)


def key(page: Page, name: str) -> None:
    """Press a key once the page's scripts are there: what a page shows, it shows before they run."""
    page.wait_for_load_state("load")
    page.keyboard.press(name)


def go(page: Page, letter: str, address: str) -> None:
    """Press `g` and a letter until the page is there: the portal forgets the `g` after a second, a busy machine too."""
    for _ in range(STUCK_PAGE // 5):
        key(page, "g")
        key(page, letter)
        try:
            page.wait_for_url(address, timeout=5000)
        except NotSeen:
            continue
        return
    raise AssertionError(f"g and {letter} lead to {page.url}, not to {address}")


_NAME = """() => { const one = document.activeElement;
  return (one.labels?.[0]?.textContent ?? one.getAttribute("aria-label") ?? one.textContent ?? "").replace(/\\s+/g, " ").trim(); }"""


def tab_to(page: Page, name: str, *, most: int = 150) -> None:
    """Tab until what has the focus is called so, as somebody without a mouse does; fails where it is not reached."""
    for _ in range(most):
        key(page, "Tab")
        if page.evaluate(_NAME).startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached by {most} tabs")


def press(page: Page, name: str) -> None:
    """Tab to a button or link and press it. The caller waits for what it leads to: the next tab belongs there."""
    tab_to(page, name)
    key(page, "Enter")


def type_into(page: Page, name: str, text: str) -> None:
    """Tab to a field and type."""
    tab_to(page, name)
    page.keyboard.type(text)


def sign_in_by_keys(page: Page, live_server, user) -> None:
    """Through the front door, without a mouse."""
    page.goto(f"{live_server.url}/")
    type_into(page, "E-mail", user.email)
    type_into(page, "Password", PASSWORD)
    key(page, "Enter")
    page.wait_for_url(lambda url: "/login" not in url)
