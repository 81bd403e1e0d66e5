"""A patient is enrolled through all eight cards with the keyboard alone: the nurse prepares, the provider signs."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from enrollment.diagnosis_codes import DiagnosisRow, load_codes
from enrollment.models import CardDraft, Enrollment
from monitoring.alerts.limits import add_conditions
from monitoring.models import Threshold
from rpm_portal.core.days import local_day
from tests.browser.conftest import go, key, sign_in
from tests.builders import PASSWORD, World, a_world
from tests.conftest import CHROMIUM, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]


@pytest.fixture
def world(transactional_db) -> World:
    new_world = a_world(with_other=False)
    add_conditions(practice=new_world.practice, by=None)
    load_codes(
        [
            DiagnosisRow("I10", "Essential (primary) hypertension", True),
            DiagnosisRow("I11.0", "Hypertensive heart disease", True),
        ],
        valid_from=timezone.now().date().replace(month=1, day=1),
    )
    return new_world


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        key(page, "Tab")
    raise AssertionError(f"{wanted} was not reached by the keyboard")


def write(page: Page, wanted: Locator, text: str) -> None:
    """Type into a field, or select from a list by typing; the list forgets letters that are typed slowly."""
    tab_to(page, wanted)
    if wanted.evaluate("element => !(element instanceof HTMLSelectElement)"):
        key(page, "Control+a")
        page.keyboard.type(text)
        return
    for _ in range(20):
        page.keyboard.type(text)
        chosen = wanted.evaluate("element => element.selectedOptions[0].textContent")
        if chosen.strip().lower().startswith(text.lower()):
            return
        # The list forgets the typed letters after a second; then try again.
        page.wait_for_timeout(1500)
    raise AssertionError(f"{text!r} was not chosen in {wanted}")


def tick(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    key(page, "Space")


def enter(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    key(page, "Enter")


def card(page: Page, key: str) -> Locator:
    """A card, opened by its summary unless the page's script has opened it already."""
    page.wait_for_load_state("load")
    opened = page.locator(f"#card-{key}")
    if not opened.evaluate("element => element.open"):
        enter(page, opened.locator("summary").first)
    return opened


def typed(day) -> str:
    return f"{day:%m%d%Y}"


