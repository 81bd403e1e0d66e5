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
