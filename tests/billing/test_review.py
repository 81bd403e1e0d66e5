"""The review: what is new and what is gone since last month, filters in the address, files of what is seen, verify."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import load_workbook

from billing.models import ClaimLine, MonthClose
from billing.reviewing import gone_since, lines_of
from billing.verifying import verify
from rpm_portal.days import Month
from tests.billing.test_close import AFTER, approve_all, compute
from tests.builders import at, days, seal


@pytest.fixture
def worked(world):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-12", 700)
    world.work("2026-03-19", 600)
    world.call("2026-03-12")
    return world


def client_of(world, role="manager"):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def test_what_is_new_and_what_is_gone_since_last_month(worked):
    compute(worked)
    worked.read(days("2026-04-01", "2026-04-30"))
    april = compute(worked, month=Month(2026, 4), now=at("2026-05-03"))

    assert [(line.code, line.before) for line in lines_of(april)] == [("99454", True)]
    assert [line.code for line in gone_since(april)] == ["99457"]
    assert list(lines_of(april, show="new")) == []
    march = MonthClose.objects.get(month="2026-03-01")
    assert [line.code for line in lines_of(march, show="new", sort="code")] == ["99453", "99454", "99457"]


def test_filters_and_order_stand_in_the_address(worked):
    compute(worked)
    client = client_of(worked)

    page = client.get("/months/2026-03/?code=99457&sort=code").content.decode()
    assert page.count('data-open href="/lines/') == 1
    assert page.count("/lines/csv/?code=99457") == 1
    assert "<option selected>99457</option>" in page
    assert client.get("/months/2026-03/?sort=nonsense&code=%27&page=9").status_code == 200


def test_what_is_seen_is_exported_and_no_cell_runs(worked):
    worked.patient.given_name = "=cmd()"
    worked.patient.family_name = "@Ortega"
    worked.patient.save()
    compute(worked)
    client = client_of(worked, "biller")
    text = client.get("/months/2026-03/lines/csv/?code=99457").content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("record_number,patient,code")
    assert len(text.splitlines()) == 2
    assert "'@ORTEGA" in text
    book = load_workbook(io.BytesIO(client.get("/months/2026-03/lines/xlsx/").content))
    rows = list(book.active.values)
    assert len(rows) == 4
    assert rows[1][1].startswith("'@ORTEGA")
    assert rows[1][4] == 1
    assert client.get("/months/2026-03/lines/pdf/").status_code == 404


def test_a_month_verifies_before_and_after_its_seal_and_after_the_next_month(worked):
    close = compute(worked)
    assert verify(MonthClose.objects.get(pk=close.pk)).identical
    approve_all(close, worked)
    seal(close, worked, now=AFTER)
    worked.read(days("2026-04-01", "2026-04-30"))
    compute(worked, month=Month(2026, 4), now=at("2026-05-03"))
    found = verify(MonthClose.objects.get(pk=close.pk))

    assert found.identical, found
    assert found.sentence.startswith("Identical: 1 enrollments")
    call_command("verify_close", worked.practice.public_id, "2026-03")


def test_a_late_fact_and_a_changed_line_show_up(worked):
    close = compute(worked)
    approve_all(close, worked)
    seal(close, worked, now=AFTER)
    worked.read(days("2026-02-09", "2026-02-09"), now=at("2026-04-10"))
    found = verify(MonthClose.objects.get(pk=close.pk))

    assert not found.identical
    assert [(one.facts, one.enrollments) for one in found.differences] == [(True, [worked.enrollment.public_id])]
    with pytest.raises(CommandError, match="does not follow"):
        call_command("verify_close", worked.practice.name, "2026-03")
    page = client_of(worked).post("/months/2026-03/verify/").content.decode()
    assert "Facts differ in 1" in page


@pytest.mark.parametrize(
    ("practice", "month", "said"),
    [
        ("nobody", "2026-03", "no practice"),
        ("Prairie", "2026-3", "not a month"),
        ("Prairie", "2020-01", "never computed"),
    ],
)
def test_the_command_says_what_it_cannot_find(world, practice, month, said):
    with pytest.raises(CommandError, match=said):
        call_command("verify_close", practice, month)


def test_verifying_writes_nothing(worked):
    close = compute(worked)
    before = list(ClaimLine.objects.values_list("pk", "digest", "state"))
    verify(MonthClose.objects.get(pk=close.pk))

    assert list(ClaimLine.objects.values_list("pk", "digest", "state")) == before
