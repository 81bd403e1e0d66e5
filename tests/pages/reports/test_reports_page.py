"""Reports in the browser: what each role may choose, what is saved and shared, and what is refused."""

import pytest

from rpm_portal.audit.models import Event
from rpm_portal.pages.reports.models import SavedReport
from tests.billing.answers.answers_world import answers_world
from tests.test_access import signed_in

MONTHS = "period=months&first=2026-10&last=2026-10"
SUBJECTS_BY_ROLE = {
    "manager": {"lines", "balances", "ledger", "time", "adherence"},
    "auditor": {"lines", "balances", "ledger", "time", "adherence"},
    "physician": {"lines", "balances", "ledger", "adherence"},
    "biller": {"lines", "balances", "ledger"},
}


@pytest.fixture
def world(db):
    return answers_world()


@pytest.mark.parametrize(("role", "subjects"), SUBJECTS_BY_ROLE.items())
def test_a_role_reads_the_subjects_that_its_work_needs(world, role, subjects):
    client = signed_in(world.user(role))
    page = client.get("/reports/").content.decode()
    for subject in SUBJECTS_BY_ROLE["manager"]:
        allowed = subject in subjects
        assert (f"subject={subject}" in page) is allowed
        assert client.get(f"/reports/view/?subject={subject}").status_code == (200 if allowed else 403)
        answer = client.get(f"/reports/file/csv/?subject={subject}")
        assert answer.status_code == (200 if allowed else 403)


def test_staff_without_the_months_have_no_reports(world):
    client = signed_in(world.user("clinical_staff"))
    for address in ("/reports/", "/reports/view/", "/reports/file/csv/"):
        assert client.get(address).status_code == 403


def test_the_page_shows_rows_sums_and_choices_without_a_patient_in_its_address(world):
    client = signed_in(world.user("biller"))
    page = client.get(f"/reports/view/?subject=lines&column=patient&column=units&{MONTHS}").content.decode()
    assert "ASHBY, Nora" in page
    assert "19 rows" in page
    assert "ASHBY" not in client.get(f"/reports/view/?subject=lines&{MONTHS}").content.decode(), "only if chosen"
    empty = client.get("/reports/view/?subject=lines&period=months&first=2026-01&last=2026-01").content.decode()
    assert "No rows. Choose other months or fewer filters." in empty
    assert client.get("/reports/view/?period=months&first=x").status_code == 422


def save(client, name="Payers", **fields):
    return client.post(
        "/reports/save/", {"subject": "lines", "group": "payer", "name": name, "period": "last_3"} | fields
    )


def test_a_report_is_saved_for_oneself_and_shared_only_if_asked(world):
    mine, colleague = signed_in(world.user("biller")), signed_in(world.user("manager"))
    response = save(mine)
    row = SavedReport.objects.get()
    assert response["Location"] == f"/reports/saved/{row.public_id}/"
    assert "group=payer" in mine.get(response["Location"])["Location"]
    assert colleague.get(response["Location"]).status_code == 404
    save(mine, shared="1", group="code")
    assert SavedReport.objects.get().is_shared, "the same name replaces the report"
    assert "group=code" in colleague.get(response["Location"])["Location"]
    assert "Payers" in colleague.get("/reports/").content.decode()
    assert signed_in(world.other.user("manager")).get(response["Location"]).status_code == 404
    assert colleague.post(f"/reports/saved/{row.public_id}/remove/").status_code == 422
    assert mine.post(f"/reports/saved/{row.public_id}/remove/").status_code == 302
    assert not SavedReport.objects.exists()
    assert Event.objects.filter(action__in=["save_report", "remove_report"]).count() == 3


def test_a_shared_report_of_a_subject_that_a_role_may_not_read_is_not_listed(world):
    manager, biller = signed_in(world.user("manager")), signed_in(world.user("biller"))
    save(manager, "Minutes", subject="time", group="staff", shared="1")
    row = SavedReport.objects.get()
    assert "Minutes" not in biller.get("/reports/").content.decode()
    assert biller.get(f"/reports/saved/{row.public_id}/").status_code == 404
    assert save(biller, "Minutes", subject="time").status_code == 403


def test_a_report_needs_a_name(world):
    client = signed_in(world.user("biller"))
    assert save(client, "  ").status_code == 422
    assert not SavedReport.objects.exists()
