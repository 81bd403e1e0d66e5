"""The dashboard, months and claims of one clinic or one billing provider."""

import pytest

from billing.models import Claim, ClaimLine
from billing.review import dashboard, month_lines, queries
from billing.review.clinic_filter import Narrowing
from billing.review.lost_revenue import leaks_of
from enrollment.models import Clinic, Enrollment
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, compute
from tests.billing.sending_world import complete, live_at, sealed
from tests.builders import a_patient, a_world, an_enrollment, days
from tests.test_access import signed_in

MARCH = Month(2026, 3)


@pytest.fixture
def world(db):
    """Ortega in the clinic North, with the physician; Reed without a clinic, with the nurse practitioner."""
    world = a_world()
    complete(world)
    clinic = Clinic.objects.create(practice=world.practice, name="North")
    Enrollment.objects.filter(pk=world.enrollment.pk).update(clinic=clinic)
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="B2", family="Reed")
    live_at(patient)
    qhp = world.members["qhp"]
    world.second = an_enrollment(world, patient, serial="cuff-2", billing_provider=qhp, supervised_by=qhp)
    world.read(days("2026-02-20", "2026-03-31"), serial="cuff-2")
    return world


def narrowings(world):
    return [
        Narrowing(clinic="North"), Narrowing(provider=world.members["physician"].public_id),
        Narrowing(clinic="North", provider=world.members["physician"].public_id),
    ]  # fmt: skip


def test_counts_and_dollars_of_parts_add_up_to_the_whole(world):
    close = sealed(world)
    whole = month_lines.counts_of(close)
    of_qhp = Narrowing(provider=world.members["qhp"].public_id)
    for narrowing in narrowings(world):
        counts = month_lines.counts_of(close, narrowing)
        assert counts["standing"] == ClaimLine.objects.filter(close=close, enrollment=world.enrollment).count()
        rest = month_lines.counts_of(close, of_qhp)
        assert all(counts[key] + rest[key] == whole[key] for key in whole)
        assert month_lines.expected_of(close, narrowing) + month_lines.expected_of(close, of_qhp) == (
            month_lines.expected_of(close)
        )
    none = Narrowing(clinic="North", provider=world.members["qhp"].public_id)
    assert month_lines.counts_of(close, none)["standing"] == 0


def test_the_dashboard_and_the_months_are_narrowed(world):
    world.read(days("2026-02-10", "2026-03-31"))
    close = compute(world)
    narrowing = Narrowing(clinic="North")
    figures, leaks = dashboard.figures(world.practice, MARCH, narrowing)
    assert (figures.patients, dashboard.figures(world.practice, MARCH)[0].patients) == (1, 2)
    assert all(leak.patients == 1 for leak in leaks)
    assert sum(leak.patients for leak in leaks_of(close)) > len(leaks)
    chart = dashboard.codes_by_month(world.practice, to=MARCH, narrowing=narrowing)
    assert sum(one["count"] for one in chart["codes"]) == figures.lines
    row = next(row for row in queries.months(world.practice, now=AFTER, narrowing=narrowing) if row["month"] == MARCH)
    assert row["close"].standing == figures.lines
    assert Narrowing().patients(world.practice) is None


def test_the_pages_list_one_clinic_and_keep_the_counts_of_approving(world):
    world.read(days("2026-02-10", "2026-03-31"))
    close = compute(world)
    client = signed_in(world.user("manager"))
    whole = client.get("/months/2026-03/?show=all").content.decode()
    page = client.get("/months/2026-03/?show=all&clinic=North").content.decode()
    assert "REED" in whole
    assert "REED" not in page
    assert "ORTEGAP" in page
    assert "Approving and locking apply to the whole month." in page
    standing = month_lines.counts_of(close, Narrowing(clinic="North"))["standing"]
    assert f"All lines {standing}<" in page
    unbilled = client.get("/months/2026-03/?show=do_not_bill&clinic=North").content.decode()
    assert "REED" not in unbilled
    file = client.get("/months/2026-03/lines/csv/?show=all&clinic=North").content.decode()
    assert "REED" not in file
    assert ",North,Physician P," in file
    for address in ("/practice/?clinic=North", "/months/?clinic=North", "/practice/?clinic=nowhere&provider=nobody"):
        assert client.get(address).status_code == 200


def test_claims_of_one_provider_are_listed_and_only_those_are_chosen(world):
    close = sealed(world)
    client = signed_in(world.user("biller"))
    assert Claim.objects.filter(close=close).count() == 2
    address = f"/months/2026-03/claims/?provider={world.members['qhp'].public_id}"
    page = client.get(address).content.decode()
    assert "REED" in page
    assert "ORTEGAP" not in page
    chosen = client.get(f"{address}&which=all").content.decode()
    assert 'name="count" value="1"' in chosen
    assert "ORTEGAP" in client.get("/months/2026-03/claims/").content.decode()
