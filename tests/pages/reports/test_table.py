"""Rows, groups and sums of reports, compared with the rows of the database and with the rules of the other pages."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.ledger.underpayments import underpayments
from billing.models import ClaimLine, LedgerEntry, LineBalance, Rate
from billing.policies.expected import expected_amounts
from enrollment.models import Clinic, Enrollment, Payer
from monitoring.models import ReadingDay
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.reports.catalog import SUBJECTS
from rpm_portal.pages.reports.definition import ReportDefinition
from rpm_portal.pages.reports.table import ReportTable
from tests.billing.answers.answers_world import answers_world, version
from tests.billing.ledger.test_underpayments import pay
from tests.builders import a_world, days
from timetracking.staff_days.team import team_of


@pytest.fixture
def world(db):
    """Nine delivered claims of October 2026; half of the patients in each of two clinics of one region."""
    world = answers_world()
    clinics = [
        Clinic.objects.create(practice=world.practice, name=name, region=region)
        for name, region in (("North", "Lakes"), ("West", "Lakes"))
    ]
    rows = list(Enrollment.objects.for_practice(world.practice).order_by("pk"))
    for number, row in enumerate(rows):
        Enrollment.objects.filter(pk=row.pk).update(clinic=clinics[number % 2])
    return world


OCTOBER = Month(2026, 10)


def table(world, query, *, first=OCTOBER, last=OCTOBER):
    return ReportTable(world.practice, ReportDefinition.of_query(query), first, last)


def rows_of(report):
    return [dict(zip((column.name for column in report.header), row, strict=True)) for row in report.rows()]


def test_claim_lines_are_listed_with_the_chosen_columns_in_the_subjects_order(world):
    report = table(world, "subject=lines&column=units&column=code&column=patient&column=unknown")
    assert [column.name for column in report.header] == ["patient", "code", "units"]
    rows = list(report.rows())
    assert report.count() == len(rows) == 19
    assert rows[0] == ("ASHBY, Nora", "99454", 1)
    assert report.totals() == [None, None, 19]
    assert list(table(world, "subject=lines", last=Month(2026, 9), first=Month(2026, 9)).rows()) == []


def test_groups_have_the_number_of_their_rows_and_sums(world):
    for code, amount in (("99454", "47.27"), ("99457", "47.87")):
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    rows = rows_of(table(world, "subject=lines&group=payer&group=code&column=units&column=expected"))
    by_key = {(row["payer"], row["code"]): row for row in rows}
    assert by_key["Northwind", "99454"] == {
        "payer": "Northwind", "code": "99454", "rows": 1, "units": 1, "expected": Decimal("47.27"),
    }  # fmt: skip
    assert by_key["Medicare Part B", "98977"]["expected"] == 0, "a code without an amount on file adds nothing"
    assert sum(row["rows"] for row in rows) == 19
    assert table(world, "subject=lines&group=payer&column=units").totals() == [None, 19, 19]


def test_clinic_and_region_add_up_to_the_same(world):
    lines = ClaimLine.objects.for_practice(world.practice)
    clinics = rows_of(table(world, "subject=lines&group=clinic&column=units"))
    regions = rows_of(table(world, "subject=lines&group=region&column=units"))
    assert {row["clinic"] for row in clinics} == {"North", "West"}
    assert [(row["region"], row["rows"]) for row in regions] == [("Lakes", lines.count())]
    assert sum(row["units"] for row in clinics) == regions[0]["units"]
    Enrollment.objects.update(clinic=None)
    assert [row["region"] for row in rows_of(table(world, "subject=lines&group=region"))] == ["none"]


@pytest.mark.parametrize(
    ("narrowing", "count"),
    [
        ("payer=Northwind", 2), ("code=98977", 1), ("program=RTM", 0), ("state=held", 0), ("state=approved", 19),
        ("clinic=West&payer=Northwind", 2), ("clinic=North&payer=Northwind", 0), ("clinic=nowhere", 0), ("payer=%00", 19), ("provider=nobody", 0),
        ("region=Lakes", 19), ("code=99454%27%20OR%201=1", 0),
    ],
)  # fmt: skip
def test_filters_narrow_the_rows(world, narrowing, count):
    assert table(world, f"subject=lines&{narrowing}").count() == count


def test_a_report_has_rows_of_its_own_practice_only(world):
    for subject in SUBJECTS:
        mine, theirs = table(world, f"subject={subject}"), table(world.other, f"subject={subject}")
        names = {cell for row in theirs.rows() for cell in row if isinstance(cell, str)}
        assert not names & {"North", "West", "ASHBY, Nora"}, subject
        assert mine.header == theirs.header


def test_the_expected_amount_is_that_of_the_rules_for_each_line(world):
    contract = Payer.objects.get(practice=world.practice, name="Northwind")
    for code, amount, more in (
        ("99454", "47.27", {}),
        ("99454", "50.00", {"payer": contract}),
        ("99454", "55.00", {"payer": contract, "starts_on": date(2026, 10, 20)}),
        ("99457", "48.00", {"payer": contract, "starts_on": date(2026, 10, 20)}),
        ("99457", "40.00", {"facility": True}),
        ("99457", "41.00", {"factor_class": "qualifying"}),
        ("98977", "33.00", {"year": 2025}),
    ):
        Rate.objects.create(
            practice=world.practice, code=code, amount=Decimal(amount), source="test", **({"year": 2026} | more)
        )
    Rate.objects.create(practice=world.other.practice, code="98977", year=2026, amount=1, source="test")
    amounts = expected_amounts(world.practice, [2026])
    rows = table(world, "subject=lines&column=code&column=payer&column=date_of_service&column=expected").rows()
    payers = {payer.name: payer.pk for payer in Payer.objects.for_practice(world.practice)}
    found = 0
    for payer, code, dos, expected in rows:
        assert expected == amounts.amount(code, on=dos, payer=payers[payer]), (payer, code, dos)
        found += expected is not None
    assert found == 10


def test_balances_show_the_kept_sums_and_the_difference_of_the_underpayments(world):
    for code, amount in (("99454", "47.27"), ("99457", "47.87")):
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    pay(world, 1, [("CO", "45", "19.73"), ("PR", "2", "9.05")], [("CO", "45", "22.13"), ("PR", "2", "9.57")])
    report = table(world, "subject=balances&column=charge&column=paid&column=open&column=difference")
    sums = LineBalance.objects.for_practice(world.practice).aggregate(*map(Sum, ("charge", "paid", "open")))
    (short,) = underpayments(world.practice)
    assert report.totals() == [sums["charge__sum"], sums["paid__sum"], sums["open__sum"], short.difference]
    states = rows_of(table(world, "subject=balances&group=state&column=charge"))
    assert {row["state"] for row in states} == {"paid", "none"}


def test_ledger_entries_are_of_the_month_of_the_payers_date(world):
    pay(world, 1, [("CO", "45", "19.73")], [("PR", "2", "9.57")])
    months = {"first": Month(2026, 11), "last": Month(2026, 11)}
    report = table(world, "subject=ledger&group=state&column=amount", **months)
    by_kind = {row["state"]: row["amount"] for row in rows_of(report)}
    assert by_kind["patient share"] == Decimal("9.57")
    assert by_kind["contractual reduction"] == Decimal("19.73")
    assert by_kind["payment"] == Decimal("105.70")
    assert report.count() == LedgerEntry.objects.for_practice(world.practice).count()
    numbers = rows_of(table(world, "subject=ledger&column=claim_number&column=check&column=service_month", **months))
    assert {
        "claim_number": version(world, 1).control,
        "check": "EFT9001",
        "service_month": date(2026, 10, 1),
    } in numbers
    assert table(world, "subject=ledger").count() == 0


def test_time_across_the_end_of_a_month_is_split_and_agrees_with_the_team(db):
    world = a_world()
    world.work("2026-03-31", 7200, clock="23:30:00")  # 1,800 seconds in March, 5,400 in April
    world.work("2026-03-10", 600, by="qhp")
    for month, seconds in ((Month(2026, 3), 2400), (Month(2026, 4), 5400)):
        report = table(world, "subject=time&group=staff&column=seconds&column=billable", first=month, last=month)
        team = {
            str(row.staff): row.seconds for row in team_of(world.practice.pk, month=month, zone=world.practice.zone)
        }
        assert {row["staff"]: row["billable"] for row in rows_of(report)} == team
        assert report.totals()[2] == seconds
    both = rows_of(table(world, "subject=time&group=month", first=Month(2026, 3), last=Month(2026, 4)))
    assert [(row["month"], row["seconds"]) for row in both] == [(date(2026, 3, 1), 2400), (date(2026, 4, 1), 5400)]


def test_adherence_counts_days_and_names_patients_without_readings(db):
    world = a_world()
    world.read(days("2026-03-01", "2026-03-16"))
    world.read(days("2026-04-01", "2026-04-15"))
    query = "subject=adherence&column=days&column=device_days&column=many&column=few&column=none&column=patient"
    for month, expected in (
        (Month(2026, 3), (16, 16, 1, 0, 0)), (Month(2026, 4), (15, 15, 0, 1, 0)), (Month(2026, 5), (0, 0, 0, 0, 1)),
    ):  # fmt: skip
        (row,) = table(world, query, first=month, last=month).rows()
        assert row == ("ORTEGAP, Miguel", *expected), month
    ReadingDay.objects.filter(local_day=date(2026, 3, 16)).update(automatic=0, typed=1)
    (row,) = table(world, query, first=Month(2026, 3), last=Month(2026, 3)).rows()
    assert row == ("ORTEGAP, Miguel", 15, 15, 0, 1, 0), "what staff typed makes no reading day"
    assert table(world, query, first=Month(2025, 12), last=Month(2025, 12)).count() == 0


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("period=months&first=2026-11&last=2026-10", "before the first"), ("period=months&first=x&last=2026-10", "like 2026-11"),
        ("period=months", "like 2026-11"), ("period=months&first=2024-10&last=2026-10", "25 months"),
        ("period=months&first=9999-12&last=9999-12", "like 2026-11"),
    ],
)  # fmt: skip
def test_wrong_months_are_refused(query, error):
    with pytest.raises(Refused, match=error):
        ReportDefinition.of_query(query).months(Month(2026, 12))


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("last_month", Month(2025, 12), Month(2025, 12)), ("this_month", Month(2026, 1), Month(2026, 1)),
        ("last_3", Month(2025, 10), Month(2025, 12)), ("last_12", Month(2025, 1), Month(2025, 12)),
        ("this_year", Month(2026, 1), Month(2026, 1)), ("nonsense", Month(2025, 12), Month(2025, 12)),
    ],
)  # fmt: skip
def test_periods_move_with_the_month(period, first, last):
    assert ReportDefinition.of_query(f"period={period}").months(Month(2026, 1)) == (first, last)


def test_twenty_four_months_are_accepted_and_an_address_is_read_back():
    query = "subject=balances&column=paid&group=payer&period=months&first=2024-11&last=2026-10&payer=North+%26+West"
    definition = ReportDefinition.of_query(query)
    assert definition.months(Month(2026, 12)) == (Month(2024, 11), Month(2026, 10))
    assert definition.filters == {"payer": "North & West"}
    assert ReportDefinition.of_query(definition.query) == definition


@pytest.mark.parametrize("subject", list(SUBJECTS))
def test_every_column_and_group_of_every_subject_can_be_read(world, subject):
    one = SUBJECTS[subject]
    names = "".join(f"&column={column.name}" for column in one.columns)
    assert len(table(world, f"subject={subject}{names}").header) == len(one.columns)
    list(table(world, f"subject={subject}{names}").rows())
    for group in one.groups:
        report = table(world, f"subject={subject}{names}&group={group}")
        assert sum(row["rows"] for row in rows_of(report)) == report.count(), group
    for name in one.filters:
        assert table(world, f"subject={subject}&{name}=nothing").count() == 0
