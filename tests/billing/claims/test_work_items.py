"""The work queues: what opens and ends an item, its owner, due date and amount, and what people do with items."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing import tasks
from billing.answers.by_hand import answer_by_hand
from billing.answers.denials import refusals, take_step
from billing.claims import work_items
from billing.claims.appeals import file_appeal, open_appeal
from billing.claims.refunds import open_duty, prove
from billing.claims.work_items import update_work
from billing.claims.work_rules import business_days_after
from billing.models import (
    Answer,
    AnswerTransaction,
    Claim,
    ClaimVersion,
    FeeBasis,
    PayerProfile,
    Queue,
    Rate,
    WorkItem,
    WorkNote,
)
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.sending_world import a_denial, an_835, leave, sealed, sent_month
from tests.test_access import signed_in

# Remittances are dated 2026-04-20, and posted before.
NOW = LATER + timedelta(days=5)
# The month is delivered by the manager on 2026-04-03 (AFTER); remittances are of 2026-04-20.
PAID_ON = date(2026, 4, 20)


@pytest.fixture
def sent(db):
    return sent_month()


def open_items(world, **filters):
    rows = WorkItem.objects.filter(practice=world.practice, ended_at__isnull=True, **filters)
    return list(rows.select_related("line", "owner").order_by("queue", "due_on", "line__code"))


def update(world, now=NOW):
    update_work(world.practice, now=now)
    return open_items(world)


def by_hand(world, status, *, on=PAID_ON, **options):
    version = ClaimVersion.objects.filter(practice=world.practice).order_by("-number").first()
    values = {"paid": "", "payer_control": "", "note": "as read on the portal"} | options
    return answer_by_hand(version=version, status=status, by=world.members["biller"], now=NOW, on=on, **values)


@pytest.mark.parametrize(("day", "number", "after"), [
    (date(2026, 4, 17), 2, date(2026, 4, 21)), (date(2026, 4, 18), 1, date(2026, 4, 20)), (date(2026, 4, 20), 2, date(2026, 4, 22)),
])  # fmt: skip
def test_business_days_skip_the_weekend(day, number, after):
    assert business_days_after(day, number) == after


def test_a_rejection_is_opened_with_its_posting_and_ends_when_the_claim_is_answered(sent):
    by_hand(sent, "rejected")
    (item,) = open_items(sent, queue=Queue.REJECTED)
    assert (item.amount, item.due_on, item.owner) == (Decimal("160.00"), date(2026, 4, 22), sent.user("manager"))
    by_hand(sent, "paid", paid="128.00", on=PAID_ON + timedelta(days=3))

    assert open_items(sent, queue=Queue.REJECTED) == []
    item.refresh_from_db()
    assert (item.ended_by, item.ended_at) == (None, NOW)


def test_each_denied_line_is_an_item_due_thirty_days_before_the_appeal(sent):
    post(sent, a_denial(sent))
    items = open_items(sent)

    assert [(item.queue, item.line.code, item.amount) for item in items] == [
        ("denied", "99453", Decimal("25.00")), ("denied", "99454", Decimal("65.00")), ("denied", "99457", Decimal("70.00")),
    ]  # fmt: skip
    assert {item.due_on for item in items} == {PAID_ON + timedelta(days=90)}


def test_an_appeal_sets_the_due_date_of_its_denial(sent):
    post(sent, a_denial(sent))
    refusal, by = refusals(sent.practice)[0], sent.members["biller"]
    appeal = open_appeal(
        version=refusal.version, line=refusal.line, answer=refusal.answer, amount=Decimal("25.00"), argument="x" * 40,
        by=by, now=NOW,
    )  # fmt: skip
    (item,) = open_items(sent, line=refusal.line)
    assert item.due_on == appeal.due_on
    file_appeal(appeal=appeal, on=NOW.date(), how="portal", reference="", by=by, now=NOW)
    (item,) = open_items(sent, line=refusal.line)
    assert item.due_on == NOW.date() + timedelta(days=60)


def test_a_step_that_ends_a_denial_ends_its_item(sent):
    post(sent, a_denial(sent))
    take_step(
        refusal=refusals(sent.practice)[0],
        step="written_off",
        note="Below the cost",
        by=sent.members["biller"],
        now=NOW,
    )
    assert [item.line.code for item in open_items(sent)] == ["99454", "99457"]


@pytest.mark.parametrize(("days", "queues"), [(2, []), (3, ["no_answer"])])
def test_a_file_without_acknowledgment_is_work_after_three_days(sent, days, queues):
    delivered = ClaimVersion.objects.get(practice=sent.practice).submission.delivered_at
    assert [item.queue for item in update(sent, delivered + timedelta(days=days))] == queues


@pytest.mark.parametrize(("filing", "days", "queues"), [("MB", 29, []), ("MB", 30, ["no_answer"]), ("CI", 44, []), ("CI", 45, ["no_answer"])])  # fmt: skip
def test_an_accepted_claim_without_remittance_is_work_after_the_payers_days(sent, filing, days, queues):
    type(sent.payer).objects.filter(pk=sent.payer.pk).update(filing=filing)
    by_hand(sent, "accepted")
    delivered = ClaimVersion.objects.get(practice=sent.practice).submission.delivered_at
    assert [item.queue for item in update(sent, delivered + timedelta(days=days))] == queues


@pytest.mark.parametrize(("today", "queues"), [
    ("2027-01-29", {"rejected"}), ("2027-01-30", {"rejected", "filing"}),
])  # fmt: skip
def test_a_rejected_claim_is_due_before_its_filing_limit(sent, today, queues):
    """The first date of service is 2026-03-01 or later; Medicare takes the claim for one calendar year."""
    by_hand(sent, "rejected")
    claim = Claim.objects.get(practice=sent.practice)
    first = min(claim.lines.filter(state="approved").values_list("dos", flat=True))
    limit = first.replace(year=2027)
    shift = date.fromisoformat(today) - date(2027, 1, 30)
    now = NOW.replace(year=2027, month=1, day=1) + (limit - timedelta(days=30) - date(2027, 1, 1)) + shift
    items = update(sent, now)

    assert {item.queue for item in items} == queues
    assert {item.due_on for item in items if item.queue == "filing"} <= {limit}


def test_a_month_that_was_never_sent_is_work_near_its_filing_limit(world):
    from tests.billing.sending_world import complete

    complete(world)
    close = sealed(world)
    assert update(world) == []
    items = update(world, NOW.replace(year=2027, month=2, day=20))
    assert [(item.queue, item.version_id) for item in items] == [("filing", None)]
    assert close.state == "sealed"


def test_the_filing_limit_of_the_dates_of_service_counts_and_not_that_of_today(world):
    """90 days from the first date of service, 2026-03-11, end on 2026-06-09; the limit of May gives a year."""
    from tests.billing.sending_world import complete

    complete(world)
    sealed(world)
    limits = {"practice": world.practice, "payer": world.payer, "source": "manual"}
    PayerProfile.objects.create(**limits, starts_on=date(2026, 1, 1), ends_on=date(2026, 4, 30), filing_days=90)
    PayerProfile.objects.create(**limits, starts_on=date(2026, 5, 1), filing_days=365)
    assert update(world, NOW.replace(month=5, day=9)) == []
    (item,) = update(world, NOW.replace(month=5, day=10))
    assert (item.queue, item.due_on) == ("filing", date(2026, 6, 9))


def rates(world, amount="60.00"):
    FeeBasis.objects.get_or_create(practice=world.practice)
    Rate.objects.create(
        practice=world.practice, code="99457", year=2026, locality="national", facility=False,
        factor_class=FeeBasis(practice=world.practice).factor_class, amount=Decimal(amount), source="fee file",
    )  # fmt: skip


@pytest.mark.parametrize(("expected", "queues"), [("70.00", []), ("71.42", []), ("71.43", ["underpaid"]), ("80.00", ["underpaid"])])  # fmt: skip
def test_a_line_is_underpaid_from_a_dollar_and_two_percent_on(sent, expected, queues):
    """99457 was charged 70.00: 56.00 paid and 14.00 the patient's, so 70.00 was allowed."""
    rates(sent, expected)
    post(sent, an_835(sent))
    items = open_items(sent)

    assert [item.queue for item in items] == queues
    assert [item.amount for item in items] == ([Decimal(expected) - 70] if queues else [])


