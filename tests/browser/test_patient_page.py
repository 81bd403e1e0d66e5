"""The patient's page in a browser: the secret after #, without scripts, at 320 pixels, and by the rules of axe."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rpm_portal.pages.patient.links import link_path, make_link, secret_of
from tests.browser.test_every_page import violations
from tests.builders import a_world
from tests.conftest import CHROMIUM
from timetracking.models import PatientMessage
from timetracking.threads.conversations import start_thread

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    start_thread(
        enrollment=new_world.enrollment,
        subject="device",
        text="Please measure again at noon, and write down what the display of your cuff shows.",
        by=new_world.members["clinical_staff"],
        now=timezone.now(),
    )
    return new_world


@pytest.fixture
def link(world):
    return make_link(world.patient, by=None, now=timezone.now())


def enter_birth_date(page):
    for label, value in (("Month", "3"), ("Day", "2"), ("Year", "1950")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Open my messages").click()


def test_the_secret_moves_from_the_address_to_the_form_and_the_patient_answers(page, live_server, link, browser_errors):
    requests = []
    page.on("request", lambda request: requests.append((request.url, request.headers.get("referer", ""))))
    page.goto(f"{live_server.url}{link_path(link)}")
    expect(page.get_by_label("Code from your message")).to_be_hidden()
    assert "#" not in page.url
    enter_birth_date(page)
    page.get_by_role("link", name="My device", exact=True).click()
    expect(page.get_by_text("Please measure again at noon")).to_be_visible()
    page.get_by_label("Your message").fill("It shows E3.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your message was sent.")).to_be_visible()
    page.get_by_role("button", name="I am done").click()
    expect(page.get_by_role("heading", name="Your visit has ended")).to_be_visible()

    page.go_back()
    expect(page.get_by_text("Please measure again at noon")).to_have_count(0)
    assert not any(secret_of(link) in f"{url} {referer}" for url, referer in requests)
    assert [error for error in browser_errors if "403" not in error] == []


def test_without_scripts_the_code_is_typed(browser, live_server, link):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}{link_path(link)}")
    page.get_by_label("Code from your message").fill(f" {secret_of(link)} ")
    enter_birth_date(page)
    page.get_by_role("link", name="Write a new message").click()
    page.get_by_label("A question").check()
    page.get_by_label("Your message").fill("Can I shower with it?")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_text("Your message was sent.")).to_be_visible()
    context.close()


def test_a_wrong_date_keeps_the_hidden_code_and_focuses_the_problem(page, live_server, link):
    page.goto(f"{live_server.url}{link_path(link)}")
    page.get_by_label("Day").fill("30")
    page.get_by_label("Month").fill("2")
    page.get_by_label("Year").fill("1950")
    page.get_by_role("button", name="Open my messages").click()
    expect(page.get_by_role("alert")).to_be_focused()
    enter_birth_date(page)

    expect(page.get_by_role("heading", name="Messages")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_page_fits_320_pixels_and_passes_axe_in_both_languages(page, live_server, world, link, language):
    type(world.patient).objects.filter(pk=world.patient.pk).update(language=language)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{live_server.url}/m/{link.selector}/?lang={language}#{secret_of(link)}")
    problems = {"check": checked(page)}
    for name, value in (("month", "3"), ("day", "2"), ("year", "1950")):
        page.locator(f"#{name}").fill(value)
    page.locator("main button").click()
    page.wait_for_url("**/p/")
    thread = page.locator(".threads a").first.get_attribute("href")
    for path in ("/p/", thread, "/p/new/", "/p/preferences/", "/p/device/"):
        page.goto(f"{live_server.url}{path}")
        problems[path] = checked(page)

    assert {path: found for path, found in problems.items() if found} == {}


def checked(page):
    """The violations of axe, sideways scrolling, and targets that are smaller than 44 pixels."""
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main a.button, main input:not([type=hidden]), main textarea, .menu a, .threads a")]
        .filter((part) => part.offsetParent && (part.closest("label") ?? part).getBoundingClientRect().height < 44)
        .map((part) => part.outerHTML.slice(0, 80))"""
    )
    wide = ["sideways"] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else []
    return violations(page) + small + wide


def test_the_answer_of_the_patient_is_stored(page, live_server, link):
    page.goto(f"{live_server.url}{link_path(link)}")
    enter_birth_date(page)
    page.get_by_role("link", name="My device", exact=True).click()
    page.get_by_label("Your message").fill("Fine")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", name="Messages")).to_be_visible()
    page.close()
    stored = stored_texts()

    assert stored == ["Fine"]


def stored_texts():
    """The patient's messages, read in a thread of its own: Playwright's loop allows no query in this one."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def read():
        try:
            return [row.text for row in PatientMessage.objects.filter(author="patient")]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(read).result()
