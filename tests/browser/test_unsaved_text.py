"""What a nurse types is not lost: by leaving the page, with an old token, without a network, in a refused form."""

import pytest
from playwright.sync_api import expect

from enrollment.models import TextDraft
from monitoring.models import Note
from tests.browser.conftest import key, sign_in
from tests.builders import a_world
from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db):
    return a_world(with_other=False)


@pytest.fixture
def chart(page, live_server, world):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/patients/{world.patient.public_id}/")
    return page


def test_an_unfinished_note_is_restored_and_saved_with_the_keyboard(chart, world, browser_errors):
    key(chart, "n")
    chart.get_by_label("Note", exact=True).fill("Sleeps badly since Monday")
    expect(chart.get_by_text("Draft saved")).to_be_visible()
    key(chart, "Escape")
    expect(chart.locator("#panel form")).to_have_count(0)

    chart.reload()
    chart.get_by_role("link", name="Unfinished note").click()
    expect(chart.get_by_label("Note", exact=True)).to_have_value("Sleeps badly since Monday")
    chart.get_by_label("Note", exact=True).focus()
    key(chart, "Control+Enter")
    expect(chart.get_by_text("Note saved.")).to_be_visible()

    assert Note.objects.get().text == "Sleeps badly since Monday"
    assert TextDraft.objects.count() == 0
    assert browser_errors == []


def test_an_old_token_is_renewed_and_the_note_is_saved(chart, world):
    key(chart, "n")
    chart.get_by_label("Note", exact=True).fill("Asks for a larger cuff")
    chart.evaluate("""() => {
        for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = "x".repeat(64);
        document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": "x".repeat(64) }));
    }""")
    chart.get_by_role("button", name="Sign note").click()

    expect(chart.get_by_text("Note saved.")).to_be_visible()
    assert Note.objects.get().text == "Asks for a larger cuff"


def test_a_note_typed_offline_is_sent_when_the_network_is_back(chart, world):
    key(chart, "n")
    chart.get_by_label("Note", exact=True).fill("Called from the stairs")
    chart.context.set_offline(True)
    chart.get_by_role("button", name="Sign note").click()
    expect(chart.locator("#notice")).to_contain_text("You are offline")
    expect(chart.get_by_label("Note", exact=True)).to_have_value("Called from the stairs")
    chart.locator("#notice").get_by_role("button", name="Close").click()
    expect(chart.locator("#notice")).to_be_hidden()

    chart.context.set_offline(False)
    expect(chart.get_by_text("Note saved.")).to_be_visible()
    assert Note.objects.count() == 1


def test_a_refused_card_shows_its_errors_at_the_top_and_leads_to_the_field(page, live_server, world):
    sign_in(page, live_server, world.user("clinical_staff"))
    page.goto(f"{live_server.url}/enrollments/{world.enrollment.public_id}/#card-consent")
    page.get_by_role("button", name="Save consent").click()

    summary = page.locator("[data-refused]")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    link = summary.get_by_role("link").first
    link.click()
    expect(page.locator("#card-consent :focus")).to_have_count(1)
