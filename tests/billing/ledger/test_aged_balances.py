"""Open balances by payer, clinic and provider and by age, and what patients owe."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.ledger import aged_balances as ageing
from billing.models import LineBalance
from enrollment.models import Clinic, Enrollment
from tests.billing.answers.answers_world import answers_world, version
from tests.billing.ledger.test_underpayments import pay
from tests.roles import as_owner
from tests.test_access import signed_in


@pytest.fixture
def world(db):
    return answers_world()


@pytest.mark.parametrize(
    ("age", "bucket"), [(-1, 0), (0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (120, 3), (121, 4)]
)
def test_an_amount_is_in_the_bucket_of_its_age(age, bucket):
    today = date(2026, 12, 1)
    assert ageing.bucket_of(today - timedelta(days=age), today) == bucket
    assert ageing.bucket_of(None, today) == 4


def rows(world, *, today=date(2026, 11, 30), **options):
    return {row.name: row for row in ageing.aged_balances(world.practice, today=today, **options)}


def test_open_balances_are_aged_from_the_date_of_service_by_payer(world):
    # Claims of 15 and 31 October: on 30 November 46 and 30 days; claim 9 also has a line of 1 October, 60 days.
    found = rows(world)
    assert found["Northwind"].amounts == [Decimal(70), Decimal(65), 0, 0, 0]
    total = ageing.total_row(found.values())
    assert total.total == LineBalance.objects.for_practice(world.practice).aggregate(sum=Sum("open"))["sum"]
    assert rows(world, today=date(2026, 12, 1))["Northwind"].amounts == [0, Decimal(135), 0, 0, 0]
    assert rows(world, today=date(2027, 6, 1))["Northwind"].amounts == [0, 0, 0, 0, Decimal(135)]


def test_the_first_delivery_begins_the_other_count(world):
    # Delivered on 29 November, 09:30 of the practice.
    found = rows(world, since="delivery", today=date(2026, 12, 29))
    assert found["Northwind"].amounts == [Decimal(135), 0, 0, 0, 0]
    assert rows(world, since="delivery", today=date(2026, 12, 30))["Northwind"].amounts[1] == Decimal(135)


def test_clinics_and_providers_add_up_to_the_same(world):
    clinic = Clinic.objects.create(practice=world.practice, name="North")
    Enrollment.objects.filter(patient=version(world, 7).claim.patient).update(clinic=clinic)
    by_clinic, by_provider = rows(world, by="clinic"), rows(world, by="provider")
    assert by_clinic["North"].total == Decimal(135)
    assert sum(row.total for row in by_clinic.values()) == sum(row.total for row in by_provider.values())
    assert ageing.aged_balances(world.other.practice, today=date(2026, 12, 1)) == []


def test_what_is_paid_or_the_patients_is_not_open(world):
    before = rows(world)["Northwind"].total
    pay(world, 7, [("CO", "45", "15.00"), ("PR", "2", "10.00")], [("CO", "50", "70.00")])
    assert before == Decimal(135)
    assert rows(world)["Northwind"].amounts == [Decimal(70), 0, 0, 0, 0], "the refused line"


def test_patients_shares_are_listed_with_who_is_not_billed(world):
    pay(world, 1, [("PR", "2", "10.00"), ("CO", "45", "5.00")], [("PR", "96", "70.00")])
    pay(world, 2, [("PR", "1", "20.00")], [], trace="EFT9002")
    shares = ageing.shares_of(world.practice, ageing.patient_shares(world.practice))
    assert [(row.name, row.share, row.refused, row.is_qmb, row.collectible) for row in shares] == [
        ("ASHBY, Nora", Decimal(10), Decimal(70), False, Decimal(10)),
        ("BRANDT, Otto", Decimal(20), Decimal(0), False, Decimal(20)),
    ]
    assert not ageing.patient_shares(world.other.practice).exists()


@pytest.mark.parametrize("code", ["209", "N781", "N782", "N783"])
def test_a_qualified_medicare_beneficiary_is_not_billed(world, code):
    group = [("OA", code, "0.01")] if code == "209" else []
    pay(world, 1, [("PR", "2", "10.00"), *group], [])
    if code != "209":
        reasons = f'[{{"group": "", "reason": "{code}", "amount": "0"}}]'
        as_owner("UPDATE billing_answer SET reasons = %s WHERE NOT is_line AND level = 4", reasons)
    (row,) = ageing.shares_of(world.practice, ageing.patient_shares(world.practice))
    assert (row.is_qmb, row.collectible) == (True, 0)


def test_the_pages_show_amounts_of_the_own_practice(world):
    pay(world, 1, [("PR", "2", "10.00")], [])
    client, other = signed_in(world.user("biller")), signed_in(world.other.user("biller"))
    page = client.get("/ageing/?by=payer&since=delivery").content.decode()
    assert "Northwind" in page
    assert "ASHBY" not in page
    assert "Nothing is open." in other.get("/ageing/?by=nothing&since=x").content.decode()
    assert "ASHBY, Nora" in client.get("/patient-shares/").content.decode()
    assert "No patient owes a share." in other.get("/patient-shares/").content.decode()
    assert "0 lines, $0.00" in client.get("/underpayments/").content.decode()
