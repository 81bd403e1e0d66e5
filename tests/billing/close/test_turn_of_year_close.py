"""Closes, worklist, timer bar and month pages around January 1, 2027, with the 2027 rules loaded and not loaded."""

from datetime import date

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from billing.close.compute import compute_chunk
from billing.close.moves import finish_computing, start_computing
from billing.facts.as_of import decided_as_of
from billing.models import ClaimLine, CodeVerdict, PayerPolicy
from billing.policies.coverage_check import coverage_words
from billing.policies.in_force import policies_around, policies_of
from billing.review.lost_revenue import REMEDIES, leaks_of
from billing.review.queries import decided_now, next_code, pending_chunks
from billing.rules import load_preset
from billing.rules.terms import name_on
from billing.seal.verify import verify
from enrollment.models import Payer
from rpm_portal.core.access import PERMISSIONS_BY_ROLE, Permission
from rpm_portal.core.days import Month, local_day
from rpm_portal.pages.worklist.models import WorklistRow
from tests.builders import ZONE, at, days, seal

DECEMBER, JANUARY, FEBRUARY = Month(2026, 12), Month(2027, 1), Month(2027, 2)
WAITS = "Date of service is in 2027; waits for the 2027 rules."
LOADED = [{"key": "rule_year", "value": "loaded", "from": "2027-01-01", "source": "Rule of 2027"}]
# Reads daily from November 16: periods to December 15, January 14 and February 13.
IN_DECEMBER = [("99453", 1, "2026-12-15"), ("99454", 1, "2026-12-15"), ("99457", 1, "2026-12-31")]
IN_JANUARY = [("99454", 1, "2027-01-14"), ("99457", 1, "2027-01-31")]


def load_2027(world, *, starts_on=date(2027, 1, 1)):
    """The 2027 rules as a practice loads them: a policy of the payer that succeeds the current one."""
    PayerPolicy.objects.filter(payer=world.payer).update(ends_on=starts_on.replace(year=2026, month=12, day=31))
    return PayerPolicy.objects.create(
        practice=world.practice, payer=world.payer, preset="medicare_general_supervision", departures=LOADED,
        starts_on=starts_on, source="Rule of 2027",
    )  # fmt: skip


def add_activity_before(world, today):
    """Activity up to the evening before a day: daily readings, work and a call on the second of each month."""
    world.read(days("2026-11-16", str(date.fromordinal(date.fromisoformat(today).toordinal() - 1))))
    for day in ("2026-12-02", "2027-01-02"):
        if day < today:
            world.work(day, 1500)
            world.call(day)


def compute(world, month, *, now):
    close = start_computing(practice=world.practice, month=month, by=world.user("manager"), now=now)
    for chunk in pending_chunks(close.pk):
        compute_chunk(chunk, now=now)
    finish_computing(close_pk=close.pk, now=now)
    close.refresh_from_db()
    return close


def lines(close):
    rows = ClaimLine.objects.filter(close=close).exclude(state="void").order_by("dos", "code")
    return [(row.code, row.units, str(row.dos)) for row in rows]


def client_of(world, role):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def nurse_pages(world, month):
    """The HTML of worklist, chart, month page and timer bar for a nurse."""
    client, patient = client_of(world, "clinical_staff"), world.patient.public_id
    addresses = {
        "worklist": f"{reverse('worklist')}?steady=1",
        "chart": reverse("chart", args=[patient]),
        "month": reverse("patient_month", args=[patient, month]),
        "bar": reverse("billing:next_code", args=[world.enrollment.public_id]),
    }
    pages = {name: client.get(address) for name, address in addresses.items()}
    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(addresses, 200)
    return {name: page.content.decode() for name, page in pages.items()}


ONLY_MANAGED = [("99457", 1, "2026-12-31")]
EXPECTED = [
    # today, months that are closed or forecast with their lines, days and end of the period that runs
    ("2026-12-01", {DECEMBER: []}, "15 days, ends Dec 15"),
    ("2026-12-03", {DECEMBER: ONLY_MANAGED}, "17 days, ends Dec 15"),
    ("2026-12-21", {DECEMBER: IN_DECEMBER}, "5 days, ends Jan 14"),
    ("2026-12-31", {DECEMBER: IN_DECEMBER}, "15 days, ends Jan 14"),
    ("2027-01-01", {DECEMBER: IN_DECEMBER, JANUARY: []}, "16 days, ends Jan 14"),
    ("2027-01-04", {DECEMBER: IN_DECEMBER, JANUARY: [("99457", 1, "2027-01-31")]}, "19 days, ends Jan 14"),
    ("2027-01-31", {DECEMBER: IN_DECEMBER, JANUARY: IN_JANUARY}, "16 days, ends Feb 13"),
    ("2027-02-02", {DECEMBER: IN_DECEMBER, JANUARY: IN_JANUARY, FEBRUARY: []}, "18 days, ends Feb 13"),
]


