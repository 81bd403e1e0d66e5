"""Import of time entries: checked row by row, existing entries and earlier rows keep their time."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.builders import at
from timetracking import timers
from timetracking.import_entries import COLUMNS, free_spans, import_entries
from timetracking.models import TimeEntry

NOW = at("2026-03-20", "12:00:00")
HEADER = ",".join(COLUMNS)


def line(
    start, stop, *, mrn="A1", program="RPM", staff="p.clinical_staff@example.com", activity="review", reason="old log"
):
    return f"{mrn},{program},{staff},2026-03-10T{start},2026-03-10T{stop},{activity},{reason}"


def run_import(world, *lines, keep=True, by="manager"):
    body = "\n".join([HEADER, *lines]).encode()
    return import_entries(practice=world.practice, body=body, by=world.members[by], now=NOW, keep=keep)


def results(outcomes):
    return [(outcome.line, outcome.kind, outcome.message) for outcome in outcomes]


def test_a_check_saves_nothing_and_shows_the_results(world):
    outcomes = run_import(world, line("09:00:00", "09:05:00"), keep=False)

    assert results(outcomes) == [(2, "kept", "5:00")]
    assert not TimeEntry.objects.exists()


def test_the_earliest_keeps_its_minutes_whatever_the_order_of_lines(world):
    outcomes = run_import(
        world, line("09:03:00", "09:08:00"), line("09:00:00", "09:05:00"), line("09:01:00", "09:04:59")
    )

    assert results(outcomes) == [
        (2, "shortened", "3:00 of 5:00: the rest belongs to earlier time"),
        (3, "kept", "5:00"),
        (4, "refused", "the person was with a patient in all of that time already"),
    ]
    spans = TimeEntry.objects.order_by("started_at").values_list("started_at", "stopped_at")
    nine = at("2026-03-10")
    minutes = timedelta(minutes=1)
    assert list(spans) == [(nine, nine + 5 * minutes), (nine + 5 * minutes, nine + 8 * minutes)]


def test_existing_time_is_kept_and_a_row_can_be_split_in_two(world):
    world.work("2026-03-10", 60, clock="09:02:00")
    outcomes = run_import(world, line("09:00:00", "09:05:00"))

    assert results(outcomes) == [(2, "shortened", "4:00 of 5:00 in 2 parts: the rest belongs to earlier time")]
    entry = TimeEntry.objects.filter(proof="on_behalf").first()
    assert entry.entered_by == world.user("manager")
    assert entry.staff == world.user("clinical_staff")
    assert entry.reason == "Imported: old log"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (line("09:00:00", "09:00:00"), "must come after"),
        (line("09:05:00", "09:00:00"), "must come after"),
        (line("09:00", "later"), "stopped_at is written"),
        (line("09:00:00", "13:00:01"), "four hours"),
        (line("09:00:00", "09:05:00", mrn="A9"), "no enrollment"),
        (line("09:00:00", "09:05:00", mrn="C1"), "no enrollment"),
        (line("09:00:00", "09:05:00", program="RTM"), "no enrollment"),
        (line("09:00:00", "09:05:00", staff="c.clinical_staff@example.com"), "nobody with this staff_email"),
        (line("09:00:00", "09:05:00", activity="nap"), "activity is one of"),
        (line("09:00:00", "09:05:00", reason=""), "where the time is known from"),
        (line("09:00:00", "09:05:00", reason="=1+1"), "where the time is known from"),
        (line("09:00:00", "09:05:00").replace("2026-03-10", "2026-03-21"), "before it is worked"),
        (line("09:00:00", "09:05:00").replace("2026-03-10", "2026-01-04"), "not begun"),
        ("A1,RPM", "2 cells where 7 belong"),
    ],
)
def test_a_refused_line_has_its_reason_and_the_others_are_saved(world, text, message):
    outcomes = run_import(world, text, line("10:00:00", "10:05:00"))

    assert [outcome.kind for outcome in outcomes] == ["refused", "kept"]
    assert message in outcomes[0].message


def test_a_closed_month_refuses_imported_time(world):
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=NOW)

    assert "locked" in run_import(world, line("09:00:00", "09:05:00"))[0].message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x00\x01", "no CSV"), (b"\xff\xfe", "not UTF-8"), (b"a,b\n", "missing: record_number"),
        ((HEADER + "\n" + (line("09:00:00", "09:05:00") + "\n") * 1001).encode(), "more than 1000 lines"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_the_template_is_refused(world, body, message):
    with pytest.raises(Refused, match=message):
        import_entries(practice=world.practice, body=body, by=world.members["manager"], now=NOW, keep=True)


def test_the_page_checks_then_saves_and_records_an_audit_event(world):
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    text = f"{HEADER}\n{line('09:00:00', '09:05:00')}"
    file = SimpleUploadedFile("old.csv", text.encode())

    checked = client.post("/time/import/", {"file": file, "check": "1"}).content.decode()
    assert "What would be kept" in checked
    assert "Save these lines" in checked
    assert not TimeEntry.objects.exists()
    kept = client.post("/time/import/", {"text": text, "keep": "1"}).content.decode()
    assert "What was kept" in kept
    assert TimeEntry.objects.count() == 1
    assert client.post("/time/import/", {"text": " "}).status_code == 422
    from rpm_portal.audit.models import Event

    assert Event.objects.get(action="import_time").detail == {"kept": 1, "shortened": 0, "refused": 0}


def test_free_spans():
    a, m = at("2026-03-10"), timedelta(minutes=1)

    assert free_spans((a, a + 9 * m), []) == [(a, a + 9 * m)]
    assert free_spans((a, a + 9 * m), [(a - m, a + m), (a + 2 * m, a + 3 * m), (a + 8 * m, a + 20 * m)]) == [
        (a + m, a + 2 * m), (a + 3 * m, a + 8 * m),
    ]  # fmt: skip
    assert free_spans((a, a + m), [(a, a + m)]) == []
    assert free_spans((a, a + m), [(a + m, a + 2 * m)]) == [(a, a + m)]
