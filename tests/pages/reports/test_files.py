"""Files of reports: numbers and dates as such, no formulas, audited; large ones by the worker, for who asked only."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from openpyxl import load_workbook

from enrollment.models import Patient
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.reports import runs, tasks
from rpm_portal.pages.reports.definition import ReportDefinition
from rpm_portal.pages.reports.models import ReportRun
from tests.billing.answers.answers_world import NOW, answers_world, version
from tests.billing.ledger.test_underpayments import pay
from tests.test_access import signed_in

MONTHS = "period=months&first=2026-10&last=2026-10"
LINES = f"subject=lines&column=month&column=patient&column=code&column=date_of_service&column=units&{MONTHS}"
MONEY = f"subject=balances&column=month&column=patient&column=paid&column=open&{MONTHS}"


@pytest.fixture
def world(db):
    return answers_world()


def cells(response, sheet="report"):
    return list(load_workbook(io.BytesIO(response.content))[sheet].iter_rows(values_only=True))


def test_a_csv_has_numbers_dates_and_no_formula(world):
    Patient.objects.filter(pk=version(world, 1).claim.patient_id).update(family_name="=1+1")
    pay(world, 1, [], [], trace="EFT9001")
    pay(world, 1, [], [], trace="EFT9002")  # paid twice: the open amount is negative
    client = signed_in(world.user("biller"))
    response = client.get(f"/reports/file/csv/?{MONEY}")
    assert response["Content-Disposition"] == 'attachment; filename="balances-2026-10-2026-10.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["Month", "Patient", "Paid", "Open"]
    assert ["2026-10", "'=1+1, Nora", "130.00", "-65.00"] in rows
    assert len(rows) == 20


def test_an_excel_file_has_numbers_real_dates_and_says_what_it_is(world):
    Patient.objects.filter(pk=version(world, 1).claim.patient_id).update(family_name="+cmd|' /C calc'!A0")
    response = signed_in(world.user("biller")).get(f"/reports/file/xlsx/?{LINES}&payer=Medicare+Part+B")
    header, *rows = cells(response)
    assert header == ("Month", "Patient", "Code", "Date of service", "Units")
    assert rows[0][1].startswith("'+CMD")
    month, _, _, dos, units = rows[0]
    assert (month.date(), dos.date(), units) == (date(2026, 10, 1), date(2026, 10, 15), 1)
    about = dict(cells(response, "about"))
    assert about["Months"] == "2026-10 to 2026-10"
    assert about["Payer"] == "Medicare Part B"
    money = cells(signed_in(world.user("biller")).get(f"/reports/file/xlsx/?{MONEY}&group=payer"))
    assert money[-1][0] == "Total"
    assert all(isinstance(cell, int | float) for row in money[1:] for cell in row[1:])


def test_each_view_and_file_is_in_the_audit_history_without_names(world):
    client = signed_in(world.user("biller"))
    client.get(f"/reports/view/?{LINES}")
    client.get(f"/reports/file/csv/?{LINES}")
    events = Event.objects.filter(practice=world.practice, action__in=["read_report", "export_report"]).order_by("pk")
    assert [(event.action, event.subject) for event in events] == [
        ("read_report", "report:lines"), ("export_report", "report:lines"),
    ]  # fmt: skip
    assert events[1].detail["columns"] == ["month", "patient", "code", "date_of_service", "units"]
    assert events[1].detail["rows"] == 19
    assert "ASHBY" not in str(events[1].detail)


def ask(world, query=LINES, *, role="biller", shape="csv"):
    return runs.request_file(
        definition=ReportDefinition.of_query(query), shape=shape, title="All lines", by=world.members[role], now=NOW
    )


def test_a_large_file_is_written_once_in_the_background_and_is_for_who_asked(world, monkeypatch):
    monkeypatch.setattr(runs, "MAX_ROWS_IN_REQUEST", 18)
    client, other = signed_in(world.user("biller")), signed_in(world.user("manager"))
    assert client.get(f"/reports/file/csv/?{LINES}").status_code == 422
    assert "Create file" in client.get(f"/reports/view/?{LINES}").content.decode()
    fields = {"subject": "lines", "period": "months", "first": "2026-10", "last": "2026-10", "shape": "csv"}
    response = client.post("/reports/make/", fields)
    run = ReportRun.objects.get()
    assert response["Location"] == f"/reports/runs/{run.public_id}/"
    assert client.get(f"{response['Location']}file/").status_code == 404, "not written yet"
    assert runs.write(run.pk, now=NOW)
    assert not runs.write(run.pk, now=NOW), "written once"
    body = client.get(f"{response['Location']}file/").content.decode("utf-8-sig")
    assert len(body.splitlines()) == 20
    assert Event.objects.filter(action="export_report", subject=f"reportrun:{run.public_id}").count() == 1
    for address in (response["Location"], f"{response['Location']}file/"):
        assert other.get(address).status_code == 404
        assert signed_in(world.other.user("biller")).get(address).status_code == 404


def test_a_run_that_fails_ends_with_a_sentence_without_a_name(world, monkeypatch):
    run = ask(world)

    def fail(*args):
        raise ValueError("ASHBY, Nora")

    monkeypatch.setattr(runs, "file_of", fail)
    assert runs.write(run.pk, now=NOW)
    run = ReportRun.objects.get()
    assert run.message == "The file could not be written (ValueError). Ask for it again."
    assert run.body is None


def test_too_many_rows_and_too_many_waiting_files_are_refused(world, monkeypatch):
    for _ in range(runs.MAX_WAITING):
        ask(world)
    with pytest.raises(Refused, match="being written"):
        ask(world)
    ask(world, role="manager")
    monkeypatch.setattr(runs, "MAX_ROWS", 18)
    with pytest.raises(Refused, match="19 rows; a file has at most 18"):
        ask(world, role="physician")
    with pytest.raises(Refused, match="CSV or Excel"):
        ask(world, role="physician", shape="exe")


def test_a_lost_message_is_sent_again_and_old_files_are_deleted(world, monkeypatch):
    run, sent = ask(world), []
    monkeypatch.setattr(tasks.write_report, "delay", sent.append)
    assert not runs.waiting(before=NOW).exists()
    assert runs.waiting(before=NOW + timedelta(seconds=1)).get() == run
    ReportRun.objects.update(signaled_at=NOW - timedelta(days=3000))
    tasks.sweep_reports()
    assert sent == [run.pk]
    runs.write(run.pk, now=NOW)
    assert runs.delete_expired_bodies(now=NOW + timedelta(days=30)) == 0
    assert runs.delete_expired_bodies(now=NOW + timedelta(days=30, seconds=1)) == 1
    run = ReportRun.objects.get()
    assert (run.body, run.rows) == (None, 19)
    with pytest.raises(DatabaseError), transaction.atomic():
        ReportRun.objects.update(query="subject=time")


def test_minutes_are_numbers(world):
    world.work("2026-10-05", 90)
    response = signed_in(world.user("manager")).get(
        f"/reports/file/csv/?subject=time&group=staff&column=seconds&{MONTHS}"
    )
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1:] == [["Clinical_Staff P", "1", str(Decimal("1.50"))], ["Total", "1", "1.50"]]
