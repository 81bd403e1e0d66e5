"""The review: new codes and missing ones, filters in the address, exports of the shown lines, verification."""

import io
import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from openpyxl import load_workbook

from billing.models import ClaimLine, MonthClose
from billing.review.month_lines import fixable_codes, lines_not_repeated, lines_of, management_evidence
from billing.seal.verify import verify
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import at, days, seal
from tests.roles import as_owner
from timetracking import timers as timetracking


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


def test_new_codes_and_codes_missing_since_last_month_are_listed(worked):
    compute(worked)
    worked.read(days("2026-04-01", "2026-04-30"))
    april = compute(worked, month=Month(2026, 4), now=at("2026-05-03"))

    assert [(line.code, line.before) for line in lines_of(april)] == [("99454", True)]
    assert [line.code for line in lines_not_repeated(april)] == ["99457"]
    assert list(lines_of(april, show="new")) == []
    march = MonthClose.objects.get(month="2026-03-01")
    assert [line.code for line in lines_of(march, show="new", sort="code")] == ["99453", "99454", "99457"]


def test_filters_and_order_are_in_the_address(worked):
    compute(worked)
    client = client_of(worked)

    page = client.get("/months/2026-03/?code=99457&sort=code").content.decode()
    assert page.count('data-open href="/lines/') == 1
    assert page.count("/lines/csv/?code=99457") == 1
    assert "<option selected>99457</option>" in page
    assert client.get("/months/2026-03/?sort=nonsense&code=%27&page=9").status_code == 200


def test_the_export_has_the_shown_lines_and_no_formula(worked):
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
    result = verify(MonthClose.objects.get(pk=close.pk))

    assert result.identical, result
    assert result.sentence.startswith("Identical: 1 enrollments")
    call_command("verify_close", worked.practice.public_id, "2026-03")


def test_a_late_fact_and_a_changed_line_show_up(worked):
    close = compute(worked)
    approve_all(close, worked)
    seal(close, worked, now=AFTER)
    worked.read(days("2026-02-09", "2026-02-09"), now=at("2026-04-10"))
    result = verify(MonthClose.objects.get(pk=close.pk))

    assert not result.identical
    assert result.follows
    assert [(difference.enrollment, difference.changes) for difference in result.differences] == [
        (
            worked.enrollment.public_id,
            ["reading day Feb 9 added", "first day with a reading changed from Feb 10, 2026 to Feb 9, 2026"],
        )
    ]
    page = client_of(worked).post("/months/2026-03/verify/").content.decode()
    assert "Facts of 1 changed since the lock" in page
    assert "reading day Feb 9 added" in page
    assert f"enrollment={worked.enrollment.public_id}" in page


@pytest.mark.parametrize(
    ("practice", "month", "error"),
    [
        ("nobody", "2026-03", "no practice"),
        ("Prairie", "2026-3", "not a month"),
        ("Prairie", "2020-01", "never computed"),
    ],
)
def test_the_command_names_what_it_cannot_find(world, practice, month, error):
    with pytest.raises(CommandError, match=error):
        call_command("verify_close", practice, month)


def test_verifying_writes_nothing(worked):
    close = compute(worked)
    before = list(ClaimLine.objects.values_list("pk", "digest", "state"))
    verify(MonthClose.objects.get(pk=close.pk))

    assert list(ClaimLine.objects.values_list("pk", "digest", "state")) == before


def test_the_review_begins_with_the_lines_to_look_at(worked):
    close = compute(worked)
    client = client_of(worked)
    as_owner("UPDATE billing_claimline SET needs_look = false WHERE close_id = %s AND code <> '99454'", close.pk)
    look = 1

    page = client.get("/months/2026-03/").content.decode()
    assert page.count('data-open href="/lines/') == look
    assert f"<b>3 lines</b>, {3 - look} clean, <b>{look} need review</b>" in page
    assert "/lines/csv/?show=look" in page, "the export has the shown lines"
    assert client.get("/months/2026-03/?show=all").content.decode().count('data-open href="/lines/') == 3

    as_owner("UPDATE billing_claimline SET needs_look = false WHERE close_id = %s", close.pk)
    assert client.get("/months/2026-03/").content.decode().count('data-open href="/lines/') == 3, "nothing to look at"


def test_a_page_of_lines_shows_the_proof_of_minutes_and_the_day_of_the_live_call(worked, django_assert_num_queries):
    start = at("2026-03-20", "16:00:00")
    timetracking.add_entry(
        enrollment=worked.enrollment, staff=worked.members["clinical_staff"], activity="review", started_at=start,
        stopped_at=start + timedelta(minutes=5), reason="forgot to start", by=worked.members["clinical_staff"],
        now=at("2026-03-22"),
    )  # fmt: skip
    close = compute(worked)
    line = close.lines.get(code="99457")
    lines = list(close.lines.all())

    with django_assert_num_queries(1):
        evidence = management_evidence(lines, zone=close.zone)

    assert set(evidence) == {line.pk}, "days of a device have no minutes"
    row = evidence[line.pk]
    assert (row.seconds, row.live_on) == (1600, date(2026, 3, 12))
    assert [(kind, words) for kind, words, _ in row.kinds] == [("timer", "21:40 timer"), ("late", "5:00 entered late")]
    assert row.bars == [("timer", 0, 81), ("late", 81, 19)]
    with django_assert_num_queries(0):
        assert (
            management_evidence(
                [device_line for device_line in lines if device_line.component == "device"], zone=close.zone
            )
            == {}
        )


def test_each_row_of_evidence_is_one_click_away(worked):
    close = compute(worked)
    client = client_of(worked)
    page = client.get(f"/lines/{close.lines.get(code='99457').public_id}/").content.decode()
    links = {link for link in re.findall(r'<li class=""><a href="([^"]+)"', page)}

    kinds = {"time": 2, "call": 1}
    for kind, number in kinds.items():
        kind_links = [link for link in links if f"#{kind}-" in link]
        assert len(kind_links) == number
        for link in kind_links:
            address, _, anchor = link.replace("&amp;", "&").partition("#")
            assert f'id="{anchor}"' in client.get(address).content.decode()
    assert any(link.startswith("/orders/") for link in links)
    device = client.get(f"/lines/{close.lines.get(code='99454').public_id}/").content.decode()
    (first, *_) = re.findall(r'<a href="(/enrollments/[^"]+/readings/\?day=2026-02-10)"', device)
    readings = client.get(first).content.decode()
    assert "Feb 10" in readings
    assert "Feb 11" not in readings, "the page begins with that day"


def test_codes_that_can_still_be_earned_are_counted_while_the_month_runs(worked):
    now = at("2026-03-20")
    close = compute(worked, now=now)
    assert fixable_codes(close) >= 1
    with time_machine.travel(now, tick=False):
        page = client_of(worked).get("/months/2026-03/").content.decode()
    assert f"{fixable_codes(close)} can still become billable</a> until Mar 31" in page
    assert fixable_codes(compute(worked)) == 0, "over is over"


def test_a_month_in_which_nothing_is_billed_has_a_page_too(world):
    close = compute(world)
    assert (close.state, close.lines.count()) == ("in_review", 0)

    answer = client_of(world).get("/months/2026-03/")

    assert answer.status_code == 200
    assert "<b>0 lines</b>, 0 clean, <b>0 need review</b>" in answer.content.decode()
