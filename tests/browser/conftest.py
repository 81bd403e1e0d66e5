"""What every browser test stands on: Chromium of the machine, and what it complains of."""

import pytest
from playwright.sync_api import Page

from tests.builders import PASSWORD
from tests.conftest import CHROMIUM


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


_NAME = """() => { const one = document.activeElement;
  return (one.labels?.[0]?.textContent ?? one.getAttribute("aria-label") ?? one.textContent ?? "").replace(/\\s+/g, " ").trim(); }"""


def tab_to(page: Page, name: str, *, most: int = 150) -> None:
    """Tab until what has the focus is called so, as somebody without a mouse does; fails where it is not reached."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(_NAME).startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached by {most} tabs")


def press(page: Page, name: str) -> None:
    """Tab to a button or link and press it."""
    tab_to(page, name)
    page.keyboard.press("Enter")
    # What it leads to may be another page, and its first tab belongs there.
    page.wait_for_timeout(200)
    page.wait_for_load_state("load")


def type_into(page: Page, name: str, text: str) -> None:
    """Tab to a field and type."""
    tab_to(page, name)
    page.keyboard.type(text)


def sign_in_by_keys(page: Page, live_server, user) -> None:
    """Through the front door, without a mouse."""
    page.goto(f"{live_server.url}/")
    type_into(page, "E-mail", user.email)
    type_into(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
