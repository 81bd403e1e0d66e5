"""Acts of two persons and a locked second factor in a real browser, with the keyboard only."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from billing.models import BillingProfile
from rpm_portal.accounts.models import Invitation, Membership, Practice, SecondFactor
from rpm_portal.accounts.services import add_member, make_user
from rpm_portal.core.access import Role
from tests.billing.sending_world import bill_as
from tests.browser.conftest import key, press, sign_in_by_keys, tab_to, type_into
from tests.builders import PASSWORD, a_world, at
from tests.conftest import CHROMIUM
from timetracking.queries import time_policy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    return a_world(with_other=False)


def another(world, role: Role) -> Membership:
    """A second person of the practice in a role."""
    user = make_user(email=f"second.{role}@example.com", given_name="Sam", family_name="Second", password=PASSWORD)
    return add_member(practice=world.practice, role=role, starts_on=at("2026-01-01").date(), by=None, user=user)


@contextmanager
def page_of(browser: Browser, live_server, user) -> Iterator[Page]:
    """A page of another browser in which this person signed in."""
    context = browser.new_context()
    page = context.new_page()
    sign_in_by_keys(page, live_server, user)
    yield page
    context.close()


def submit(page: Page, button: str, done: str) -> None:
    """Tab to a button, press Enter, and wait for the message of the new page."""
    press(page, button)
    expect(page.get_by_role("status").filter(has_text=done)).to_be_visible()


def test_a_role_is_requested_and_approved(page, browser, live_server, world, browser_errors):
    second = another(world, Role.MANAGER)
    sign_in_by_keys(page, live_server, world.user("manager"))
    page.get_by_role("link", name="Staff", exact=True).focus()
    key(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff")
    for name, text in (("Given name", "Nia"), ("Family name", "Newcomer"), ("E-mail", "nia@example.org")):
        type_into(page, name, text)
    type_into(page, "Role", "Practice manager")
    type_into(page, "Your password", PASSWORD)
    submit(page, "Send the invitation", "waits for a second person")
    row = page.locator("tr", has_text="nia@example.org")
    expect(row).to_contain_text("A colleague approves it")
    expect(row.get_by_text("Approve role")).to_have_count(0)
    assert mail.outbox == []

    with page_of(browser, live_server, second.user) as other:
        other.get_by_role("link", name="Staff", exact=True).focus()
        key(other, "Enter")
        expect(other.locator("tr", has_text="nia@example.org")).to_contain_text("waits for a second person")
        press(other, "Approve role")
        type_into(other, "Your password", PASSWORD)
        submit(other, "Approve and send invitation", "An invitation was sent to nia@example.org")
    assert [message.to for message in mail.outbox] == [["nia@example.org"]]
    assert Invitation.objects.get().approved_by == second.user
    assert browser_errors == []


def test_security_settings_are_entered_and_approved(page, browser, live_server, world, browser_errors):
    second = another(world, Role.ADMIN)
    sign_in_by_keys(page, live_server, world.user("admin"))
    press(page, "Security")
    expect(page.get_by_role("heading", level=1)).to_have_text("Security settings")
    tab_to(page, "Claim lines wait for signed days")
    key(page, "Space")
    type_into(page, "Reason", "The auditor asked for it.")
    type_into(page, "Your password", PASSWORD)
    submit(page, "Save change", "applies when a second person has approved it")
    expect(page.locator("main")).to_contain_text("Another administrator approves this change")
    assert not Practice.objects.get().days_signed

    with page_of(browser, live_server, second.user) as other:
        press(other, "Security")
        expect(other.locator("main")).to_contain_text("The auditor asked for it.")
        type_into(other, "Your password", PASSWORD)
        submit(other, "Approve change", "Change approved and applied.")
    assert Practice.objects.get().days_signed
    assert browser_errors == []


def test_rules_for_time_are_entered_and_approved(page, browser, live_server, world, browser_errors):
    sign_in_by_keys(page, live_server, world.user("manager"))
    press(page, "Time rules")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules for time entries")
    tab_to(page, "A second person approves time entries")
    key(page, "Space")
    type_into(page, "Reason", "Recommended by our auditor.")
    type_into(page, "Your password", PASSWORD)
    submit(page, "Save change", "applies when a second person has approved it")
    assert not time_policy(world.practice.pk).time_approved

    with page_of(browser, live_server, world.user("physician")) as other:
        press(other, "Time rules")
        expect(other.locator("main")).to_contain_text("Recommended by our auditor.")
        type_into(other, "Your password", PASSWORD)
        submit(other, "Approve change", "Change approved and applied.")
    assert time_policy(world.practice.pk).time_approved
    assert browser_errors == []


def test_five_wrong_codes_lock_the_second_factor_with_a_message(page, live_server, world, code_of):
    nurse, secret = world.user("clinical_staff"), generate_totp_secret()
    TOTP.activate(nurse, secret)
    sign_in_by_keys(page, live_server, nurse)
    page.wait_for_url("**/accounts/2fa/authenticate/**")
    right = code_of(secret)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for number in range(6):
        page.locator("input[name=code]").focus()
        page.keyboard.type(right if number == 5 else wrong)
        with page.expect_response(lambda response: response.request.method == "POST"):
            key(page, "Enter")
    expect(page.locator("main, body").first).to_contain_text("Too many wrong codes. Wait five minutes")
    assert re.search("locked", " ".join(message.subject + message.body for message in mail.outbox))


def test_without_the_required_factor_a_page_leads_to_setting_one_up(page, live_server, world):
    Practice.objects.update(second_factor=SecondFactor.EVERYBODY)
    sign_in_by_keys(page, live_server, world.user("clinical_staff"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up two-factor sign-in")
    press(page, "Use codes from my phone")
    page.wait_for_url(lambda url: "/accounts/" in url)
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up two-factor sign-in")


def test_a_billing_profile_is_entered_and_approved(page, browser, live_server, world, browser_errors):
    bill_as(world.practice)
    sign_in_by_keys(page, live_server, world.user("manager"))
    press(page, "Billing settings")
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing settings")
    press(page, "Billing profiles")
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing profiles")
    press(page, "Change 2019-01-01")
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing profiles: 2019-01-01")
    type_into(page, "Street", "13 Lake Street")
    type_into(page, "Reason", "The practice has moved.")
    type_into(page, "Your password", PASSWORD)
    submit(page, "Save change", "applies when a second person has approved it")
    assert BillingProfile.objects.get().street == "12 Lake Street"

    with page_of(browser, live_server, world.user("physician")) as other:
        press(other, "Billing settings")
        expect(other.locator("main")).to_contain_text("Waiting for a second person: 1")
        press(other, "Billing profiles: 2019-01-01")
        expect(other.locator("main")).to_contain_text("13 Lake Street")
        type_into(other, "Your password", PASSWORD)
        submit(other, "Approve change", "Change approved and applied.")
    assert BillingProfile.objects.get().street == "13 Lake Street"
    assert browser_errors == []
