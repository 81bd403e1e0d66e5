"""P1 and P2: a page of the worklist against the bare signed-in page, as the panel grows, every order, and deep pages."""

import re
import statistics

from django.db import connection
from django.db.models import F
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.harness import in_turn, seconds
from benchmarks.practice import build
from enrollment.models import Clinic, Enrollment, Patient, Payer
from monitoring.models import Standing
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.pages.worklist.cache.refresh import keep_fresh
from rpm_portal.pages.worklist.filters import CHIPS, SORT_WORDS
from rpm_portal.pages.worklist.models import Kept


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
            narrowed(practice)
            calm(practice, client)


def named(practice: Practice) -> tuple[User, list[str]]:
    """What few of a panel are: the 150 of a nurse, and a fiftieth by clinic, condition, payer and language; and three
    fiftieths by condition, which in a large panel are neither few nor many.

    Returns the nurse and the addresses that name them.
    """
    size = Enrollment.objects.filter(practice=practice).count()
    nurse = Membership.objects.filter(practice=practice, role="clinical_staff").select_related("user").latest("pk")
    clinic = Clinic.objects.create(practice=practice, name="East")
    payer = Payer.objects.create(practice=practice, name="Small Plan")
    fiftieth = {"practice": practice, "fiftieth": 0}
    rows = Enrollment.objects.annotate(fiftieth=F("pk") % 50)
    rows.filter(**fiftieth).update(clinic=clinic, condition="Asthma")
    rows.filter(practice=practice, fiftieth__in=(1, 2, 3)).update(condition="Gout")
    hers = Enrollment.objects.annotate(turn=F("pk") % max(1, size // 150))
    hers.filter(practice=practice, turn=0).update(looked_after_by=nurse)
    Patient.objects.annotate(fiftieth=F("pk") % 50).filter(**fiftieth).update(language="es")
    keep_fresh(practice, now=timezone.now(), most=10**9)
    Kept.objects.annotate(fiftieth=F("pk") % 50).filter(**fiftieth).update(payer=payer)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) worklist_kept, enrollment_enrollment, enrollment_patient")
    return nurse.user, ["/?mine=1", "/?mine=1&quiet=1", "/?mine=1&sort=name", "/?clinic=East", "/?condition=Asthma",
                        "/?condition=Gout", "/?payer=Small+Plan", "/?spanish=1"]  # fmt: skip


def narrowed(practice: Practice) -> None:
    """P1 for those who look at few: each address against the bare page."""
    nurse, addresses = named(practice)
    client = Client()
    client.force_login(nurse, backend="rpm_portal.accounts.backends.PortalBackend")
    took = in_turn(client, ["/bare/", *addresses])
    told = ", ".join(f"{address[1:]} {took[address] / took['/bare/']:.2f}" for address in addresses)
    print(f"   few of the panel, times the bare page: {told}")


def calm(practice: Practice, client: Client) -> None:
    """P1 in every order where hardly anybody has an alert: a band of three is not found by going along all names."""
    Standing.objects.filter(practice=practice).update(open_critical=0, open_high=0)
    three = Standing.objects.filter(practice=practice).order_by("pk")[:3]
    Standing.objects.filter(pk__in=list(three.values_list("pk", flat=True))).update(open_high=1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) worklist_kept, monitoring_standing")
    addresses = ["/", *(f"/?sort={name}" for name, _ in SORT_WORDS)]
    took = in_turn(client, ["/bare/", *addresses])
    told = ", ".join(f"{address[1:] or 'page'} {took[address] / took['/bare/']:.2f}" for address in addresses)
    print(f"   three with alerts, times the bare page: {told}")
