"""Idle sign-out: a dialog asks, the session ends, a page with unsaved text is covered, and no text is lost."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.builders import PASSWORD, a_world
from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    return a_world(with_other=False)


@pytest.fixture
def advance_clock(page, still_clock):
    """A function that advances the clocks of server and page by seconds; otherwise the server's clock does not move."""
    page.clock.install()

    def advance(seconds):
        still_clock.shift(timedelta(seconds=seconds))
        page.clock.fast_forward(seconds * 1000)

    return advance


def test_a_person_who_answers_stays_signed_in_and_one_who_left_is_signed_out(
    page, live_server, world, settings, advance_clock
):
    sign_in(page, live_server, world.user("clinical_staff"))
    advance_clock(settings.IDLE_SECONDS - 30)
    expect(page.locator("#leaving")).to_be_visible()
    expect(page.locator("#leaving")).to_contain_text("You will be signed out")
    # The page reports to the server in the background: wait for the response before asking for the time left.
    with page.expect_response("**/session/stay/"):
        page.get_by_role("button", name="Stay signed in").click()
    expect(page.locator("#leaving")).to_be_hidden()
    assert page.request.get(f"{live_server.url}/session/").json()["left"] == settings.IDLE_SECONDS
    advance_clock(settings.IDLE_SECONDS)
    page.wait_for_url("**/accounts/login/**")


def test_what_was_typed_is_covered_and_can_be_sent_after_signing_in_again(
    page, live_server, world, settings, advance_clock
):
    sign_in(page, live_server, world.user("manager"))
    page.goto(f"{live_server.url}/enrollments/new/")
    page.locator("main input:visible:not([type=search])").first.fill("Typed before she was called away")
    expect(page.locator("#start-kept")).to_contain_text("Kept as you type")
    # Typing is input, which the page reports to the server after a while; then there is no more input.
    with page.expect_response("**/session/stay/"):
        advance_clock(70)
    advance_clock(settings.IDLE_SECONDS)
    expect(page.locator("#locked")).to_be_visible()
    expect(page.locator(".frame")).to_be_hidden()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    tab = opened.value
    tab.get_by_label("E-mail").fill(world.user("manager").email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(live_server.url + "/")
    before = page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#locked")).to_be_hidden()
    expect(page.locator("main input:visible:not([type=search])").first).to_have_value(
        "Typed before she was called away"
    )
    assert page.locator("input[name=csrfmiddlewaretoken]").first.input_value() != before


@pytest.mark.parametrize("ending", ["sign out", "idle"])
def test_the_back_button_shows_no_patient_after_the_session_ended(
    page, live_server, world, settings, advance_clock, ending
):
    """Browsers keep pages in memory for the back button (https://web.dev/articles/bfcache)."""
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    expect(page.locator("body")).to_contain_text(world.patient.family_name.upper())
    if ending == "idle":
        advance_clock(settings.IDLE_SECONDS)
    else:
        page.locator("form[action='/accounts/logout/'] button").first.evaluate("button => button.form.requestSubmit()")
    page.wait_for_url("**/accounts/login/**")
    page.go_back()

    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_label("Password")).to_be_visible()
    assert world.patient.family_name.upper() not in page.content().upper()
