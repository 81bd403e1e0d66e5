"""Sign-in through a practice's identity provider in a real browser, under the content security policy."""

import pytest
from playwright.sync_api import expect

from rpm_portal.accounts.models import SingleSignOn
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import SHOTS, violations
from tests.conftest import CHROMIUM
from tests.identity_provider import CLIENT, SECRET, Provider

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


def check_page(page, name):
    """Take a screenshot of the page at both widths, and check it with axe."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=str(SHOTS / f"{name}-{width}-light.png"))
    assert violations(page) == [], name


def test_single_sign_on_works_and_is_offered_again_at_the_sign_in_page(
    page, live_server, live_world, settings, browser_errors
):
    settings.SINGLE_SIGN_ON = True
    provider, nurse = Provider(), live_world.user("clinical_staff")
    provider.claims = {"sub": "n-1", "email": nurse.email}
    sso = SingleSignOn.objects.create(
        practice=live_world.practice, issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET,
        domains=[nurse.email.rpartition("@")[2]], is_on=True,
    )  # fmt: skip
    try:
        page.goto(f"{live_server.url}/accounts/own/{sso.public_id}/")
        check_page(page, "practice_sign_in")
        page.get_by_role("link", name="Continue").click()
        expect(page).to_have_url(f"{live_server.url}/")
        expect(page.get_by_role("link", name="Patients").first).to_be_visible()
        page.goto(f"{live_server.url}/accounts/2fa/totp/activate/")
        expect(page.get_by_role("heading", name="This needs your password")).to_be_visible()
        check_page(page, "own_door_closed")
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{live_server.url}/accounts/login/")
        check_page(page, "own_door_remembered")
        page.get_by_role("link", name="Sign in through my practice").click()
        provider.claims = {"sub": "x-9", "email": "nobody@elsewhere.example"}
        page.get_by_role("link", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text("does not vouch for your e-mail address")
        check_page(page, "own_door_refused")
        live_world.practice.own_sign_in_only = True
        live_world.practice.save()
        sign_in(page, live_server, nurse)
        expect(page.get_by_role("heading", name="Your practice has a sign-in of its own")).to_be_visible()
        check_page(page, "own_door_only")
    finally:
        provider.stop()
    assert [error for error in browser_errors if "403" not in error] == []
