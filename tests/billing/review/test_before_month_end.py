"""The open work before a month ends: expiring documents, unsigned days, calls without notes; and the nightly forecast."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from billing import tasks
from billing.claims.claim_gaps import claim_gaps
from billing.models import Charge, MonthClose, Rate
from billing.review import before_month_end
from billing.review.lost_revenue import (
    NOTHING_CAME,
    ON_THE_WORKLIST,
    PERIOD_EARNED,
    PERIOD_NEXT_MONTH,
    REMEDIES,
    leaks_of,
)
from billing.review.month_lines import list_unbilled_verdicts
from billing.review.queries import forecast_due, was_computed
from billing.rules.sentences import SENTENCES
from enrollment.models import Patient
from rpm_portal.pages.worklist.filters import CHIPS
from tests.billing.close.test_close import MARCH, compute
from tests.billing.sending_world import complete, live_at
from tests.builders import a_patient, an_enrollment, at, days
from tests.roles import as_owner
from tests.test_access import signed_in
from timetracking.calls import call_log
from timetracking.staff_days.workdays import sign_day

DURING = at("2026-03-25")


def test_orders_and_coverage_that_expire_are_listed_soonest_first(world):
    assert before_month_end.running_out(world.practice, MARCH) == []
    coverage = world.patient.coverages.get()
    coverage.ends_on = date(2026, 4, 14)
    coverage.save()
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="F1", family="Ending")
    an_enrollment(world, patient, ordered_to=date(2026, 4, 10))
    expiring = [
        (entry.on.isoformat(), entry.what.split(".")[0])
        for entry in before_month_end.running_out(world.practice, MARCH)
    ]

    assert expiring == [("2026-04-10", "The order ends"), ("2026-04-14", "The coverage ends")]
    assert before_month_end.running_out(world.other.practice, MARCH) == []


@pytest.mark.parametrize(("last", "listed"), [("2026-04-14", True), ("2026-04-15", False)])
def test_documents_are_listed_up_to_two_weeks_after_the_month(world, last, listed):
    coverage = world.patient.coverages.get()
    coverage.ends_on = date.fromisoformat(last)
    coverage.save()
    assert bool(before_month_end.running_out(world.practice, MARCH)) == listed


def test_days_of_work_that_nobody_signed_are_counted_by_person(world):
    world.work("2026-03-10", 600)
    world.work("2026-03-11", 600)
    world.work("2026-03-11", 600, by="physician", clock="12:00:00")
    assert before_month_end.unsigned_days(world.practice, MARCH, today=date(2026, 3, 25)) == [], "not asked for here"
    world.practice.days_signed = True
    world.practice.save()
    sign_day(practice=world.practice, by=world.members["physician"], on=date(2026, 3, 11), now=DURING)

    (row,) = before_month_end.unsigned_days(world.practice, MARCH, today=date(2026, 3, 25))
    assert (row["staff"], row["days"], row["since"]) == (world.user("clinical_staff"), 2, date(2026, 3, 10))
    assert before_month_end.unsigned_days(world.practice, MARCH, today=date(2026, 3, 11))[0]["days"] == 1, (
        "today is not over"
    )


def test_a_conversation_without_a_note_is_listed_until_something_is_added(world):
    call = call_log.log_call(
        enrollment=world.enrollment, channel="phone", outcome="patient", started_at=at("2026-03-10"),
        ended_at=at("2026-03-10", "09:03:00"), decided="", by=world.members["clinical_staff"], now=at("2026-03-10", "09:05:00"),
    )  # fmt: skip
    world.call("2026-03-11")
    world.call("2026-03-12", outcome="voicemail")
    assert before_month_end.calls_without_text(world.practice, MARCH) == [call]
    call_log.add_to_call(call=call, text="Pressure is better.", by=world.members["clinical_staff"], now=DURING)
    assert before_month_end.calls_without_text(world.practice, MARCH) == []


def test_reasons_are_listed_with_patients_and_dollars(world):
    Rate.objects.create(practice=world.practice, code="99457", year=2026, amount=Decimal("47.87"), source="test")
    world.work("2026-03-10", 600)
    close = compute(world, now=DURING)
    leaks = leaks_of(close)

    assert next((leak.dollars, leak.patients) for leak in leaks) == (Decimal("47.87"), 1)
    assert leaks[0].says.startswith("No live, two-way conversation")
    assert leaks[0].remedy == "Care team: make a live call."
    assert all(first.dollars >= second.dollars for first, second in itertools.pairwise(leaks))


@pytest.mark.slow
def test_the_cost_of_a_reason_does_not_depend_on_the_order_of_rows(world):
    Rate.objects.create(practice=world.practice, code="99457", year=2026, amount=Decimal("47.87"), source="test")
    Rate.objects.create(practice=world.practice, code="99470", year=2026, amount=Decimal("26.50"), source="test")
    world.work("2026-03-10", 600)
    close = compute(world, now=DURING)
    first = leaks_of(close)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_keptdecision DISABLE TRIGGER USER")
        # The codes of a decision in every order.
        for places in itertools.permutations(range(1, 7)):
            turned = ", ".join(
                f"{column} = ARRAY[{', '.join(f'{column}[{place}]' for place in places)}]"
                for column in ("codes", "components", "outcomes", "reason_places")
            )
            cursor.execute(f"UPDATE billing_keptdecision SET {turned}")
            assert leaks_of(close) == first
    assert first[0].dollars == Decimal("47.87"), (
        "the most expensive of the codes that exclude each other, once a patient"
    )


def test_the_page_shows_it_all_in_constant_statements(world, django_assert_max_num_queries):
    world.read(days("2026-02-10", "2026-03-31"))
    compute(world)
    client = signed_in(world.user("manager"))
    with django_assert_max_num_queries(46):
        page = client.get("/months/2026-03/forecast/").content.decode()
    assert "Pre-close review, March 2026" in page
    assert client.get("/months/2099-01/forecast/").status_code == 404
    assert client.get("/months/2026-3x/forecast/").status_code == 404


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ("2026-03-20T07:30", (MARCH, tasks.FORECAST_AGE)),  # 02:30 in Chicago
        ("2026-03-20T06:59", (MARCH, tasks.FORECAST_MISSED)),
        ("2026-03-20T07:00", (MARCH, tasks.FORECAST_AGE)),
        ("2026-03-20T09:59", (MARCH, tasks.FORECAST_AGE)),
        ("2026-03-20T10:00", (MARCH, tasks.FORECAST_MISSED)),
        ("2026-03-20T04:59", None),  # the last minute of the nineteenth
        ("2026-03-20T05:00", (MARCH, tasks.FORECAST_MISSED)),
        ("2026-04-01T04:59", (MARCH, tasks.FORECAST_MISSED)),  # the last minute of March
        ("2026-04-01T05:00", None),
    ],
)
def test_the_forecast_is_computed_at_night_in_the_practices_time_zone(moment, wanted):
    assert tasks.month_to_forecast("America/Chicago", now=datetime.fromisoformat(moment).replace(tzinfo=UTC)) == wanted


def test_a_night_that_was_missed_is_made_up_for_in_the_day(world, monkeypatch):
    monkeypatch.setattr(tasks, "ring", lambda close_pk: None)

    def runs_after(moment):
        with time_machine.travel(moment, tick=False):
            tasks.start_due_closes()
        return MonthClose.objects.get(practice=world.practice, month=MARCH.first_day).run

    compute(world, now=at("2026-03-21", "02:30:00"))
    assert runs_after(at("2026-03-21", "16:00:00")) == 1
    assert runs_after(at("2026-03-22", "08:29:00")) == 1, "not thirty hours yet"
    assert runs_after(at("2026-03-22", "08:31:00")) == 2


def test_a_forecast_is_made_once_a_night_and_never_over_a_seal(world):
    night = at("2026-03-21", "02:30:00")
    assert forecast_due(world.practice.pk, MARCH, since=night - tasks.FORECAST_AGE)
    compute(world, now=night)
    later = at("2026-03-21", "03:30:00")
    assert not forecast_due(world.practice.pk, MARCH, since=later - tasks.FORECAST_AGE)
    assert forecast_due(world.practice.pk, MARCH, since=at("2026-03-22", "02:30:00") - tasks.FORECAST_AGE)
    as_owner("UPDATE billing_monthclose SET state = 'prepared' WHERE practice_id = %s", world.practice.pk)
    assert not forecast_due(world.practice.pk, MARCH, since=at("2026-03-22", "02:30:00"))


def test_a_forecast_does_not_count_as_the_computation_of_the_month(world):
    assert not was_computed(world.practice.pk, MARCH, zone=world.practice.zone)
    compute(world, now=at("2026-03-31", "23:59:59"))
    assert not was_computed(world.practice.pk, MARCH, zone=world.practice.zone), "the month still ran"
    compute(world, now=at("2026-04-01", "00:00:00"))
    assert was_computed(world.practice.pk, MARCH, zone=world.practice.zone)


def group_of(finding):
    """The code of a finding; a running period that ends after March or has its days already is a group of its own."""
    period = finding.get("period")
    if period is None:
        return finding["code"]
    if period["closes"] > "2026-03-31":
        return PERIOD_NEXT_MONTH
    return PERIOD_EARNED if period["days"] >= period["least"] else finding["code"]


def reason_of(row):
    """The expected reason: the first finding that blocks, else the one of NOTHING_CAME."""
    blocks = [group_of(finding) for finding in row.findings if finding["gravity"] == "blocks"]
    return next(iter([*blocks, *(finding["code"] for finding in row.findings if finding["code"] in NOTHING_CAME)]), "")


@pytest.mark.slow
def test_each_reason_leads_to_the_patients_it_counts(world):
    nurse = world.user("clinical_staff")
    for number, (days_of, minutes) in enumerate([(0, 0), (3, 0), (20, 600), (20, 1300), (0, 300)]):
        row = an_enrollment(
            world, a_patient(world.practice, nurse, mrn=f"W{number}", family=f"Why{number}"), serial=f"w{number}"
        )
        if days_of:
            world.read(days("2026-02-10", "2026-03-31")[:days_of], serial=f"w{number}")
        if minutes:
            world.work("2026-03-10", minutes, row=row, clock=f"{9 + number:02}:00:00")
    close = compute(world, now=DURING)
    leaks = leaks_of(close)
    assert len(leaks) > 3
    for leak in leaks:
        rows = list(list_unbilled_verdicts(close, why=leak.code))
        assert len({row.enrollment.patient_id for row in rows}) == leak.patients
        assert {reason_of(row) for row in rows} == {leak.code}
    # Every code that is not billed has one reason, or is a further code beyond those earned, or its period still runs.
    running = sum(list_unbilled_verdicts(close, why=why).count() for why in (PERIOD_EARNED, PERIOD_NEXT_MONTH))
    assert running > 0
    beyond = [row for row in list_unbilled_verdicts(close) if not reason_of(row)]
    assert {finding["code"] for row in beyond for finding in row.findings if finding["gravity"] == "short"} <= {
        "DEVICE_SHORT_OF_CODE", "DEVICE_CODE_EXCLUDED", "MGMT_SHORT_OF_CODE", "MGMT_CODE_EXCLUDED",
    }  # fmt: skip
    assert (
        sum(list_unbilled_verdicts(close, why=leak.code).count() for leak in leaks) + len(beyond) + running
        == list_unbilled_verdicts(close).count()
    )

    client, address = signed_in(world.user("manager")), "/months/2026-03/"
    page = client.get("/months/2026-03/forecast/").content.decode()
    for leak in leaks:
        assert f"?show=why&amp;why={leak.code}" in page
    page = client.get(address, {"show": "why", "why": leaks[0].code}).content.decode()
    assert leaks[0].remedy in page
    assert f"Not billable for one reason {list_unbilled_verdicts(close, why=leaks[0].code).count()}" in page
    for asked in ("NOBODY_SAYS_SO", "' OR 1=1 --", "%", "x" * 300):
        assert "No codes." in client.get(address, {"show": "why", "why": asked}).content.decode()
    assert client.get(address, {"show": "why"}).status_code == 200


def test_a_reason_of_the_running_month_leads_to_the_worklist(world):
    world.work("2026-03-10", 600)
    compute(world, now=DURING)
    client = signed_in(world.user("manager"))
    with time_machine.travel(DURING, tick=False):
        for address in ("/months/2026-03/forecast/", "/practice/"):
            assert 'href="/?call=1">On the worklist' in client.get(address).content.decode()
    with time_machine.travel(at("2026-04-01"), tick=False):
        for address in ("/months/2026-03/forecast/", "/practice/"):
            assert "On the worklist" not in client.get(address).content.decode()


def test_every_reason_with_a_remedy_is_one_that_the_engine_knows():
    assert set(REMEDIES) <= set(SENTENCES)
    assert set(ON_THE_WORKLIST) <= set(SENTENCES)
    assert set(ON_THE_WORKLIST.values()) <= set(CHIPS)


def test_a_practice_whose_close_fails_does_not_prevent_the_closes_after_it(world, monkeypatch, caplog):
    started, original = [], tasks.moves.start_computing

    def start(*, practice, **arguments):
        started.append(practice.pk)
        if practice == world.practice:
            raise ValueError("Ortega, Ana")
        return original(practice=practice, **arguments)

    monkeypatch.setattr(tasks.moves, "start_computing", start)
    monkeypatch.setattr(tasks, "ring", lambda close_pk: None)
    with time_machine.travel(at("2026-04-02", "12:00:00"), tick=False):
        tasks.start_due_closes()

    assert {world.practice.pk, world.other.practice.pk} <= set(started)
    assert MonthClose.objects.filter(practice=world.other.practice, month=MARCH.first_day).exists()
    assert "its close could not be started: ValueError" in caplog.text
    assert "Ortega" not in caplog.text


def test_what_claims_will_lack_is_on_the_forecast_with_the_patients(world):
    complete(world)
    world.read(days("2026-02-10", "2026-03-25"))
    world.patient.street = ""
    world.patient.save()
    coverage = world.patient.coverages.get()
    coverage.member_id = "1EG4TE5MK7S"
    coverage.save()
    close = compute(world, now=DURING)
    gaps = claim_gaps(close)

    assert [(gap.says, gap.patients) for gap in gaps] == [
        ("The member id is not a Medicare id (coverage, on the enrollment page).", [world.patient]),
        ("The patient's address lacks street.", [world.patient]),
    ]
    page = signed_in(world.user("manager")).get(f"/months/{MARCH}/forecast/").content.decode()
    assert "What the claims will lack" in page
    assert all(gap.says.replace("'", "&#x27;") in page for gap in gaps)


def test_a_problem_of_the_practice_is_listed_once_and_nothing_if_all_is_complete(world):
    complete(world)
    live_at(a_patient(world.practice, world.user("clinical_staff"), mrn="G1", family="Gap"))
    an_enrollment(world, Patient.objects.get(mrn="G1"), serial="gap")
    for serial in ("", "gap"):
        world.read(days("2026-02-10", "2026-03-25"), serial=serial)
    close = compute(world, now=DURING)
    assert claim_gaps(close) == []
    Charge.objects.filter(code="99454").delete()

    ((says, count),) = [(gap.says, len(gap.patients)) for gap in claim_gaps(close)]
    assert (says, count) == ("99454 has no charge (charges, in the billing settings).", 2)
