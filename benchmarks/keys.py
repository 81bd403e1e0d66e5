"""Browser latency: the largest contentful paint of the first page, and the next paint after each key."""

import shutil

from django.conf import settings
from django.test import Client
from django.utils import timezone

from benchmarks.practice import build
from benchmarks.web_server import PORT, serving
from rpm_portal.accounts.models import Membership
from rpm_portal.pages.worklist.refresh import refresh_practice

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_PAINT = """new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
  .observe({type: 'largest-contentful-paint', buffered: true}))"""
_WATCH = """
window.interactions = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => entry.interactionId && interactions.push(entry.duration)))
  .observe({type: 'event', buffered: true, durationThreshold: 16});
"""


def main(size: int = 200) -> None:
    """Print the largest contentful paint of the worklist, and the interaction to next paint (up to 200 ms is good)."""
    if CHROMIUM is None:
        print("keys: no Chromium on this machine; install it to measure browser latency")
        return
    practice, _ = build(size)
    refresh_practice(practice, now=timezone.now(), most=10**9)
    client = Client()
    member = Membership.objects.filter(practice=practice, role="clinical_staff").select_related("user").first()
    assert member is not None
    client.force_login(member.user, backend="rpm_portal.accounts.backends.PortalBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    from playwright.sync_api import sync_playwright

    home = f"http://127.0.0.1:{PORT}"
    with serving(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context()
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": home}])
        page = context.new_page()
        page.add_init_script(_WATCH)
        page.goto(f"{home}/")
        page.wait_for_load_state("networkidle")
        print(f"first page of {size} patients: largest contentful paint {page.evaluate(_PAINT):.0f} ms")
        worst: dict[str, float] = {}

        def press(where: str, *keys: str) -> None:
            page.evaluate("window.interactions.length = 0")
            for key in keys:
                page.keyboard.press(key)
            page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 120)))")
            worst[where] = max(page.evaluate("window.interactions"), default=0)

        press("list", *"jjjkkxj")
        press("help", "?", "Escape")
        press("search", "/", *"orte")
        page.keyboard.press("Escape")
        page.locator("tr[data-row] a[data-open]").first.click()
        page.wait_for_url("**/patients/*/**")
        page.wait_for_load_state("networkidle")
        press("chart", "t", "r")
        words = ", ".join(f"{where} {took:.0f} ms" if took else f"{where} under 16 ms" for where, took in worst.items())
        print(f"interaction to next paint: {words}")
        browser.close()


if __name__ == "__main__":
    main()
