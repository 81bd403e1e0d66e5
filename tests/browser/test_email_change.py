"""Changing a sign-in address in a real browser: the administrator's page, and the confirmation by the old address."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from rpm_portal.accounts.models import Membership, User
from rpm_portal.core.access import Role
from tests.browser.conftest import sign_in
from tests.browser.test_single_sign_on import check_page
from tests.builders import PASSWORD
from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


def test_an_address_is_changed_after_the_old_one_confirmed(page, live_server, live_world, browser_errors):
    doctor = live_world.user("physician")
    Membership.objects.create(practice=live_world.other.practice, user=doctor, role=Role.BILLER, starts_on="2020-01-01")
    sign_in(page, live_server, live_world.user("admin"))
    page.goto(f"{live_server.url}/people/")
    check_page(page, "people_addresses")
    page.get_by_role("row", name=re.compile(str(doctor))).get_by_role("link", name="Change sign-in address").click()
    check_page(page, "change_email")
    page.get_by_label("New e-mail address").fill("no address")
    page.get_by_label("Reason").fill("New name")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Change address").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
    expect(page.get_by_role("alert")).to_contain_text("Enter an e-mail address")
    check_page(page, "change_email_refused")
    page.get_by_label("New e-mail address").fill("new@clinic.example")
    page.get_by_label("Reason").fill("Changed her family name")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Change address").click()
    expect(page.get_by_role("heading", name="Waiting for confirmation")).to_be_visible()
    check_page(page, "change_email_waiting")
    page.goto(re.search(r"http\S+/sign-in-address/\S+", mail.outbox[-1].body)[0])
    check_page(page, "confirm_email")
    page.get_by_role("button", name="Confirm new address").click()
    expect(page.get_by_role("heading", name="Sign-in address changed")).to_be_visible()
    check_page(page, "confirm_email_done")
    assert User.objects.get(pk=doctor.pk).email == "new@clinic.example"
    assert [error for error in browser_errors if "422" not in error] == []
