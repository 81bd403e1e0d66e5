"""Returning to the worklist: the row, the focus and the scroll position are kept; menus close with Escape."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import key, sign_in
from tests.builders import a_patient, a_world, an_enrollment
from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    new_world = a_world(with_other=False)
    nurse = new_world.user("clinical_staff")
    for number in range(14):
        patient = a_patient(new_world.practice, nurse, mrn=f"R{number}", family=f"Row{number:02}")
        an_enrollment(new_world, patient, serial=f"r{number}")
    return new_world


def test_the_row_and_its_place_are_kept_on_return(page, live_server, world, browser_errors):
    page.set_viewport_size({"width": 1280, "height": 500})
    sign_in(page, live_server, world.user("clinical_staff"))
    for _ in range(12):
        key(page, "j")
    row = page.locator("tr[data-row]:focus")
    name = row.locator("[data-open]").inner_text()
    scrolled = page.evaluate("Math.round(scrollY)")
    assert scrolled > 0
    key(page, "Enter")
    page.wait_for_url("**/patients/**")

    page.go_back()
    expect(page.locator("tr[data-row]:focus [data-open]")).to_have_text(name)
    assert abs(page.evaluate("Math.round(scrollY)") - scrolled) < 120
    key(page, "j")
    expect(page.locator("tr[data-row]:focus [data-open]")).not_to_have_text(name)

    # All ten columns at 1280 pixels.
    headers = page.locator("table.work").first.locator("thead tr > *")
    assert headers.count() == 10
    assert all(headers.nth(number).is_visible() for number in range(10))
    assert browser_errors == []


def test_a_menu_of_filters_opens_chooses_and_closes_with_escape(page, live_server, world, browser_errors):
    sign_in(page, live_server, world.user("clinical_staff"))
    menu = page.locator(".choose", has_text="Reason")
    menu.locator("summary").focus()
    key(page, "Enter")
    expect(menu.get_by_role("link", name="B1 No reading for three days")).to_be_visible()
    key(page, "Escape")
    expect(menu.get_by_role("link", name="B1 No reading for three days")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    key(page, "Enter")
    menu.get_by_role("link", name="B1 No reading for three days").click()
    page.wait_for_url("**reason=B1**")
    expect(page.locator(".choose", has_text="Reason: B1")).to_be_visible()
    expect(page.locator("tr[data-row]")).to_have_count(15)
    assert browser_errors == []
