"""P1 and P2: a page of the worklist against the bare signed-in page, as the panel grows, every order, and deep pages."""

import re
import statistics

from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.harness import in_turn, seconds
from benchmarks.practice import build
from rpm_portal.worklist.filters import CHIPS, SORT_WORDS
from rpm_portal.worklist.keeping import keep_fresh


def main(sizes: tuple[int, ...] = (1_000, 5_000)) -> None:
    """The first page, its slowest order and filter, a page four fifths down, and the statements it takes."""
    first: float | None = None
    for size in sizes:
        practice, doctor = build(size)
        took = seconds(lambda practice=practice: keep_fresh(practice, now=timezone.now(), most=10**9))
        print(f"{size} enrollments decided in {took:.1f} s, {size / took:,.0f} a second")
        with connection.cursor() as cursor:
            # What autovacuum does within minutes of such a night.
            cursor.execute("VACUUM (ANALYZE) worklist_kept, monitoring_standing")
        client = Client()
        client.force_login(doctor, backend="rpm_portal.accounts.backends.PortalBackend")
        with override_settings(ROOT_URLCONF="benchmarks.pages"):
            others = [*(f"/?{chip}=1" for chip in CHIPS), *(f"/?sort={name}" for name, _ in SORT_WORDS)]
            took_by = in_turn(client, ["/bare/", "/", *others])
            bare, page = took_by["/bare/"], took_by["/"]
            with CaptureQueriesContext(connection) as asked:
                client.get("/")
            count = sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for query in asked)
            print(f"P1 worklist, {size}: {page * 1000:.1f} ms, bare {bare * 1000:.1f} ms, {page / bare:.2f} times; {count} statements")  # fmt: skip
            first = first or page
            print(f"   against the smallest panel: {page / first:.2f}")
            slow = max(others, key=lambda address: took_by[address])
            print(f"   the slowest filter or order, {slow}: {took_by[slow] / bare:.2f} times; "
                  f"half of them within {statistics.median(took_by[one] for one in others) / bare:.2f}")  # fmt: skip
            deep = "/?band=2"
            for _ in range(max(1, int(size * 0.8) // 50)):
                after = re.search(r'after=([^"]+)"', client.get(deep).content.decode())
                if after is None:
                    break
                deep = f"/?band=2&after={after[1]}"
            took_by = in_turn(client, ["/", deep])
            print(f"P2 a page four fifths down: {took_by[deep] / took_by['/']:.2f} of the first")
