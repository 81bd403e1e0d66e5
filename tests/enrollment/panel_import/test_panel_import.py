"""Import of a panel: checked by line, committed as a whole, and only once; hostile files."""

import cProfile
import csv
import io
import pstats

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrollment.models import Coverage, Device, DeviceAssignment, Enrollment, Panel, Patient
from enrollment.panel_import.commit import check_panel, commit_panel, request_commit
from enrollment.panel_import.read import COLUMNS, open_file, rejected_csv
from enrollment.services import drafts_of
from rpm_portal.core.identifiers import luhn_digit
from rpm_portal.core.refusals import Refused
from tests.builders import NPI, at
from tests.conftest import wait_for

NOW = at("2026-03-10", "10:00:00")
GOOD = {
    "record_number": "N-1", "family_name": "Bell", "given_name": "Ada", "born_on": "1951-05-14", "sex": "F",
    "phone": "+1 312 555 0100", "language": "en", "last_visit": "2026-02-01", "payer": "medicare part b",
    "member_id": "1EG4-TE5-MK73", "coverage_from": "2026-01-01", "program": "RPM", "diagnosis": "I10",
    "diagnosis_kind": "chronic", "condition": "Hypertension", "billing_npi": NPI, "order_measures": "blood pressure",
    "order_frequency": "daily", "order_necessity": "Values differ.", "device_model": "ArmCuff",
    "device_serial": "NEW-1",
}  # fmt: skip


def a_file(*rows, header=COLUMNS):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([row.get(name, "") for name in COLUMNS])
    return out.getvalue().encode()


def checked(world, *rows):
    return check_panel(practice=world.practice, body=a_file(*rows), by=world.user("manager"), now=NOW)


def committed(world, panel):
    request_commit(panel=panel, by=world.user("manager"), now=NOW)
    commit_panel(panel.pk, now=NOW, report_progress=lambda done, stage: None)
    panel.refresh_from_db()
    return panel


def test_a_line_becomes_a_patient_with_coverage_draft_order_and_device(world):
    panel = committed(world, checked(world, GOOD))
    row = Enrollment.objects.get(patient__mrn="N-1")
    draft = drafts_of(practice=world.practice, user=world.user("physician"), enrollment=row)["order"]

    assert (panel.state, panel.good, panel.same, panel.body) == ("done", 1, 0, None)
    assert (row.state, row.program, row.patient.zone) == ("draft", "RPM", world.practice.zone)
    assert row.patient.coverages.get().member_id == "1EG4TE5MK73"
    assert draft.values["measures"] == "blood pressure"
    assert not row.orders.exists()
    assert row.assignments.get().device.serial == "NEW-1"
    assert row.patient.history.get().history_change_reason == "Imported with a file of patients"
    assert Patient.objects.all().matching("bell 1951", practice=world.practice.pk).count() == 1


def test_the_same_file_twice_adds_nothing(world):
    committed(
        world, checked(world, GOOD, GOOD | {"record_number": "N-2", "given_name": "Bo", "device_serial": "NEW-2"})
    )
    again = checked(world, GOOD, GOOD | {"record_number": "N-2", "given_name": "Bo", "device_serial": "NEW-2"})

    assert (again.good, again.same, again.problems) == (0, 2, [])
    assert Patient.objects.for_practice(world.practice).count() == 3


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"record_number": ""}, "record_number", "needed"),
        ({"born_on": "14.05.1951"}, "born_on", "1950-03-02"),
        ({"born_on": "2030-01-01"}, "born_on", "future"),
        ({"born_on": "1880-01-01"}, "born_on", "older than"),
        ({"sex": "X"}, "sex", "one of"),
        ({"payer": "Nobody"}, "payer", "no payer"),
        ({"member_id": "1SG4TE5MK73"}, "member_id", "Medicare id"),
        ({"coverage_to": "2025-01-01"}, "coverage_to", "before it begins"),
        ({"program": "RTM"}, "rtm_system", "body system"),
        ({"program": "XYZ"}, "program", "one of"),
        ({"diagnosis": "HTN"}, "diagnosis", "ICD-10"),
        ({"billing_npi": "1245319598"}, "billing_npi", "no provider"),
        ({"supervising_npi": "1"}, "supervising_npi", "no provider"),
        ({"device_model": "Nothing"}, "device_model", "no device model"),
        ({"device_serial": "cuff-p"}, "device_serial", "another patient"),
        ({"device_serial": "35902104100000" + str((int(luhn_digit("35902104100000")) + 1) % 10)}, "device_serial", "IMEI"),
        ({"device_serial": ""}, "device_model", "names its model and its number"),
        ({"order_frequency": ""}, "order_frequency", "what is measured"),
        ({"zone": "Mars/Base"}, "zone", "America/Chicago"),
        ({"record_number": "A1"}, "record_number", "another patient"),
        ({"condition": "=HYPERLINK(1)"}, "condition", "formula"),
        ({"family_name": "@SUM(A1)"}, "family_name", "formula"),
        ({"phone": "=1+1"}, "phone", "not a phone"),
        ({"family_name": "x" * 81}, "family_name", "longer than 80"),
    ],
)  # fmt: skip
def test_each_bad_cell_is_reported_by_line_column_and_reason_and_affects_no_other_line(world, change, column, reason):
    valid = GOOD | {"record_number": "N-9", "device_serial": "NEW-9"}
    panel = checked(world, GOOD | change, valid)

    assert panel.good == 1
    assert [problem for problem in panel.problems if problem[:2] == [2, column] and reason in problem[2]]
    assert {problem[0] for problem in panel.problems} == {2}


