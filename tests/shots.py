"""`make shots`: contact sheets of every page of the sample practice, at three widths, light and dark.

Starts servers and a practice of its own, which are deleted at the end, and follows the links of four roles with the
installed Chromium. Writes `var/shots/<width>-<scheme>.png`, a page for each role and name in folders, and
`index.html`. Nothing here is compared: a person looks at the sheets.
"""

import html
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page, sync_playwright

from rpm_portal import demo, embedded
from rpm_portal.sample.people import PASSWORD, STAFF
from tests.processes import port_of_its_own

OUT = Path(__file__).resolve().parent.parent / "var" / "shots"
ROLES = ("nurse", "physician", "manager", "admin")
WIDTHS = {1440: 900, 1280: 800, 390: 844}
SCHEMES = ("light", "dark")
MOST_PAGES = 90  # of a role
COLUMNS = {1440: 4, 1280: 4, 390: 8}
LINKS = "[...document.querySelectorAll('a[href^=\"/\"]:not([download])')].map((link) => link.getAttribute('href'))"
FILES = (
    ".pdf",
    ".csv",
    ".xlsx",
    ".zip",
    "/pdf/",
    "/file/",
    "/template/",
    "/packet/",
    "/logout/",
    "/admin/",
    "/openapi",
)


def sign_in(page: Page, base: str, email: str) -> None:
    """Sign in with the form."""
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def name_of(path: str) -> str | None:
    """The name of the page at an address; None for files and addresses outside the portal."""
    if any(part in path for part in FILES):
        return None
    try:
        return resolve(urlsplit(path).path).view_name or None
    except Resolver404:
        return None


def pages_of(page: Page, base: str, *, known: set[str]) -> Iterator[tuple[str, str]]:
    """Each page once by its name, found by following links; those in `known` are opened and left out."""
    waiting, seen = ["/", "/styleguide/"], set[str]()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        name = name_of(path)
        if name is None or name in seen:
            continue
        seen.add(name)
        answer = page.goto(base + path)
        if answer is None or not answer.ok:
            continue
        page.wait_for_load_state("networkidle")
        waiting += page.evaluate(LINKS)
        if name not in known:
            yield name, path


def take(browser: Browser, base: str) -> dict[tuple[int, str], list[tuple[str, Path]]]:
    """The pictures of every page by width and scheme."""
    taken: dict[tuple[int, str], list[tuple[str, Path]]] = {}
    known: set[str] = set()
    for role in ROLES:
        page = browser.new_context(reduced_motion="reduce").new_page()
        page.set_default_timeout(60_000)
        sign_in(page, base, STAFF[role][0])
        for name, _ in pages_of(page, base, known=known):
            known.add(name)
            for width, height in WIDTHS.items():
                for scheme in SCHEMES:
                    page.set_viewport_size({"width": width, "height": height})
                    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                    file = OUT / f"{width}-{scheme}" / f"{role}-{name.replace(':', '-')}.png"
                    page.screenshot(path=file, full_page=width == 390, animations="disabled")
                    taken.setdefault((width, scheme), []).append((f"{role}: {name}", file))
        page.context.close()
    return taken


def write_sheets(browser: Browser, taken: dict[tuple[int, str], list[tuple[str, Path]]]) -> None:
    """One picture with all pages of a width and scheme, and an index of them."""
    page = browser.new_page(viewport={"width": 2400, "height": 1200})
    for (width, scheme), rows in taken.items():
        figures = "".join(
            f'<figure><figcaption>{html.escape(title)}</figcaption><img src="{file.as_uri()}"></figure>'
            for title, file in rows
        )
        style = (
            f"body{{margin:12px;font:13px sans-serif;display:grid;gap:12px;grid-template-columns:repeat({COLUMNS[width]},1fr)}}"
            "figure{margin:0}img{width:100%;max-height:900px;object-fit:cover;object-position:top;border:1px solid #999}"
        )
        sheet = OUT / f"{width}-{scheme}.html"
        sheet.write_text(f"<!doctype html><title>{width} {scheme}</title><style>{style}</style>{figures}")
        page.goto(sheet.as_uri())
        page.screenshot(path=OUT / f"{width}-{scheme}.png", full_page=True)
    links = "".join(f'<li><a href="{w}-{s}.html">{w} px, {s}</a></li>' for w, s in taken)
    (OUT / "index.html").write_text(f"<!doctype html><title>Contact sheets</title><ul>{links}</ul>")


def start_portal(port: int) -> "subprocess.Popen[bytes]":
    """The web server with the sample practice, ready to answer."""
    demo.run("migrate", "--verbosity", "0")
    demo.run("load_sample")
    web = ["gunicorn", "rpm_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    server = demo.start(*web, "--worker-class", "gthread", "--log-level", "warning")
    deadline = time.monotonic() + embedded.STARTS_WITHIN
    while not demo.answers(port):
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit("The portal did not start; see its output above.")
        time.sleep(0.2)
    return server


def main() -> None:
    """Start the portal, take the pictures, and write the sheets."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium on this machine; install it to make the contact sheets.")
    for width in WIDTHS:
        for scheme in SCHEMES:
            (OUT / f"{width}-{scheme}").mkdir(parents=True, exist_ok=True)
    with embedded.stopped_on_exit(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        embedded.attach(os.environ, Path(folder), throw_away=True)
        os.environ.setdefault("PORTAL_HTTPS", "false")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")
        import django

        django.setup()
        port = port_of_its_own()
        server = start_portal(port)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                write_sheets(browser, take(browser, f"http://localhost:{port}"))
        finally:
            demo.stop_all([server])
    demo.print_line(f"{OUT}/index.html")


if __name__ == "__main__":
    main()
