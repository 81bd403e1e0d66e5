"""P4: start, stop, switch and heartbeat of the timer, against a bare insert and fragment with the same sign-in."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from benchmarks.practice import build
from enrollment.models import Enrollment
from rpm_portal.accounts.sent_forms import FIELD, new_key
from rpm_portal.urls import urlpatterns as portal
from timetracking.models import Proof, TimeEntry

ROUNDS = 40
_minute = 0


def bare(request: HttpRequest) -> HttpResponse:
    """The limit: insert one time entry without checks, and render the same fragment."""
    global _minute
    _minute += 1
    start = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(minutes=_minute)
    enrollment = bare.enrollment  # type: ignore[attr-defined]
    with transaction.atomic():
        TimeEntry.objects.create(
            practice_id=enrollment.practice_id,
            enrollment=enrollment,
            staff=request.user,
            role="physician",
            program="RPM",
            activity="review",
            proof=Proof.TIMER,
            started_at=start,
            stopped_at=start + timedelta(seconds=30),
            entered_by=request.user,
            entered_at=timezone.now(),
        )
    return render(request, "timetracking/_timer.html", {"bar": None, "so_far": {"worked": "0:00"}})


urlpatterns = [path("bare/", bare), *portal]


def main(size: int = 500) -> None:
    """Measure each timer request, alternating with the bare request."""
    practice, doctor = build(size)
    rows = list(Enrollment.objects.filter(practice=practice).order_by("pk")[:2])
    bare.enrollment = rows[0]  # type: ignore[attr-defined]
    client = Client()
    client.force_login(doctor, backend="rpm_portal.accounts.backends.PortalBackend")
    headers = {"HX-Request": "true"}

    def press(address: str, **data: str) -> None:
        assert client.post(address, {FIELD: new_key(), **data}, headers=headers).status_code in {200, 204}

    def start(row: Enrollment, activity: str = "review") -> None:
        press(f"/timer/start/{row.public_id}/", activity=activity, stop_other="1")

    def start_back_dated() -> None:
        """A timer that started two seconds ago, so that a stop has time to count."""
        TimeEntry.objects.create(
            practice_id=rows[0].practice_id,
            enrollment=rows[0],
            staff=doctor,
            role="physician",
            program="RPM",
            activity="review",
            proof=Proof.TIMER,
            started_at=timezone.now() - timedelta(seconds=2),
            entered_by=doctor,
            entered_at=timezone.now(),
        )

    def void_running() -> None:
        running = TimeEntry.objects.filter(staff=doctor, started_at__year__gt=2020, voided_at=None)
        running.update(voided_at=timezone.now(), voided_by=doctor, void_reason="benchmark")

    subjects = {
        "start": (void_running, lambda: start(rows[0])),
        "beat": (lambda: None, lambda: press("/timer/beat/")),
        "stop": (lambda: (void_running(), start_back_dated()), lambda: press("/timer/stop/")),
        "switch": (lambda: (void_running(), start_back_dated()), lambda: start(rows[1])),
        "look": (lambda: None, lambda: client.get("/timer/?shown=none", headers=headers)),
    }
    with override_settings(ROOT_URLCONF="benchmarks.timers"):
        for name, (before, subject) in subjects.items():
            _measure(name, before, subject, lambda: press("/bare/"))


def _measure(name: str, before, subject, baseline) -> None:  # type: ignore[no-untyped-def]
    import statistics
    import time

    ours, limit = [], []
    for _ in range(ROUNDS):
        before()
        for work, into in ((baseline, limit), (subject, ours)):
            started = time.perf_counter()
            work()
            into.append(time.perf_counter() - started)
    ours_median, limit_median = statistics.median(ours), statistics.median(limit)
    print(
        f"timer {name}: {ours_median * 1000:.1f} ms, bare insert and fragment {limit_median * 1000:.1f} ms, {ours_median / limit_median:.2f} times"
    )


if __name__ == "__main__":
    main()