def test_a_held_payment_and_a_check_without_deposit_are_work(sent):
    body = an_835(sent).replace(b"BPR*I*128.00", b"BPR*I*120.00")
    post(sent, body)
    (item,) = open_items(sent)
    assert (item.queue, item.claim, item.transaction) == ("held", None, AnswerTransaction.objects.get())
    assert item.owner == sent.user("biller")


def test_a_refund_is_work_until_it_is_proved(sent):
    post(sent, an_835(sent))
    claim = Claim.objects.select_related("practice").get(practice=sent.practice)
    duty = open_duty(
        claim=claim, line=None, source="person", reason="The record lacks the call", patient_amount=Decimal(),
        by=sent.members["biller"], now=NOW,
    )  # fmt: skip
    (item,) = open_items(sent, queue=Queue.REFUND)
    assert (item.amount, item.due_on, item.owner) == (Decimal("128.00"), duty.due_on, sent.user("biller"))
    with pytest.raises(Refused, match="only with proof"):
        work_items.end(items=[item], reason="We do not want to pay", by=sent.members["biller"], now=NOW)
    prove(
        duty=duty,
        kind="check",
        amount="128.00",
        on=NOW.date(),
        reference="1201",
        by=sent.members["biller"],
        now=NOW,
    )
    assert open_items(sent, queue=Queue.REFUND) == []


