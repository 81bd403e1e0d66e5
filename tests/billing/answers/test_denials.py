"""Denials as work: open until somebody ends it, the payer answers again, or a newer version is sent."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from billing.answers import post as answers
from billing.answers.by_hand import answer_by_hand
from billing.answers.denials import refusals, take_step
from billing.answers.reason_texts import REASONS, REMARKS
from billing.answers.reasons import answers_to, in_words
from billing.models import Answer, DenialStep
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import an_835, recounted, sent_month
from tests.test_access import signed_in

LATER = AFTER + timedelta(days=15)


@pytest.fixture
def sent(db):
    return sent_month()


def post(world, **options):
    return answers.post_file(
        practice=world.practice, body=an_835(world, **options), by=world.members["biller"], now=LATER
    )


def codes(world, **filters):
    return [row.line.code if row.line else "claim" for row in refusals(world.practice, **filters)]


def step(world, what="written_off", note="Below the cost of an appeal."):
    return take_step(
        refusal=refusals(world.practice, show="all")[0], step=what, note=note, by=world.members["biller"], now=LATER
    )


@pytest.mark.slow
def test_a_denied_claim_is_one_piece_of_work_for_each_line(sent):
    post(sent, status="4")

    assert codes(sent) == ["99453", "99454", "99457"], "the word on the whole claim is not a fourth"
    assert codes(sent.other) == []


@pytest.mark.slow
def test_remarks_of_a_line_and_of_the_claim_are_listed_with_the_reason(sent):
    head, first, *rest = an_835(sent, status="4").split(b"~SVC*")
    body = b"~SVC*".join([head + b"~MOA***MA130*N115", first + b"~LQ*HE*N265", *rest])
    answers.post_file(practice=sent.practice, body=recounted(body), by=sent.members["biller"], now=LATER)

    page = signed_in(sent.user("biller")).get("/denials/").content.decode()
    assert "N265: the ordering provider&#x27;s NPI is missing or not right" in page
    claim_answer = Answer.objects.get(is_line=False)
    assert [reason["reason"] for reason in claim_answer.reasons] == ["MA130", "N115"]


def test_paid_lines_and_the_patients_deductible_are_no_work(sent):
    body = an_835(sent)
    # All of the first line is the patient's deductible: allowed, and the payer pays nothing of it.
    body = body.replace(b"*20.00**1", b"*0**1", 1).replace(b"CAS*PR*2*5.00", b"CAS*PR*1*25.00", 1)
    body = body.replace(b"*128.00*", b"*108.00*").replace(b"*160.00*128.00", b"*160.00*108.00")
    answers.post_file(practice=sent.practice, body=body, by=sent.members["biller"], now=LATER)

    assert codes(sent) == []
    line = Answer.objects.get(line__code="99453")
    assert (line.status, line.paid) == ("processed", 0)


def test_a_later_payment_ends_the_work(sent):
    post(sent, status="4", trace="E1")
    post(sent, status="1", trace="E2")

    assert codes(sent) == []


def test_a_rejection_of_the_whole_claim_is_work_and_a_later_answer_by_hand_ends_it(sent):
    earlier = Answer.objects.none()
    from billing.models import ClaimVersion

    claim = ClaimVersion.objects.get(practice=sent.practice)
    for status, note, paid in (("rejected", "Member unknown", ""), ("paid", "", "12.00")):
        answer_by_hand(
            version=claim, status=status, paid=paid, payer_control="", note=note, by=sent.members["biller"], now=LATER
        )
        assert codes(sent) == (["claim"] if status == "rejected" else [])
    assert not earlier


def test_steps_are_kept_and_the_last_one_ends_the_work(sent):
    post(sent, status="4")
    step(sent, "appealed", "Sent the packet by fax.")
    assert len(codes(sent)) == 3
    step(sent)

    assert codes(sent) == ["99454", "99457"]
    assert codes(sent, show="ended") == ["99453"]
    assert len(codes(sent, show="all")) == 3
    acts = list(Event.objects.filter(action__startswith="denial_").order_by("pk").values_list("action", flat=True))
    assert acts == ["denial_appealed", "denial_written_off"]
    with pytest.raises(Refused, match=r"was written off by Biller"):
        step(sent, "looked", "once more")


@pytest.mark.parametrize(("step_name", "note", "error"), [("", "a note", "Choose"), ("paid", "a note", "Choose"), ("looked", " x ", "few words")])  # fmt: skip
def test_a_step_without_a_note_is_refused(sent, step_name, note, error):
    post(sent, status="4")
    with pytest.raises(Refused, match=error):
        step(sent, step_name, note)
    assert not DenialStep.objects.exists()


def test_a_step_is_never_rewritten(sent):
    post(sent, status="4")
    step(sent)
    for act in (lambda: DenialStep.objects.update(note="other"), lambda: DenialStep.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_the_page_shows_the_payers_reason_with_ours_in_constant_statements(sent, django_assert_max_num_queries):
    post(sent, status="4")
    client = signed_in(sent.user("biller"))
    with django_assert_max_num_queries(20):
        page = client.get("/denials/").content.decode()

    text = re.sub(r"\s+", " ", page)
    assert "3 open denials" in text
    assert "CO 50: the payer sees no medical need (contractual obligation, provider write-off)" in text
    assert "treatment management time was recorded" in text
    assert "$65.00" in text


def test_a_step_is_taken_on_the_page_but_not_by_others(sent):
    post(sent, status="4")
    row = refusals(sent.practice)[0]
    url = f"/denials/{row.version.public_id}/"
    fields = {"line": row.line.public_id, "step": "appealed", "note": "Faxed the packet."}
    assert signed_in(sent.user("auditor")).post(url, fields).status_code == 403
    assert signed_in(sent.other.user("biller")).post(url, fields).status_code == 404
    client = signed_in(sent.user("biller"))
    assert client.post(url, fields | {"note": ""}).status_code == 422
    assert client.post(url, fields).status_code == 302
    assert client.post(url, fields | {"line": "nothing"}).status_code == 404
    assert DenialStep.objects.get().step == "appealed"
    assert Client().get("/denials/").status_code == 302


def test_reasons_in_words():
    assert (
        in_words({"group": "PR", "reason": "1", "amount": "5"})
        == "PR 1: the patient's deductible (patient responsibility)"
    )
    assert in_words({"group": "CO", "reason": "999"}) == "CO 999 (contractual obligation, provider write-off)"
    assert in_words({"group": "", "reason": "M15"}) == "M15: counted into another service of ours"
    assert in_words({"group": "", "reason": "N9999"}) == "N9999"
    assert not REASONS.keys() & REMARKS.keys(), "no code is both"
    for code, reason in (REASONS | REMARKS).items():
        assert code == code.upper().strip()
        assert reason.means, code
        assert not reason.means.endswith("."), code
    assert answers_to([{"reason": "97"}, {"reason": "236"}, {"reason": "45"}]) == [REASONS["97"].answer]
