"""Every page as its user sees it: no violation of WCAG 2.2 A or AA in light and dark, no complaint of the browser, no
request to another host, no page wider than a phone. Screenshots of all of them lie in `test-results/pages`."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from rpm_portal.core.access import may
from tests.browser.conftest import sign_in
from tests.builders import a_world
from tests.conftest import CHROMIUM
from tests.test_access import TABLE, address, walk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; install it to run the browser tests"),
]
SHOTS = Path(__file__).resolve().parents[2] / "test-results" / "pages"
# Parts of pages, which stand on them, and files.
NO_PAGES = {
    "worklist_counts", "worklist_news", "found", "alerts:news", "timetracking:timer", "timetracking:activities",
    "billing:progress", "billing:month_changes", "billing:writing", "billing:next_code", "enrollment:order_pdf", "enrollment:paper", "enrollment:panel_template",
    "enrollment:rejected", "billing:packet_progress", "billing:packet_file", "billing:export_file", "billing:packet", "billing:lines_file", "audit_file",
}  # fmt: skip
PAGES = sorted(
    name for name, (_, verb, answer) in TABLE.items() if verb == "GET" and answer == 200 and name not in NO_PAGES
)
ROLES = ("clinical_staff", "manager", "physician", "admin")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]


WIDE = """[...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > innerWidth + 1
  && !each.closest(".scroll, .rail, .chips")).slice(0, 4).map((each) => each.outerHTML.slice(0, 120))"""


# In forced colours every ground is the page's: a state that only its ground told would be gone. Each keeps a word or an edge.
TOLD_BY_COLOUR = """[...document.querySelectorAll(".status, .chip[aria-current], .strip i.counted, .said, .tag")].filter((each) => {
  const style = getComputedStyle(each), border = parseFloat(style.borderTopWidth) || parseFloat(style.borderLeftWidth);
  return !each.textContent.trim() && !border && style.backgroundColor === getComputedStyle(document.body).backgroundColor;
}).slice(0, 4).map((each) => each.outerHTML.slice(0, 120))"""


def pages_of(role):
    """Each page is looked at by one of those who may, so that together they are looked at once."""
    for name in PAGES:
        able = [each for each in ROLES if may(each, TABLE[name][0])]
        if able[PAGES.index(name) % len(able)] == role:
            yield name


def violations(page, *, only=None):
    """What axe finds: the rule and where."""
    options = {
        "runOnly": {"type": "rule", "values": only} if only else {"type": "tag", "values": RULES},
        "resultTypes": ["violations"],
    }
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"][:4]]


def look(page, name, url, wrong):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    answer = page.goto(url)
    assert answer.status == 200, name
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    wrong[name] = violations(page)
    shot = SHOTS / name.replace(":", "-")
    page.screenshot(path=f"{shot}-1440-light.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    wrong[name] += [f"dark {said}" for said in violations(page, only=["color-contrast"])]
    page.screenshot(path=f"{shot}-1440-dark.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=f"{shot}-390-dark.png", full_page=True)
    # A tablet, a phone, and 1280 pixels at 400 per cent (WCAG 1.4.10): nothing is cut off and nothing scrolls sideways.
    for width, height in ((768, 1024), (390, 844), (320, 256)):
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong[name].append(f"wider than {width} pixels: {page.evaluate(WIDE)}")
    page.emulate_media(color_scheme="light", forced_colors="active")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.screenshot(path=f"{shot}-1440-forced.png", full_page=True)
    wrong[name] += [
        f"forced colours: {said} is told from its ground by colour alone" for said in page.evaluate(TOLD_BY_COLOUR)
    ]
    page.emulate_media(color_scheme="light", forced_colors="none")


@pytest.mark.parametrize("role", ROLES)
def test_every_page_passes_the_accessibility_and_layout_checks(page, live_server, transactional_db, heard, role):
    SHOTS.mkdir(parents=True, exist_ok=True)
    world = walk(a_world(with_other=False))
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    sign_in(page, live_server, world.user(role))
    page.wait_for_load_state("networkidle")
    wrong: dict[str, list[str]] = {}
    for name in pages_of(role):
        if name == "worklist" and not may(role, TABLE[name][0]):
            continue
        look(page, name, live_server.url + address(name, world), wrong)

    assert {name: said for name, said in wrong.items() if said} == {}
    assert heard == []
    assert hosts == {urlsplit(live_server.url).netloc}


SPILLS = """[...document.querySelectorAll(".band table.work")].map((each) => Math.round(
  each.getBoundingClientRect().right - each.parentElement.getBoundingClientRect().right)).filter((much) => much > 0)"""


def test_the_worklist_overflows_at_no_width(page, live_server, transactional_db):
    world = walk(a_world(with_other=False))
    sign_in(page, live_server, world.user("clinical_staff"))
    page.wait_for_load_state("networkidle")
    spilled = {}
    for width in (1440, 1421, 1321, 1320, 1301, 1300, 1280, 1201, 1200, 1100, 1021, 1020, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        spilled[width] = page.evaluate(SPILLS)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            spilled[width].append("page")
    assert page.locator(".band table.work").count() > 0
    assert {width: much for width, much in spilled.items() if much} == {}


def test_sign_in_and_error_pages_pass_the_accessibility_checks(page, live_server, transactional_db):
    SHOTS.mkdir(parents=True, exist_ok=True)
    world = a_world(with_other=False)
    page.goto(live_server.url)
    wrong = {"sign in": violations(page)}
    page.screenshot(path=str(SHOTS / "sign-in-1440-light.png"))
    sign_in(page, live_server, world.user("clinical_staff"))
    for name, path in {"403": "/audit/", "404": "/patients/nobodyatall1/"}.items():
        page.goto(live_server.url + path)
        wrong[name] = violations(page)
        page.screenshot(path=str(SHOTS / f"{name}-1440-light.png"))

    assert {name: said for name, said in wrong.items() if said} == {}