@pytest.mark.slow
@pytest.mark.parametrize("loaded", [True, False], ids=["2027-loaded", "2027-not-loaded"])
@pytest.mark.parametrize(("today", "closes", "period"), EXPECTED, ids=[row[0] for row in EXPECTED])
def test_every_close_and_page_around_the_turn_of_the_year(world, loaded, today, closes, period):
    if loaded:
        load_2027(world)
    add_activity_before(world, today)
    now = at(today, "12:00:00")
    for month, billed in closes.items():
        has_rules = loaded or month == DECEMBER
        close = compute(world, month, now=now)
        assert lines(close) == (billed if has_rules else [])
        waiting = set(
            CodeVerdict.objects.filter(close=close, outcome="not_enough_facts").values_list("code", flat=True)
        )
        assert waiting == (set() if has_rules else {"99453", "99454", "99445", "99457", "99458", "99470"})
        assert [leak.says for leak in leaks_of(close) if leak.waits] == ([] if has_rules else [WAITS])
    running = Month.of(date.fromisoformat(today))
    with time_machine.travel(now, tick=False):
        shown = nurse_pages(world, running)
        manager = client_of(world, "manager")
        for name in ("billing:months", "billing:practice"):
            assert manager.get(reverse(name)).status_code == 200
        for month in closes:
            for name in ("billing:month", "billing:forecast"):
                page = manager.get(reverse(name, args=[month]))
                assert page.status_code == 200
                if name == "billing:forecast":
                    assert (WAITS in page.content.decode()) == (month != DECEMBER and not loaded)

    row = WorklistRow.objects.get(enrollment=world.enrollment)
    data = row.display.data
    words = [(component, word) for component, word, _ in data["statuses"]]
    assert not row.blocked
    assert data["device_days"] == int(period.split()[0])
    if running != DECEMBER and not loaded:
        assert words == [("program", "Waits")]
        assert all(WAITS in shown[name] for name in shown), "every page explains why the codes wait"
    else:
        ends_2027 = running != DECEMBER or "Jan" in period
        assert ("device", "Waits") in words if ends_2027 and not loaded else ("device", "Waits") not in words
        assert (f"for the 2027 rules; {period}" in shown["worklist"]) == (ends_2027 and not loaded)
        assert (data["device_need"] is None) == (ends_2027 and not loaded)
        assert WAITS not in shown["bar"]
        assert (WAITS in shown["month"]) == (ends_2027 and not loaded)


def test_the_timer_bar_of_december_counts_to_the_next_code(world):
    add_activity_before(world, "2026-12-21")
    status = next_code(world.practice, world.enrollment, world.user("clinical_staff"), now=at("2026-12-21", "12:00:00"))

    assert status == {"code": "99458", "missing": 900, "call": False, "reached": "99457", "waits": ""}


def test_the_timer_bar_explains_a_month_without_rules(world):
    add_activity_before(world, "2027-01-04")
    status = next_code(world.practice, world.enrollment, world.user("clinical_staff"), now=at("2027-01-04", "12:00:00"))

    assert status == {"code": "", "missing": 0, "call": False, "reached": "", "waits": WAITS}


def test_a_sealed_december_does_not_change_when_the_next_year_is_loaded(world):
    add_activity_before(world, "2027-01-04")
    now = at("2027-01-04", "12:00:00")
    close = compute(world, DECEMBER, now=now)
    for line in close.lines.filter(state="proposed"):
        line.state = "approved"
        line.save()
    seal(close, world, now=now)
    close.refresh_from_db()
    assert (close.state, lines(close)) == ("sealed", IN_DECEMBER)
    load_2027(world)

    assert verify(close).identical
    with time_machine.travel(at("2027-01-05"), tick=False):
        letter = reverse("billing:patient_letter", args=[world.patient.public_id, DECEMBER])
        assert client_of(world, "manager").get(letter).status_code == 200


def test_a_month_without_rules_is_decided_once_they_are_loaded(world):
    add_activity_before(world, "2027-02-02")
    now = at("2027-02-02", "12:00:00")
    before = lines(compute(world, JANUARY, now=now))
    compute(world, DECEMBER, now=now)
    load_2027(world)

    assert before == []
    assert lines(compute(world, JANUARY, now=now)) == IN_JANUARY


@pytest.mark.parametrize(
    ("first_read", "in_december"),
    [("2026-12-02", [("99453", 1, "2026-12-31"), ("99454", 1, "2026-12-31")]), ("2026-12-03", [])],
    ids=["ends-december-31", "ends-january-1"],
)
def test_a_period_belongs_to_the_month_in_which_it_ends(world, first_read, in_december):
    world.read(days(first_read, "2027-01-03"))
    now = at("2027-01-04", "12:00:00")

    assert lines(compute(world, DECEMBER, now=now)) == in_december
    assert lines(compute(world, JANUARY, now=now)) == []


