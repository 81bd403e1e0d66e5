"""P1 and P2: a page of the worklist against the bare signed-in page, as the panel grows, in every filter and order.

Ratios are of CPU time (this process and the database's), with those of wall time in brackets. Default sizes are small
enough for a laptop; `python -m benchmarks worklist 20000` measures more.
"""

import re
from collections.abc import Iterable, Mapping

from django.db import connection
from django.db.models import F
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.harness import Took, in_turn, seconds
from benchmarks.practice import build
from enrollment.models import Clinic, Enrollment, Patient
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.pages.worklist.filters import CHIPS, SORT_WORDS
from rpm_portal.pages.worklist.refresh import refresh_practice

CHIPS_PAGE = "/worklist/counts/"
# Times the bare page, up to a size: first page, any filter or order, the chips' request.
GATES = {1_000: (3.0, 3.5, 2.5), 5_000: (3.0, 3.5, 3.0), 20_000: (3.5, 5.0, 4.0), 100_000: (4.5, 10.0, 8.0)}


def main(sizes: tuple[int, ...] = (1_000, 5_000)) -> None:
    """The first page, each filter and order, the chips, a page four fifths down, and the statements of a page."""
    first: float | None = None
    for size in sizes:
        practice, doctor = build(size)
        took = seconds(lambda practice=practice: refresh_practice(practice, now=timezone.now(), most=10**9))
        print(f"{size} enrollments decided in {took:.1f} s, {size / took:,.0f} a second")
        mixed(practice)
        client = Client()
        client.force_login(doctor, backend="rpm_portal.accounts.backends.PortalBackend")
        with override_settings(ROOT_URLCONF="benchmarks.pages"):
            others = [*(f"/?{chip}=1" for chip in CHIPS), *(f"/?sort={name}" for name, _ in SORT_WORDS)]
            took_by = in_turn(client, ["/bare/", "/", CHIPS_PAGE, *others])
            with CaptureQueriesContext(connection) as asked:
                client.get("/")
            count = sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for query in asked)
            page, bare = took_by["/"], took_by["/bare/"]
            first = first or page.database
            print(f"P1 worklist, {size}: {page.cpu * 1000:.1f} ms of CPU, bare {bare.cpu * 1000:.1f} ms; {count} statements; "
                  f"database {page.database * 1000:.1f} ms, {page.database / first:.2f} times the smallest panel")  # fmt: skip
            page_gate, other_gate, chips_gate = next(gate for limit, gate in GATES.items() if size <= limit)
            _report("first page", ["/"], took_by, gate=page_gate)
            _report("filters and orders", others, took_by, gate=other_gate)
            _report("chips", [CHIPS_PAGE], took_by, gate=chips_gate)
            nurse, addresses = named(practice)
            client.force_login(nurse, backend="rpm_portal.accounts.backends.PortalBackend")
            _report("few of the panel", addresses, in_turn(client, ["/bare/", *addresses]), gate=other_gate)
            _deep(client, size)


def _report(name: str, addresses: Iterable[str], took_by: Mapping[str, Took], *, gate: float) -> None:
    """Each address in times of the bare page, and whether the slowest is within the gate."""
    bare = took_by["/bare/"]
    ratios = {address: took_by[address].cpu / bare.cpu for address in addresses}
    words = ", ".join(
        f"{address} {ratio:.2f} [{took_by[address].wall / bare.wall:.2f}]" for address, ratio in ratios.items()
    )
    verdict = "met" if max(ratios.values()) <= gate else "MISSED"
    print(f"   {name}, gate {gate} {verdict}: {words}")


def _deep(client: Client, size: int) -> None:
    """P2: a page four fifths down the largest band against its first page."""
    deep = start = "/?band=3"
    for _ in range(max(1, int(size * 0.8 * 0.5) // 50)):
        after = re.search(r'after=([^"]+)"', client.get(deep).content.decode())
        if after is None:
            break
        deep = f"{start}&after={after[1]}"
    took_by = in_turn(client, [start, deep])
    print(f"P2 a page four fifths down: {took_by[deep].cpu / took_by[start].cpu:.2f} of the first, gate 1.3")


def mixed(practice: Practice) -> None:
    """5 of a hundred with an alert, 15 silent, 20 without a call, 10 with a period about to close, 50 steady.

    The columns are set on the worklist's own rows: the engine decides about nothing here, the page only reads.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE monitoring_standing SET open_critical = 0, open_high = CASE WHEN id %% 20 = 0 THEN 1 ELSE 0 END, "
            "last_reading_at = %s::timestamptz - make_interval(mins => (id %% 3000)::int) - "
            "CASE WHEN id %% 20 IN (1, 2, 3) THEN interval '4 days' ELSE interval '0' END WHERE practice_id = %s",
            [now, practice.pk],
        )
        cursor.execute(
            "INSERT INTO timetracking_monthtotal (practice_id, enrollment_id, month, provider_seconds, staff_seconds, "
            "live_contacts, last_live_on) SELECT practice_id, enrollment_id, date_trunc('month', %s::timestamptz)::date, 0, "
            "900, 1, CASE WHEN id %% 20 NOT IN (4, 5, 6, 7) THEN %s::date END FROM monitoring_standing WHERE practice_id = %s",
            [now, now, practice.pk],
        )
        cursor.execute(
            "UPDATE worklist_row r SET slack = CASE WHEN s.id %% 20 IN (8, 9) THEN 2 ELSE 20 END, place_until = 'epoch' "
            "FROM monitoring_standing s WHERE s.enrollment_id = r.enrollment_id AND r.practice_id = %s",
            [practice.pk],
        )
    refresh_practice(practice, now=now, most=10**9)
    with connection.cursor() as cursor:
        # The bulk fill leaves dead rows that services, which write one patient at a time, do not.
        cursor.execute("VACUUM FULL worklist_row")
    _vacuum()


def _vacuum() -> None:
    """What autovacuum does within minutes."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) worklist_row, worklist_display, monitoring_standing, enrollment_enrollment")


def named(practice: Practice) -> tuple[User, list[str]]:
    """What few of a panel are: the 150 of a nurse, and a fiftieth by clinic, condition and language.

    Returns the nurse and the addresses that name them.
    """
    size = Enrollment.objects.filter(practice=practice).count()
    nurse = Membership.objects.filter(practice=practice, role="clinical_staff").select_related("user").latest("pk")
    clinic = Clinic.objects.create(practice=practice, name="East")
    fiftieth = {"practice": practice, "fiftieth": 0}
    rows = Enrollment.objects.annotate(fiftieth=F("pk") % 50)
    rows.filter(**fiftieth).update(clinic=clinic, condition="Asthma")
    rows.filter(practice=practice, fiftieth__in=(1, 2, 3)).update(condition="Gout")
    hers = Enrollment.objects.annotate(turn=F("pk") % max(1, size // 150))
    hers.filter(practice=practice, turn=0).update(looked_after_by=nurse)
    Patient.objects.annotate(fiftieth=F("pk") % 50).filter(**fiftieth).update(language="es")
    refresh_practice(practice, now=timezone.now(), most=10**9)
    _vacuum()
    return nurse.user, ["/?mine=1", "/?mine=1&quiet=1", "/?mine=1&sort=name", "/?clinic=East", "/?condition=Asthma",
                        "/?condition=Gout", "/?payer=Medicare", "/?spanish=1"]  # fmt: skip
