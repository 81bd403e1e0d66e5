"""Fixtures of the browser tests: the installed Chromium, its errors, and helpers for the keyboard."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as PageTimeout

from tests.builders import PASSWORD
from tests.clock import PAGE_TIMEOUT_SECONDS
from tests.conftest import CHROMIUM, wait_for

expect.set_options(timeout=PAGE_TIMEOUT_SECONDS * 1000)


@pytest.fixture(autouse=True, scope="session")
def _long_timeouts() -> Iterator[None]:
    """Every page waits as long as a busy machine needs, also pages in contexts that a test creates."""

    def with_timeout(create: Callable[..., Any]) -> Callable[..., Any]:
        def create_with_timeout(self: Browser, *arguments: Any, **options: Any) -> BrowserContext | Page:
            page = create(self, *arguments, **options)
            page.set_default_timeout(PAGE_TIMEOUT_SECONDS * 1000)
            return page

        return create_with_timeout

    with pytest.MonkeyPatch.context() as patch:
        for name in ("new_context", "new_page"):
            patch.setattr(Browser, name, with_timeout(getattr(Browser, name)))
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
    """The installed Chromium, without its own background requests."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return {"executable_path": CHROMIUM, "args": arguments}


@pytest.fixture
def browser_errors(page: Page) -> list[str]:
    """Errors that the browser reports: of scripts, of the content policy, of requests."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def sign_in(page: Page, live_server, user) -> None:
    """Sign in with the form."""
    page.goto(f"{live_server.url}/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    # Leaving the page before the response would cancel the sign-in.
    page.wait_for_url(lambda url: "/login" not in url)


def key(page: Page, name: str) -> None:
    """Press a key after the page's scripts have loaded: the page is visible before they run."""
    page.wait_for_load_state("load")
    page.keyboard.press(name)


def go(page: Page, letter: str, address: str) -> None:
    """Press `g` and a letter until the page opens: the portal forgets the `g` after a second, so a busy machine retries."""
    for _ in range(PAGE_TIMEOUT_SECONDS // 5):
        key(page, "g")
        key(page, letter)
        try:
            page.wait_for_url(address, timeout=5000)
        except PageTimeout:
            continue
        return
    raise AssertionError(f"g and {letter} lead to {page.url}, not to {address}")


_NAME = """() => { const element = document.activeElement;
  return (element.labels?.[0]?.textContent ?? element.getAttribute("aria-label") ?? element.textContent ?? "").replace(/\\s+/g, " ").trim(); }"""


def tab_to(page: Page, name: str, *, most: int = 150) -> None:
    """Press Tab until the focused element has this name; fails after `most` tabs."""
    for _ in range(most):
        key(page, "Tab")
        if page.evaluate(_NAME).startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached by {most} tabs")


def press(page: Page, name: str) -> None:
    """Tab to a button or link and press Enter. The caller waits for the new page before the next Tab."""
    tab_to(page, name)
    key(page, "Enter")


def type_into(page: Page, name: str, text: str) -> None:
    """Tab to a field and type."""
    tab_to(page, name)
    page.keyboard.type(text)


def sign_in_by_keys(page: Page, live_server, user) -> None:
    """Sign in with the form, without a mouse."""
    page.goto(f"{live_server.url}/")
    type_into(page, "E-mail", user.email)
    type_into(page, "Password", PASSWORD)
    key(page, "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def sign_out(page: Page) -> None:
    """Sign out with the menu of the account, without a mouse."""
    page.locator(".me > summary").focus()
    key(page, "Enter")
    press(page, "Sign out")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