def test_the_chart_as_of_a_day_in_december_has_the_decision_of_that_day(world):
    add_activity_before(world, "2026-12-21")
    _, decision = decided_as_of(world.practice, world.enrollment, moment=at("2026-12-21", "12:00:00"))

    assert [(line.code, str(line.dos)) for line in decision.lines] == [(code, dos) for code, _, dos in IN_DECEMBER]


def test_each_date_of_service_has_the_terms_in_force_on_it(world):
    """The payer takes no clinical staff time from December 16 on: earlier supply is under the earlier terms."""
    PayerPolicy.objects.filter(payer=world.payer).update(ends_on=date(2026, 12, 15))
    row = PayerPolicy.objects.create(
        practice=world.practice, payer=world.payer, preset="strict_provider_only", starts_on=date(2026, 12, 16),
        departures=[{"key": "short_supply_codes_enabled", "value": False, "from": "2019-01-01", "source": "Letter"}],
        source="Letter",
    )  # fmt: skip
    world.read(days("2026-11-16", "2026-11-20"))
    world.work("2026-12-20", 1500)
    world.call("2026-12-20")
    close = compute(world, DECEMBER, now=at("2027-01-04"))

    assert lines(close) == [("99445", 1, "2026-12-15"), ("99453", 1, "2026-12-15")]
    assert {line.policy for line in close.lines.all()} == {"medicare_general_supervision"}
    assert not any(line.needs_attestation for line in close.lines.all())
    policy = policies_around(world.practice.pk, DECEMBER)[world.payer.pk]
    assert (policy.name, name_on(policy, date(2026, 12, 15)), name_on(policy, date(2026, 12, 16))) == (
        f"strict_provider_only (row {row.pk})", "medicare_general_supervision", f"strict_provider_only (row {row.pk})",
    )  # fmt: skip


def test_a_day_without_terms_has_the_strictest_policy(world):
    other = Payer.objects.create(practice=world.practice, name="Lakeside")
    PayerPolicy.objects.create(
        practice=world.practice, payer=other, preset="medicare_general_supervision", starts_on=date(2026, 12, 10),
        ends_on=date(2026, 12, 20), source="test",
    )  # fmt: skip
    policy = policies_around(world.practice.pk, DECEMBER)[other.pk]
    live_by = [policy.at("live_by", date(2026, 12, day)) for day in (9, 10, 20, 21)]

    assert live_by == ["billing_provider", "care_team", "care_team", "billing_provider"]
    assert policy.name == "strict_provider_only"
    assert other.pk not in policies_around(world.practice.pk, Month(2026, 8))


def test_terms_that_do_not_change_around_a_month_are_one_policy(world):
    policy = policies_around(world.practice.pk, DECEMBER)[world.payer.pk]

    assert policy is load_preset("medicare_general_supervision")
    assert policy is policies_of(world.practice.pk, on=date(2026, 12, 31))[world.payer.pk]


def test_another_practices_terms_are_not_used(world):
    load_2027(world.other)
    add_activity_before(world, "2026-12-21")
    today = date(2026, 12, 21)
    decided = decided_now(world.practice, [world.enrollment.pk], month=DECEMBER, today=today)
    _, decision = decided[world.enrollment.pk]

    assert WAITS in [finding.sentence for finding in decision.findings]
    assert local_day(at(today), ZONE) == today


def test_the_roles_that_can_load_a_year_are_named_and_an_administrator_is_refused(world):
    sentence = REMEDIES["RULE_YEAR_NOT_LOADED"]
    drafting = {role for role, may in PERMISSIONS_BY_ROLE.items() if Permission.DRAFT_POLICIES in may}
    approving = {role for role, may in PERMISSIONS_BY_ROLE.items() if Permission.APPROVE_POLICIES in may}

    assert sentence == "Administrator or manager: load the rule year. A second person puts it in force."
    assert (drafting, approving) == ({"manager"}, {"physician", "manager"})
    start = reverse("billing:start_draft")
    assert client_of(world, "admin").post(start, {"payer": world.payer.name}).status_code == 403
    assert client_of(world, "manager").post(start, {"payer": world.payer.name}).status_code in {200, 302}


@pytest.mark.parametrize(("on", "refused"), [(date(2026, 12, 31), ""), (date(2027, 1, 1), WAITS)])
def test_coverage_of_an_enrollment_in_a_year_without_rules_waits(world, on, refused):
    assert coverage_words(world.payer, program="RPM", diagnosis="I10", kind="chronic", on=on).refused == refused
