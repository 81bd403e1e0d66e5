"""Mock audits: a fair draw that can be repeated, one conclusion a claim, and the refunds with their last day."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.evidence import mock_audits
from billing.models import CheckedClaim, Claim, ClaimLine, LineState, MockAudit, Rate
from enrollment.models import Episode
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import MARCH, compute
from tests.billing.sending_world import complete, sealed, set_line_state
from tests.builders import a_patient, a_world, an_enrollment, at, days
from tests.snapshot import Snapshot
from tests.test_access import signed_in

pytestmark = pytest.mark.django_db
NOW = at("2026-06-01")
WHY = "No order was in force on the day."


def _with_five_claims(world):
    """Add a sealed month of five patients."""
    complete(world)
    nurse = world.user("clinical_staff")
    for number in range(4):
        patient = a_patient(world.practice, nurse, mrn=f"C{number}", family=f"Check{number}")
        an_enrollment(world, patient, serial=f"c{number}")
        world.read(days("2026-02-10", "2026-03-31"), serial=f"c{number}")
    world.close = sealed(world)
    return world


_five_claims = Snapshot(lambda: _with_five_claims(a_world()))


@pytest.fixture
def closed(db):
    return _five_claims()


def draw_audit(world, size=3, *, seed=None, first=MARCH, last=MARCH, by="manager"):
    return mock_audits.draw(
        practice=world.practice, first=first, last=last, size=size, by=world.members[by], now=NOW, seed=seed
    )


def concluded(world, item, conclusion, note="", *, now=NOW):
    return mock_audits.conclude(item=item, conclusion=conclusion, note=note, by=world.members["manager"], now=now)


@pytest.mark.slow
def test_the_same_seed_draws_the_same_claims_and_another_seed_others(closed):
    chosen = [list(draw_audit(closed, seed=seed).claims.values_list("claim", flat=True)) for seed in (7, 7, 8, 9, 10)]
    assert chosen[0] == chosen[1]
    assert len({tuple(sample) for sample in chosen}) > 2
    assert all(len(set(sample)) == 3 for sample in chosen)
    first = MockAudit.objects.filter(practice=closed.practice).latest("pk")
    assert (first.drawn_from, first.first_month) == (5, MARCH.first_day)
    assert Event.objects.filter(action="draw_mock_audit").first().detail == {"count": 3, "of": 5}


@pytest.mark.slow
def test_every_claim_is_as_likely_as_any_other(closed):
    seen = Counter(
        claim
        for seed in range(200)
        for claim in draw_audit(closed, 1, seed=seed).claims.values_list("claim", flat=True)
    )
    assert len(seen) == 5
    # Two hundred draws of one in five: forty each; further off than twenty-two is one chance in ten thousand.
    assert all(18 <= count <= 62 for count in seen.values())


@pytest.mark.slow
def test_more_than_there_are_draws_them_all(closed):
    assert draw_audit(closed, 200).claims.count() == 5


@pytest.mark.parametrize(
    ("size", "first", "last", "error"),
    [(0, MARCH, MARCH, "between 1 and 200"), (201, MARCH, MARCH, "between 1 and 200"),
     (5, MARCH, Month(2026, 2), "lies before"), (5, Month(2025, 1), Month(2025, 12), "is locked yet")],
)  # fmt: skip
def test_an_invalid_draw_is_refused(closed, size, first, last, error):
    with pytest.raises(Refused, match=error):
        draw_audit(closed, size, first=first, last=last)
    assert not MockAudit.objects.exists()


def test_only_sealed_months_and_lines_that_were_billed_are_drawn_from(world):
    world.read(days("2026-02-10", "2026-03-31"))
    compute(world)
    with pytest.raises(Refused):
        draw_audit(world)


def test_dropped_lines_make_no_claim_of_the_sample(closed):
    claim = Claim.objects.filter(practice=closed.practice).first()
    set_line_state(closed.close, LineState.DROPPED, claim=claim)
    assert draw_audit(closed, 200).drawn_from == 4


def test_a_claim_is_concluded_once_and_a_no_needs_a_reason(closed):
    item, other, _ = draw_audit(closed).claims.all()
    for conclusion, note, error in (("", "", "Choose"), ("maybe", "", "Choose"), ("not", "too few", "ten characters")):
        with pytest.raises(Refused, match=error):
            concluded(closed, item, conclusion, note)
    assert concluded(closed, item, "not", f" {WHY} ").note == WHY
    assert concluded(closed, other, "supported").note == ""
    with pytest.raises(Refused, match="already"):
        concluded(closed, item, "supported")
    with pytest.raises(DatabaseError), transaction.atomic():
        CheckedClaim.objects.filter(pk=item.pk).update(conclusion="supported")
    with pytest.raises(DatabaseError), transaction.atomic():
        CheckedClaim.objects.filter(pk=item.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        MockAudit.objects.update(seed=1)


def test_an_unsupported_claim_is_refunded_within_sixty_days_at_the_rates_on_file(closed):
    items = list(draw_audit(closed, 5).claims.all())
    late = at("2026-06-10", "23:59:59")
    for number, item in enumerate(items):
        concluded(closed, item, "not" if number < 2 else "supported", WHY if number < 2 else "", now=late)
    outcome = mock_audits.outcome_of(closed.practice, mock_audits.items_of(items[0].audit))
    assert (outcome.all, outcome.concluded, outcome.rate) == (5, 5, "40.0 %")
    assert [owed.until for owed in outcome.owed] == [date(2026, 8, 9)] * 2, (
        "sixty days from the tenth, where the practice is"
    )
    assert [owed.dollars for owed in outcome.owed] == [None, None]
    for code in ("99453", "99454", "99457"):
        Rate.objects.create(practice=closed.practice, code=code, year=2026, amount=Decimal("10.50"), source="test")
    outcome = mock_audits.outcome_of(closed.practice, mock_audits.items_of(items[0].audit))
    for owed in outcome.owed:
        lines = ClaimLine.objects.filter(claim=owed.item.claim, state=LineState.APPROVED)
        assert owed.dollars == sum(line.units * Decimal("10.50") for line in lines) > 0


def test_an_audit_closes_when_its_last_claim_is_concluded_and_once(closed):
    audit = draw_audit(closed, 2)
    for waiting in ("2 claims wait", "1 claim waits"):
        with pytest.raises(Refused, match=waiting):
            mock_audits.finish(audit=audit, by=closed.members["manager"], now=NOW)
        concluded(closed, audit.claims.filter(conclusion=None).first(), "supported")
    assert mock_audits.finish(audit=audit, by=closed.members["manager"], now=NOW).closed_at == NOW
    with pytest.raises(Refused, match="already"):
        mock_audits.finish(audit=audit, by=closed.members["manager"], now=NOW)


def test_a_sample_contains_no_claim_of_another_practice(closed):
    audit = draw_audit(closed, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckedClaim.objects.create(
            practice=closed.other.practice, audit=audit, number=9, claim=audit.claims.get().claim
        )
        connection.check_constraints()


@pytest.mark.slow
def test_an_audit_is_drawn_concluded_and_closed_on_its_pages(closed):
    client = signed_in(closed.user("manager"))
    assert "Select a random sample" in client.get("/checks/").content.decode()
    for asked, text in (
        ({"first": "x", "last": "2026-03", "size": "3"}, "Write months"), ({"first": "2026-03", "last": "2026-03", "size": "٣"}, "between 1 and 200"),
        ({"first": "2026-03", "last": "2026-03", "size": ""}, "between 1 and 200"),
    ):  # fmt: skip
        answer = client.post("/checks/draw/", asked)
        assert answer.status_code == 422
        assert text in answer.content.decode()
    Episode.objects.update(educated_on=None)
    answer = client.post("/checks/draw/", {"first": "2026-03", "last": "2026-03", "size": "2"})
    page = client.get(answer.url).content.decode()
    assert "2 claims of 5" in page
    assert "Education and set-up" in page, "what the record lacks is seen before anybody concludes"
    first, second = MockAudit.objects.get().claims.all()
    refused = client.post(f"/checks/claims/{first.public_id}/", {"conclusion": "not", "note": "<b>no</b>"})
    assert refused.status_code == 422
    assert "ten characters" in refused.content.decode()
    assert "&lt;b&gt;no&lt;/b&gt;" in refused.content.decode()
    moved = client.post(f"/checks/claims/{first.public_id}/", {"conclusion": "not", "note": WHY})
    assert moved.url.endswith("#claim-2")
    assert client.post(f"{answer.url}close/").status_code == 422
    client.post(f"/checks/claims/{second.public_id}/", {"conclusion": "supported"})
    assert client.post(f"{answer.url}close/").status_code == 302
    page = client.get(answer.url).content.decode()
    assert "50.0 %" in page
    assert WHY in page
    assert "Overpayments to refund" in page
    assert signed_in(closed.other.user("manager")).get(answer.url).status_code == 404
    assert "Conclude</button>" not in signed_in(closed.user("auditor")).get(answer.url).content.decode()


def test_only_the_next_claims_are_previewed_and_the_others_are_not_called_complete(closed, monkeypatch):
    monkeypatch.setattr("billing.views.mock_audits.MAX_PREVIEWS", 2)
    client, audit = signed_in(closed.user("manager")), draw_audit(closed, 5)

    def looked_through():
        page = client.get(f"/checks/{audit.public_id}/").content.decode()
        return page.count("No checklist items are missing") + page.count("</b> Data reviewed"), page.count(
            "when its turn comes"
        )

    assert looked_through() == (2, 3)
    concluded(closed, audit.claims.first(), "supported")
    assert looked_through() == (2, 2)


def test_a_sample_of_a_month_takes_the_same_statements_for_any_size(closed, django_assert_max_num_queries):
    client = signed_in(closed.user("manager"))
    for size in (1, 5):
        audit = draw_audit(closed, size)
        with django_assert_max_num_queries(55):
            assert client.get(f"/checks/{audit.public_id}/").status_code == 200
