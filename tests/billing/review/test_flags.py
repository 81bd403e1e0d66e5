"""The flags for a second look: late minutes, totals and days at the edge, a first month. And the review of a line."""

from datetime import timedelta

import pytest

from billing.close.flags import FLAGS
from billing.close.moves import approve_clean_lines
from billing.models import ClaimLine
from billing.review.month_lines import filter_choices, lines_of
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, compute
from tests.builders import at, days
from tests.test_access import signed_in
from timetracking.timers import add_entry


def flags(close, code):
    return ClaimLine.objects.exclude(state="void").get(close=close, code=code).flags


@pytest.mark.parametrize(
    ("seconds", "near"), [(1199, None), (1200, True), (1260, True), (1261, False), (2399, False), (2400, True), (2461, False)]
)  # fmt: skip
def test_a_total_within_a_minute_above_a_threshold_is_flagged(world, seconds, near):
    world.work("2026-03-10", seconds)
    world.call("2026-03-10")
    close = compute(world)
    code = "99458" if seconds >= 2400 else "99457"
    if near is None:
        assert not ClaimLine.objects.filter(close=close, code=code).exists()
    else:
        assert ("edge_time" in flags(close, code)) == near


@pytest.mark.parametrize(("last", "near"), [("2026-03-17", True), ("2026-03-18", False)])
def test_exactly_the_days_the_code_needs_are_flagged(world, last, near):
    world.read(days("2026-03-02", last))
    assert ("edge_days" in flags(compute(world), "99454")) == near


@pytest.mark.parametrize(("late", "flagged"), [(300, False), (301, True)])
def test_more_than_a_fifth_entered_late_is_flagged(world, late, flagged):
    world.work("2026-03-10", 1500 - late)
    world.call("2026-03-10")
    start = at("2026-03-12", "10:00:00")
    add_entry(
        enrollment=world.enrollment, activity="review", started_at=start, stopped_at=start + timedelta(seconds=late),
        reason="away from the desk", staff=world.members["clinical_staff"], by=world.members["clinical_staff"], now=at("2026-03-14"),
    )  # fmt: skip
    assert ("late" in flags(compute(world), "99457")) == flagged


def test_a_first_month_is_flagged_and_the_second_is_not(world):
    world.read(days("2026-02-10", "2026-04-30"))
    march = compute(world)
    assert flags(march, "99454") == ["first"]
    assert approve_clean_lines(close=march, by=world.user("manager"), now=AFTER) == 0
    april = compute(world, month=Month(2026, 4), now=at("2026-05-03"))
    assert flags(april, "99454") == []
    assert approve_clean_lines(close=april, by=world.user("manager"), now=at("2026-05-03")) == 1


def test_the_review_is_filtered_by_payer_and_flag(world):
    world.read(days("2026-02-10", "2026-03-31"))
    close = compute(world)
    assert filter_choices(close) == {"codes": ["99453", "99454"], "payers": ["Medicare Part B"], "flags": ["first"]}
    assert lines_of(close, payer="Medicare Part B", flag="first").count() == 2
    assert lines_of(close, flag="late").count() == 0
    assert lines_of(close, payer="none").count() == 0
    client = signed_in(world.user("manager"))
    page = client.get("/months/2026-03/?flag=first").content.decode()
    assert FLAGS["first"] in page
    assert client.get("/months/2026-03/?flag=%27&payer=%F0%9F%92%8A").status_code == 200


def test_a_line_is_decided_in_its_row_and_keeps_what_was_typed_when_refused(world):
    world.read(days("2026-02-10", "2026-03-31"))
    line = compute(world).lines.get(code="99454")
    client = signed_in(world.user("manager"))
    url, htmx = f"/lines/{line.public_id}/move/", {"HX-Request": "true"}
    refused = client.post(url, {"to": "held", "reason": "no", "back": "?show=look"}, headers=htmx)
    assert refused.status_code == 422
    body = refused.content.decode()
    assert "Say why" in body
    assert 'value="no"' in body
    done = client.post(url, {"to": "approved"}, headers=htmx).content.decode()
    assert 'class="done"' in done
    assert "approved" in done


def test_without_script_the_user_returns_to_the_same_list_and_nowhere_else(world):
    world.read(days("2026-02-10", "2026-03-31"))
    line = compute(world).lines.get(code="99454")
    client = signed_in(world.user("manager"))
    url = f"/lines/{line.public_id}/move/"
    answer = client.post(url, {"to": "approved", "back": "?show=look&page=2"})
    assert answer["Location"] == "/months/2026-03/?show=look&page=2"
    for back in ("//evil.example/", "https://evil.example/", "/patients/"):
        answer = client.post(url, {"to": "held", "reason": "look up", "back": back})
        assert answer["Location"] == f"/lines/{line.public_id}/"
        client.post(url, {"to": "approved"})


@pytest.mark.parametrize(("first", "flagged"), [("2026-01-31", True), ("2026-02-01", False)])
def test_two_device_periods_that_end_in_one_month_are_flagged(world, first, flagged):
    """From Jan 31: periods to Mar 1 and Mar 31. From Feb 1: to Mar 2 and Apr 1, so only one ends in March."""
    world.read(days(first, "2026-03-31"))
    rows = ClaimLine.objects.exclude(state="void").filter(close=compute(world), component="device")
    assert {(len(rows), "two_periods" in row.flags) for row in rows} == {(2 if flagged else 1, flagged)}
