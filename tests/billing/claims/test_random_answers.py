"""Random sequences of answers, corrections, un-billing and refunds: money and states always follow from the answers."""

import contextlib

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing.answers.by_hand import answer_by_hand
from billing.claims.corrections import open_correction
from billing.claims.ready_claims import claims_of
from billing.claims.refund_sums import duties
from billing.claims.refunds import prove
from billing.claims.states import derived_states, differs, versions_of
from billing.claims.work_items import update_work
from billing.ledger.check_ledger import ledger_differences
from billing.models import Claim, ClaimLine, ClaimVersion, PayerCheck, WorkItem
from billing.seal.corrections import confirm_corrections
from billing.seal.signed_month import altered_rows
from billing.seal.unbill import ask_unbill, decide_unbill
from enrollment.models import Payer
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.sending_world import a_denial, a_reversal, an_835, leave, sent_month

ACTS = ("pay", "deny", "reverse", "reject", "accept", "correct", "send", "unbill", "refund", "diagnose")
_DIAGNOSES = ("I11.9", "I10", "I13.0")


@pytest.fixture
def world_sent(db):
    return sent_month()


class _Month:
    """A sent month of one payer, and what is done with its claim."""

    def __init__(self, world, filing):
        Payer.objects.filter(pk=world.payer.pk).update(filing=filing)
        self.world, self.count = world, 0

    def do(self, act):
        self.count += 1
        getattr(self, act)()

    def newest(self):
        return ClaimVersion.objects.filter(practice=self.world.practice).order_by("-number").first()

    def pay(self):
        post(self.world, an_835(self.world, trace=f"T{self.count}", claims=[self.newest()]))

    def deny(self):
        post(self.world, a_denial(self.world, trace=f"T{self.count}", claims=[self.newest()]))

    def reverse(self):
        post(self.world, a_reversal(self.world, trace=f"T{self.count}"))

    def reject(self):
        self._by_hand("rejected")

    def accept(self):
        self._by_hand("accepted")

    def _by_hand(self, status):
        by = self.world.members["biller"]
        answer_by_hand(
            version=self.newest(), status=status, paid="", payer_control="", note="on the portal", by=by, now=LATER
        )

    def diagnose(self):
        enrollment = self.world.enrollment
        enrollment.diagnosis = _DIAGNOSES[self.count % 3]
        enrollment.save()

    def correct(self):
        claim = Claim.objects.select_related("practice", "close", "payer").get(practice=self.world.practice)
        open_correction(claim=claim, reason="The diagnosis was wrong", by=self.world.members["biller"], now=LATER)

    def send(self):
        with contextlib.suppress(Refused):  # nothing changed
            confirm_corrections(
                close=self.world.close, reason="Diagnosis corrected", by=self.world.members["manager"], now=LATER
            )
        leave(self.world, self.world.close, now=LATER)

    def unbill(self):
        line = ClaimLine.objects.filter(practice=self.world.practice, state="approved").order_by("-code").first()
        if line is None:
            raise Refused("no line is left")
        members = self.world.members
        reason = "Billed by the hospital as well, see its claim"
        row = ask_unbill(line=line, kind="double", reason=reason, by=members["manager"], now=LATER)
        decide_unbill(request=row, approve=True, why="Checked", by=members["physician"], now=LATER)

    def refund(self):
        for one in duties(self.world.practice)[:1]:
            if one.open_payer:
                prove(
                    duty=one.duty, kind="check", amount=str(one.open_payer), on=LATER.date(), reference=f"C{self.count}",
                    by=self.world.members["biller"], now=LATER,
                )  # fmt: skip


def _check(world):
    assert ledger_differences(world.practice) == []
    rows = list(versions_of(practice=world.practice))
    derived = derived_states(rows)
    assert not [row for row in rows if differs(row, derived[row.pk])]
    for check in PayerCheck.objects.filter(practice=world.practice):
        assert check.ours + check.foreign - check.adjusted + check.unexplained == check.amount
    world.close.refresh_from_db()
    assert altered_rows(world.close) == []
    before = list(WorkItem.objects.filter(practice=world.practice).order_by("pk").values())
    update_work(world.practice, now=LATER)
    assert list(WorkItem.objects.filter(practice=world.practice).order_by("pk").values()) == before


@pytest.mark.parametrize("filing", ["CI", "MB"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=3, max_size=9))
@example(acts=["reject", "diagnose", "correct", "send", "deny", "pay", "unbill", "refund", "reverse"])
@example(acts=["pay", "unbill", "send", "pay", "refund", "reverse"])
@example(acts=["deny", "diagnose", "correct", "send", "reject", "send", "pay", "reverse"])
def test_money_states_and_work_follow_from_the_answers_in_any_sequence(world_sent, filing, acts):
    with transaction.atomic():
        world = world_sent
        world.enrollment.refresh_from_db()
        month = _Month(world, filing)
        update_work(world.practice, now=LATER)  # what is late by the date alone
        for act in acts:
            try:
                with transaction.atomic():
                    month.do(act)
            except Refused:
                continue
        _check(world)
        frequencies = set(ClaimVersion.objects.filter(practice=world.practice).values_list("frequency", flat=True))
        assert filing == "CI" or frequencies == {"1"}
        controls = [row.control for row in ClaimVersion.objects.all()]
        assert len(set(controls)) == len(controls)
        in_force = set(
            ClaimLine.objects.filter(practice=world.practice, state="approved").values_list("code", flat=True)
        )
        for claim in claims_of(world.close):
            assert {line.code for line in claim.content.services} == in_force or claim.content.frequency == "8"
        transaction.set_rollback(True)
