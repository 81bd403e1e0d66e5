"""Every page in the browser: no violation of WCAG 2.2 A or AA at four widths, in light and dark, no browser error, no
request to another host, no page wider than a phone, no page too large. Screenshots are stored in `test-results/pages`."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from rpm_portal.core.access import may
from tests.browser.conftest import sign_in
from tests.builders import a_world
from tests.conftest import CHROMIUM
from tests.test_access import TABLE, add_rows_of_every_kind, url_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]
MAX_PAGE_BYTES = 150_000  # compressed, without the files that the browser keeps
SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "pages"
# Fragments of pages, and files.
NOT_PAGES = {
    "worklist_counts", "worklist_news", "navigation_counts", "found", "alerts:news", "alerts:heading", "timetracking:timer", "timetracking:activities",
    "billing:progress", "billing:month_changes", "billing:writing", "billing:next_code", "enrollment:order_pdf", "enrollment:paper", "enrollment:panel_template",
    "enrollment:rejected", "billing:packet_progress", "billing:packet_file", "billing:submission_file", "billing:copy_file", "enroll:visit_document", "billing:packet", "billing:lines_file", "audit_file", "billing:hand_over_file", "reports:file", "reports:run_file", "billing:appeal_letter",
    "billing:refund_letter", "billing:reopening_letter", "fhir:metadata", "fhir:smart",
}  # fmt: skip
PAGES = sorted(
    name for name, (_, verb, answer) in TABLE.items() if verb == "GET" and answer == 200 and name not in NOT_PAGES
)
ROLES = ("clinical_staff", "manager", "physician", "admin")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


WIDE = """[...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1
  && !element.closest(".scroll, .rail, .chips")).slice(0, 4).map((element) => element.outerHTML.slice(0, 120))"""


# In forced colors every background is the page's, so each state needs text or a border besides its background.
BACKGROUND_ONLY = """[...document.querySelectorAll(".status, .chip[aria-current], .strip i.counted, .notice, .tag")].filter((element) => {
  const style = getComputedStyle(element), border = parseFloat(style.borderTopWidth) || parseFloat(style.borderLeftWidth);
  return !element.textContent.trim() && !border && style.backgroundColor === getComputedStyle(document.body).backgroundColor;
}).slice(0, 4).map((element) => element.outerHTML.slice(0, 120))"""


def pages_of(role):
    """The pages to check as this role: each page is checked by one of the roles that may open it."""
    for name in PAGES:
        allowed = [candidate for candidate in ROLES if may(candidate, TABLE[name][0])]
        if allowed[PAGES.index(name) % len(allowed)] == role:
            yield name


def violations(page, *, only=None):
    """The violations that axe reports: rule and element."""
    options = {
        "runOnly": {"type": "rule", "values": only} if only else {"type": "tag", "values": RULES},
        "resultTypes": ["violations"],
    }
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    results = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in results for node in rule["nodes"][:4]]


def check_page(page, name, url, problems):
    page.set_viewport_size({"width": 1440, "height": 900})
    # Without transitions, which would be measured half-way after each change of the color scheme.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    response = page.goto(url)
    assert response.status == 200, name
    page.wait_for_load_state("networkidle")
    # An open menu covers what is below it.
    page.evaluate(
        "document.querySelectorAll('details:not(.choose > details)').forEach((element) => { element.open = true; })"
    )
    problems[name] = violations(page)
    size = len(gzip.compress(response.body()))
    if size > MAX_PAGE_BYTES:
        problems[name].append(f"{size} bytes compressed")
    shot = SHOTS / name.replace(":", "-")
    page.screenshot(path=f"{shot}-1440-light.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    problems[name] += [f"dark {error}" for error in violations(page, only=["color-contrast"])]
    page.screenshot(path=f"{shot}-1440-dark.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=f"{shot}-390-dark.png", full_page=True)
    problems[name] += [f"dark, 390 pixels {error}" for error in violations(page, only=["color-contrast"])]
    # A tablet, a phone, and 1280 pixels at 400 percent (WCAG 1.4.10): no content is cut off or scrolls horizontally.
    page.emulate_media(color_scheme="light")
    for width, height in ((1280, 800), (768, 1024), (390, 844), (320, 256)):
        page.set_viewport_size({"width": width, "height": height})
        if width != 768:
            problems[name] += [f"{width} pixels {error}" for error in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems[name].append(f"wider than {width} pixels: {page.evaluate(WIDE)}")
    page.emulate_media(color_scheme="light", forced_colors="active")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.screenshot(path=f"{shot}-1440-forced.png", full_page=True)
    problems[name] += [
        f"forced colors: {html} differs from its background by color only" for html in page.evaluate(BACKGROUND_ONLY)
    ]
    page.emulate_media(color_scheme="light", forced_colors="none")


@pytest.mark.parametrize("role", ROLES)
def test_every_page_passes_the_accessibility_and_layout_checks(
    page, live_server, transactional_db, browser_errors, role
):
    SHOTS.mkdir(parents=True, exist_ok=True)
    world = add_rows_of_every_kind(a_world(with_other=False))
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    sign_in(page, live_server, world.user(role))
    page.wait_for_load_state("networkidle")
    problems: dict[str, list[str]] = {}
    for name in pages_of(role):
        if name == "worklist" and not may(role, TABLE[name][0]):
            continue
        check_page(page, name, live_server.url + url_of(name, world), problems)

    assert {name: errors for name, errors in problems.items() if errors} == {}
    assert browser_errors == []
    assert hosts == {urlsplit(live_server.url).netloc}


OVERFLOWS = """[...document.querySelectorAll(".band table.work")].map((element) => Math.round(
  element.getBoundingClientRect().right - element.parentElement.getBoundingClientRect().right)).filter((pixels) => pixels > 0)"""


def test_the_worklist_overflows_at_no_width(page, live_server, transactional_db):
    world = add_rows_of_every_kind(a_world(with_other=False))
    sign_in(page, live_server, world.user("clinical_staff"))
    page.wait_for_load_state("networkidle")
    overflows = {}
    for width in (1440, 1421, 1321, 1320, 1301, 1300, 1280, 1201, 1200, 1100, 1021, 1020, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        overflows[width] = page.evaluate(OVERFLOWS)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            overflows[width].append(page.evaluate(WIDE))
    assert page.locator(".band table.work").count() > 0
    assert {width: pixels for width, pixels in overflows.items() if pixels} == {}


def test_sign_in_and_error_pages_pass_the_accessibility_checks(page, live_server, transactional_db):
    SHOTS.mkdir(parents=True, exist_ok=True)
    world = a_world(with_other=False)
    page.goto(live_server.url)
    problems = {"sign in": violations(page)}
    page.screenshot(path=str(SHOTS / "sign-in-1440-light.png"))
    sign_in(page, live_server, world.user("clinical_staff"))
    for name, path in {"403": "/audit/", "404": "/patients/nobodyatall1/"}.items():
        page.goto(live_server.url + path)
        problems[name] = violations(page)
        page.screenshot(path=str(SHOTS / f"{name}-1440-light.png"))

    assert {name: errors for name, errors in problems.items() if errors} == {}