def test_two_lines_with_the_same_record_number_are_both_refused(world):
    panel = checked(world, GOOD, GOOD | {"given_name": "Bo"})

    assert panel.good == 0
    assert {(line, column) for line, column, _ in panel.problems} >= {(2, "record_number"), (3, "record_number")}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", "template", id="empty"),
        pytest.param("Núñez".encode("cp1252"), "CSV UTF-8", id="another encoding"),
        pytest.param(b"\x00\x01\x02", "no CSV", id="binary"),
        pytest.param(a_file(header=COLUMNS[:-2]), "missing: postal_code", id="a column short"),
        pytest.param(a_file(header=[*COLUMNS[:-2], "clinic"]), "missing: postal_code", id="one in the middle short"),
        pytest.param(a_file(header=[*COLUMNS, "salary"]), "not known: salary", id="a column more"),
        pytest.param(b"x" * (10 * 1024 * 1024 + 1), "10 MB", id="too large"),
    ],
)
def test_an_unreadable_file_is_refused_as_a_whole(body, message):
    with pytest.raises(Refused, match=message):
        open_file(body)


def test_the_refused_lines_are_exported_with_reasons_and_without_formulas(world):
    bad = GOOD | {"condition": "=cmd()", "record_number": "-5+1"}
    body = a_file(bad)
    panel = checked(world, bad)
    lines = list(csv.reader(io.StringIO(rejected_csv(body.decode(), panel.problems))))

    assert lines[0][:2] == ["line", "what_is_wrong"]
    assert "formula" in lines[1][1]
    assert not [cell for cell in lines[1] if cell[:1] in set("=+-@") and cell != GOOD["phone"]]


def test_a_commit_skips_rows_that_were_added_after_the_check(world):
    first, second = checked(world, GOOD), checked(world, GOOD)
    committed(world, first)
    committed(world, second)

    assert (second.state, second.good, second.same) == ("done", 0, 1)
    assert Patient.objects.for_practice(world.practice).count() == 2


def test_a_failed_commit_adds_nothing(world, monkeypatch):
    panel = checked(world, GOOD)
    request_commit(panel=panel, by=world.user("manager"), now=NOW)

    def fail(done, stage):
        if stage == "devices":
            raise ValueError("the worker failed")

    before = [model.objects.count() for model in (Patient, Coverage, Enrollment, Device, DeviceAssignment)]
    with pytest.raises(ValueError, match="worker failed"):
        commit_panel(panel.pk, now=NOW, report_progress=fail)
    after = [model.objects.count() for model in (Patient, Coverage, Enrollment, Device, DeviceAssignment)]

    assert after == before
    assert committed(world, Panel.objects.get(pk=panel.pk)).good == 1


def test_the_pages_check_refuse_and_commit_once(world):
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    big = SimpleUploadedFile("x.csv", b"x" * (10 * 1024 * 1024 + 1))
    assert b"larger than 10 MB" in client.post(reverse("enrollment:panels"), {"file": big}).content
    assert b"Choose a CSV file" in client.post(reverse("enrollment:panels"), {}).content
    file = SimpleUploadedFile("x.csv", a_file(GOOD, GOOD | {"record_number": "N-2", "sex": "?"}))
    answer = client.post(reverse("enrollment:panels"), {"file": file})
    panel = Panel.objects.get()

    assert answer.status_code == 302
    page = client.get(answer.url).content
    assert b"one of F, M, U" in page
    assert client.get(reverse("enrollment:rejected", args=[panel.public_id])).content.count(b"N-2") == 1
    committed(world, panel)
    assert b"was committed already" in client.post(reverse("enrollment:commit_panel", args=[panel.public_id])).content
    assert client.get(reverse("enrollment:rejected", args=[panel.public_id])).status_code == 404
    template = client.get(reverse("enrollment:panel_template")).content
    assert open_file(template)


def rows_of(count):
    return [
        GOOD | {"record_number": f"Q-{n}", "given_name": f"Ada{n}", "device_serial": f"S-{n}"} for n in range(count)
    ]


def cost_of_import(world, rows):
    """Number of statements and of Python function calls; neither depends on the speed of the machine."""
    with CaptureQueriesContext(connection) as queries, cProfile.Profile() as calls:
        committed(world, checked(world, *rows))
    return len(queries), pstats.Stats(calls).total_calls


@pytest.mark.slow
def test_four_times_the_rows_take_the_same_statements_and_four_times_the_work(world):
    cost_of_import(world, [GOOD])  # loads what is loaded only once
    few, many = cost_of_import(world, rows_of(100)), cost_of_import(world, rows_of(500)[100:])

    assert Patient.objects.filter(mrn__startswith="Q-").count() == 500
    assert many[0] == few[0] <= 120
    assert many[1] < 5 * few[1]


@pytest.mark.night
def test_five_thousand_rows_are_imported(world, django_assert_max_num_queries):
    panel = checked(world, *rows_of(5000))
    with django_assert_max_num_queries(120):
        committed(world, panel)

    assert Patient.objects.filter(mrn__startswith="Q-").count() == 5000
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE enrollment_patient")


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_commits_a_panel_and_writes_its_progress(live_world, worker):
    from enrollment.models import PanelProgress
    from enrollment.tasks import commit_a_panel

    panel = checked(live_world, GOOD)
    request_commit(panel=panel, by=live_world.user("manager"), now=NOW)
    worker.start()
    for _ in range(2):
        commit_a_panel.delay(panel.pk)
    wait_for(lambda: Panel.objects.get(pk=panel.pk).state != "committing")

    assert Panel.objects.get(pk=panel.pk).state == "done"
    assert (PanelProgress.objects.get().done, PanelProgress.objects.get().stage) == (1, "done")
    assert Patient.objects.filter(mrn="N-1").count() == 1