def test_updating_twice_changes_nothing_and_an_ended_item_stays_ended(sent):
    post(sent, a_denial(sent))
    first, *rest = open_items(sent)
    work_items.end(items=[first], reason="The amount is too small", by=sent.members["biller"], now=NOW)
    before = list(WorkItem.objects.order_by("pk").values())
    update(sent)
    tasks.update_work_items()

    assert [row for row in WorkItem.objects.order_by("pk").values() if row["queue"] == "denied"] == before
    assert open_items(sent, queue="denied") == rest


def test_an_item_that_ended_by_rule_opens_again(sent):
    by_hand(sent, "rejected")
    by_hand(sent, "accepted", on=PAID_ON + timedelta(days=1))
    assert open_items(sent) == []
    Answer.objects.filter(status="accepted").exists()
    by_hand(sent, "rejected", on=PAID_ON + timedelta(days=2))
    assert Counter(item.queue for item in open_items(sent)) == {"rejected": 1}


def test_every_item_has_an_owner_a_due_date_and_an_amount(sent):
    post(sent, a_denial(sent))
    by_hand(sent, "rejected")
    assert all(item.owner_id and item.due_on and item.amount >= 0 for item in WorkItem.objects.all())


def test_items_are_assigned_snoozed_and_noted(sent):
    post(sent, a_denial(sent))
    by, items = sent.members["biller"], open_items(sent)
    assert work_items.assign(items=items, to=by.public_id, by=by, now=NOW) == 3
    assert {item.owner for item in open_items(sent)} == {by.user}
    with pytest.raises(Refused, match="Choose a person"):
        work_items.assign(items=items, to=sent.members["auditor"].public_id, by=by, now=NOW)
    with pytest.raises(Refused, match="Choose a person"):
        work_items.assign(items=items, to=sent.other.members["biller"].public_id, by=by, now=NOW)
    for until in (None, NOW.date(), NOW.date() + timedelta(days=91)):
        with pytest.raises(Refused, match="day after today"):
            work_items.snooze(items=items, until=until, by=by, now=NOW)
    until = NOW.date() + timedelta(days=1)
    assert work_items.snooze(items=items, until=until, by=by, now=NOW) == 3
    with pytest.raises(Refused, match="few words"):
        work_items.note(items=items, text=" ", by=by, now=NOW)
    work_items.note(items=items[:1], text="Called the payer", by=by, now=NOW)
    assert WorkNote.objects.count() == 7


def test_an_item_is_not_snoozed_beyond_its_due_date(sent):
    by_hand(sent, "rejected", on=NOW.date())
    (item,) = open_items(sent)
    with pytest.raises(Refused, match="are due before"):
        work_items.snooze(items=[item], until=item.due_on + timedelta(days=1), by=sent.members["biller"], now=NOW)
    assert work_items.snooze(items=[item], until=item.due_on, by=sent.members["biller"], now=NOW) == 1


def test_the_page_shows_sums_and_filters(sent, django_assert_max_num_queries):
    post(sent, a_denial(sent))
    client = signed_in(sent.user("biller"))
    with django_assert_max_num_queries(22):
        page = client.get("/claims/work/").content.decode()
    assert "3 items of work, $160.00" in page
    for query, title in (
        ("?queue=denied", "3 items"), ("?queue=rejected", "0 items"), ("?code=99457", "1 item of work, $70.00"),
        ("?least=65", "2 items"), ("?least=sNaN", "3 items"), ("?due=overdue", ""), ("?payer=Nobody", "0 items"),
        (f"?owner={sent.members['biller'].public_id}", "0 items"), ("?queue=x&due=x&page=x", "3 items"),
    ):  # fmt: skip
        assert title in client.get(f"/claims/work/{query}").content.decode(), query


def test_a_bulk_act_shows_the_list_before_it_is_done(sent):
    post(sent, a_denial(sent))
    client, items = signed_in(sent.user("biller")), [item.public_id for item in open_items(sent)]
    url = "/claims/work/act/"
    shown = client.post(url, {"item": items, "act": "assign"})
    assert "Assign items: 3 items, $160.00" in shown.content.decode()
    to = sent.members["biller"].public_id
    assert client.post(url, {"item": items, "act": "assign", "confirmed": "yes", "to": "x"}).status_code == 422
    assert client.post(url, {"item": items, "act": "assign", "confirmed": "yes", "to": to}).status_code == 302
    assert client.post(url, {"item": [], "act": "assign"}).status_code == 422
    assert client.post(url, {"item": items, "act": "delete"}).status_code == 422
    export = client.post(url, {"item": items, "act": "export"}).content.decode()
    assert export.count("\n") == 4
    assert "99457" in export


def test_another_practice_neither_sees_nor_ends_items(sent):
    post(sent, a_denial(sent))
    items = [item.public_id for item in open_items(sent)]
    client = signed_in(sent.other.user("biller"))
    assert "0 items of work" in client.get("/claims/work/").content.decode()
    data = {"item": items, "act": "end", "confirmed": "yes", "text": "Ended by another"}
    assert client.post("/claims/work/act/", data).status_code == 422
    assert len(open_items(sent)) == 3
    assert leave