def test_a_patient_is_enrolled_on_eight_cards_without_a_mouse(page, live_server, world, browser_errors):
    today = local_day(timezone.now(), world.practice.zone)
    sign_in(page, live_server, world.user("clinical_staff"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    go(page, "e", "**/enrollments/")
    enter(page, page.get_by_role("link", name="Enroll a patient"))
    page.wait_for_url("**/enrollments/new/")
    write(page, page.get_by_label("Family name"), "Bell")
    write(page, page.get_by_label("Given name"), "Ada")
    write(page, page.get_by_label("Date of birth"), "05141951")
    write(page, page.get_by_label("MRN"), "N-1")
    # Typed text is saved automatically; leaving the page loses nothing.
    expect(page.locator("#start-kept")).to_contain_text("Draft saved")
    page.goto(f"{live_server.url}/patients/")
    page.goto(f"{live_server.url}/enrollments/new/")
    expect(page.get_by_label("Family name")).to_have_value("Bell")
    expect(page.get_by_label("Date of birth")).to_have_value("1951-05-14")
    write(page, page.get_by_label("Billing provider"), "Physician")
    enter(page, page.get_by_role("button", name="Open the enrollment"))
    expect(page.locator("#card-coverage")).to_be_attached()
    row = Enrollment.objects.get(patient__mrn="N-1")

    part = card(page, "coverage")
    write(page, part.get_by_label("Payer"), "Medicare")
    write(page, part.get_by_label("Member ID"), "1EG4TE5MK73")
    enter(page, part.get_by_role("button", name="Save coverage"))
    expect(page.locator("#card-coverage > summary")).to_contain_text("done: Medicare")

    part = card(page, "relationship")
    write(page, part.get_by_label("Last visit"), typed(today - timedelta(days=20)))
    write(page, part.get_by_label("Diagnosis"), "hypertens")
    # The server sends the list while the nurse types; a code is chosen by typing it completely.
    expect(page.locator("#diagnosis-list option").first).to_have_attribute("value", "I10")
    write(page, part.get_by_label("Diagnosis"), "I10")
    write(page, part.get_by_label("Kind of condition"), "chronic")
    write(page, part.get_by_label("The condition in words"), "Hypertension")
    write(page, part.get_by_label("Monitored by another practice?"), "no")
    enter(page, part.get_by_role("button", name="Save visit and diagnosis"))
    expect(page.locator("#card-relationship > summary")).to_contain_text("done: Hypertension (I10)")

    part = card(page, "order")
    write(page, part.get_by_label("Measurements"), "blood pressure")
    write(page, part.get_by_label("Kind of device"), "cellular cuff")
    write(
        page,
        part.get_by_label("Medical necessity for remote monitoring"),
        "Values at home differ from those at visits.",
    )
    write(page, part.get_by_label("Goals"), "Below 130/80 on most days.")
    enter(page, part.get_by_role("button", name=re.compile("^Send to .* for signature$")))
    drafts = CardDraft.objects.filter(enrollment=row, card="order")
    wait_for(lambda: any(draft.values.get("goals", "").startswith("Below") for draft in drafts.all()))

    part = card(page, "consent")
    write(page, part.get_by_label("Script read"), "RPM English")
    write(page, part.get_by_label("How"), "by phone")
    for label in ("what it may cost", "only one practice", "can be stopped"):
        tick(page, part.get_by_label(label))
    enter(page, part.get_by_role("button", name="Save consent"))
    expect(page.locator("#card-consent > summary")).to_contain_text("by phone, script 1")

    part = card(page, "device")
    # A scanner types the number; choosing a model adds a new device to the stock.
    write(page, part.get_by_label("IMEI or serial number"), "SN-4411")
    write(page, part.get_by_label("Model, for a new device"), "ArmCuff")
    enter(page, part.get_by_role("button", name="Save device"))
    expect(page.locator("#card-device > summary")).to_contain_text("ArmCuff SN-4411")

    part = card(page, "education")
    write(page, part.get_by_label("By what means"), "at a visit")
    write(page, part.get_by_label("Minutes"), "15")
    tick(page, part.get_by_label("Patient demonstrated use (teach-back)"))
    enter(page, part.get_by_role("button", name="Save set-up"))
    expect(page.locator("#card-education > summary")).to_contain_text("done")

    part = card(page, "limits")
    write(page, part.get_by_label("Start from template"), "Hypertension")
    enter(page, part.get_by_role("button", name="Apply template"))
    part = card(page, "limits")
    expect(part.get_by_label("Systolic, mmHg, high", exact=True)).to_have_value("150")
    enter(page, part.get_by_role("button", name="Save limits"))
    expect(page.locator("#card-limits > summary")).to_contain_text("2 limits, goals")
    expect(page.locator("#moves")).to_contain_text("No signed order")
    address = page.url.partition("#")[0]

    page.context.clear_cookies()
    sign_in(page, live_server, world.user("physician"))
    page.goto(address)
    part = card(page, "order")
    expect(part.get_by_label("Medical necessity for remote monitoring")).to_have_value(
        "Values at home differ from those at visits."
    )
    write(page, part.get_by_label("Your password, to sign"), PASSWORD)
    enter(page, part.get_by_role("button", name="Sign the order"))
    expect(page.locator("#card-order > summary")).to_contain_text("done: No.")
    expect(page.locator("#moves")).to_contain_text("Everything that is needed is on file.")
    enter(page, page.get_by_role("button", name="Start monitoring"))
    expect(page.locator("main")).to_contain_text("active since")

    row.refresh_from_db()
    assert (row.state, row.started_on) == ("active", today)
    assert Threshold.objects.filter(enrollment=row).count() == 2
    assert not [draft for draft in CardDraft.objects.filter(enrollment=row) if draft.values]
    assert browser_errors == []


@pytest.mark.parametrize("width", [390, 1440])
def test_no_enrollment_page_is_wider_than_the_screen(page, live_server, world, width, browser_errors):
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, live_server, world.user("clinical_staff"))
    device, order = world.enrollment.assignments.get().device, world.enrollment.orders.get()
    for path in (
        "enrollments/",
        "enrollments/new/",
        f"enrollments/{world.enrollment.public_id}/",
        f"orders/{order.public_id}/",
        "devices/",
        f"devices/{device.public_id}/",
        f"patients/{world.patient.public_id}/history/",
        "patients/",
    ):
        page.goto(f"{live_server.url}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert browser_errors == []
