"""Answer files: posted completely or not at all, once, balanced, for this practice's own claims."""

import threading
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.answers import post as answers
from billing.answers.acknowledgment_reader import read_groups
from billing.answers.kinds import kind_of
from billing.answers.remittance_reader import read_payment
from billing.answers.status_reader import read_statuses
from billing.answers.x12_parts import X12Refused, interchanges
from billing.claims.ready_claims import claims_of
from billing.models import Answer, AnswerFile, ClaimVersion, ForeignClaim
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import an_835, complete, interchange, leave, live_at, recounted, sealed, sent_month
from tests.builders import is_blocking_another_connection
from tests.clock import HANG_TIMEOUT_SECONDS
from tests.conftest import wait_for

LATER = AFTER + timedelta(days=15)


@pytest.fixture
def sent(db):
    return sent_month()


def post(world, body, *, by="biller"):
    return answers.post_file(practice=world.practice, body=body, by=world.members[by], now=LATER)


@pytest.mark.slow
def test_a_payment_is_posted_once_by_claim_and_line(sent):
    posted = post(sent, an_835(sent))

    (row,) = posted.transactions
    assert (row.kind, row.trace, row.amount, posted.answers) == ("835", "EFT1", Decimal("128.00"), 1)
    (claim,) = claims_of(sent.close)
    assert claim.status == "paid"
    lines = Answer.objects.filter(line__isnull=False).order_by("pk")
    assert [(row.line.code, row.paid) for row in lines] == [
        ("99453", Decimal("20.00")), ("99454", Decimal("52.00")), ("99457", Decimal("56.00")),
    ]  # fmt: skip
    assert lines[0].reasons == [{"group": "PR", "reason": "2", "amount": "5.00"}]
    again = post(sent, an_835(sent))
    assert (again.file, again.answers, again.again) == (posted.file, 0, True)
    assert Answer.objects.count() == 4


@pytest.mark.slow
def test_the_same_payment_in_other_bytes_is_posted_once(sent):
    post(sent, an_835(sent))
    posted = post(sent, an_835(sent).replace(b"~", b"~\n"))

    assert posted.answers == 0
    assert posted.transactions[0].verdict == "again"
    assert AnswerFile.objects.count() == 2


@pytest.mark.parametrize("off", ["0.01", "-0.01", "100"])
def test_a_payment_that_does_not_balance_is_held_whole_with_the_sum(sent, off):
    posted = post(sent, an_835(sent, off=off))

    assert [row.verdict for row in posted.transactions] == ["held"]
    assert "Payment EFT1: 128.00 - 0.00 is not" in posted.transactions[0].reasons[0]
    assert not Answer.objects.exists()


def test_a_line_that_does_not_balance_names_the_claim(sent):
    posted = post(sent, an_835(sent).replace(b"CAS*PR*2*14.00", b"CAS*PR*2*13.99"))

    assert "line 3 (99457): 70.00 - 13.99 is not 56.00." in posted.transactions[0].reasons[0]


def test_provider_level_amounts_belong_to_the_balance(sent):
    body = an_835(sent, off="-8.00").replace(b"~SE*", b"~PLB*1881761864*20261231*WO:1*8.00~SE*")

    assert post(sent, recounted(body)).answers == 1


def test_a_denial_and_a_reversal_set_the_status_of_the_claim(sent):
    post(sent, an_835(sent, trace="E1"))
    taken_back = an_835(sent, trace="E2", status="22", off="128.00")
    # A payer moves a negative total out of the check, to take it from a later one.
    post(sent, recounted(taken_back.replace(b"~SE*", b"~PLB*1881761864*20261231*FB:E2*-128.00~SE*")))
    assert claims_of(sent.close)[0].status == "reversed"
    post(sent, an_835(sent, trace="E3", status="4"))

    (claim,) = claims_of(sent.close)
    assert (claim.status, claim.due) == ("not_recognized", False)
    assert Answer.objects.filter(line__isnull=False).last().reasons[0]["reason"] == "50"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda body: b"PK\x03\x04", "a ZIP archive"),
        (lambda body: b"%PDF-1.7", "a PDF"),
        (lambda body: b"", "is empty"),
        (lambda body: b"x" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
        (lambda body: body[:-20], "cut short"),
        (lambda body: body.replace(b"~SE*", b"~SE*9"), "count of segments"),
        (lambda body: body.replace(b"~GE*1", b"~GE*2"), "count of transactions"),
        (lambda body: body.replace(b"~IEA*1", b"~IEA*2"), "count of groups"),
        (lambda body: body.replace(b"~GE*1*1", b""), "has no end"),
        (lambda body: body.replace(b"005010X221A1", b"004010X091A1"), "a 835 of version 4010"),
        (lambda body: body.replace(b"ST*835", b"ST*277").replace(b"X221A1", b"X212"), "claim status response"),
        (lambda body: body.replace(b"ST*835", b"ST*277").replace(b"X221A1", b"X213"), "request for information"),
        (lambda body: body.replace(b"ST*835", b"ST*277").replace(b"X221A1", b"X364"), "data reporting"),
        (lambda body: body.replace(b"ST*835", b"ST*837").replace(b"X221A1", b"X222A1"), "a claim file"),
        (lambda body: "é".encode() + body, "does not begin with ISA"),
    ],
)
def test_a_file_that_is_no_answer_to_us_is_refused(sent, change, error):
    with pytest.raises(Refused, match=error):
        post(sent, change(an_835(sent)))
    assert not AnswerFile.objects.exists()


def test_what_is_no_amount_refuses_the_transaction_and_keeps_the_file(sent):
    posted = post(sent, an_835(sent).replace(b"BPR*I*128.00", b"BPR*I*12x"))

    assert posted.transactions[0].reasons == ["Payment: '12x' is no amount."]
    assert not Answer.objects.exists()


def test_a_payment_to_another_npi_is_not_ours(sent):
    posted = post(sent, an_835(sent, payee="1245319599"))

    assert [row.verdict for row in posted.transactions] == ["not_ours"]
    assert not Answer.objects.exists()


def test_a_claim_of_another_practice_is_foreign_and_reveals_nothing(sent):
    other = sent.other
    live_at(other.patient)
    complete(other)
    leave(other, sealed(other))
    theirs = ClaimVersion.objects.filter(practice=other.practice)
    posted = post(sent, an_835(sent, claims=theirs))

    assert [row.verdict for row in posted.transactions] == ["posted"]
    (foreign,) = ForeignClaim.objects.all()
    assert (foreign.practice, foreign.control) == (sent.practice, theirs.get().control)
    assert not Answer.objects.exists()
    assert theirs.get().state == "sent"


def receipt(sent, category, *, number="REF1"):
    row = ClaimVersion.objects.get(practice=sent.practice)
    inner = [
        "ST*277*0001*005010X214", "BHT*0085*08*1*20260420*1200*TH", "HL*1**20*1", "HL*2*1*21*1", "HL*3*2*19*1", "HL*4*3*PT",
        "NM1*QC*1*ORTEGA*MIGUEL", f"TRN*2*{row.control}", f"STC*{category}:20*20260420*WQ*160", f"REF*1K*{number}",
    ]  # fmt: skip
    return interchange(inner, "HN")


def test_a_receipt_accepts_or_rejects_and_keeps_the_payers_number(sent):
    post(sent, receipt(sent, "A2"))
    (claim,) = claims_of(sent.close)
    assert (claim.status, claim.due) == ("accepted", False)
    assert Answer.objects.get().payer_control == "REF1"
    post(sent, receipt(sent, "A7"))

    (claim,) = claims_of(sent.close)
    assert (claim.status, claim.due, claim.content.frequency) == ("rejected", True, "1")
    assert leave(sent, sent.close).number == 2, "a rejected claim never reached the payer and is sent as new"


@pytest.mark.parametrize(("code", "status"), [("A", "file_accepted"), ("E", "file_accepted"), ("R", "file_rejected")])
def test_an_acknowledgment_answers_every_claim_of_the_file(sent, code, status):
    inner = ["ST*999*0001*005010X231A1", "AK1*HC*1*005010X222A1", "AK2*837*0001", "IK5*A", f"AK9*{code}*1*1*1"]
    post(sent, interchange(inner, "FA"))

    assert claims_of(sent.close)[0].status == status


def test_an_acknowledgment_of_no_file_of_ours_is_listed(sent):
    inner = ["ST*999*0001*005010X231A1", "AK1*HC*77*005010X222A1", "AK9*A*1*1*1"]

    posted = post(sent, interchange(inner, "FA"))
    assert posted.transactions[0].reasons == ["Group 77 is no file of this practice."]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_a_file_at_once_are_one_posting(live_world):
    complete(live_world)
    leave(live_world, sealed(live_world))
    results, body = [], an_835(live_world)

    def upload():
        results.append(post(live_world, body))
        connection.close()

    thread = threading.Thread(target=upload)
    with transaction.atomic():
        first = post(live_world, body)
        thread.start()
        wait_for(is_blocking_another_connection)
    thread.join(HANG_TIMEOUT_SECONDS)

    assert (first.again, first.answers) == (False, 1)
    assert [(one.again, one.answers) for one in results] == [(True, 0)]
    assert Answer.objects.filter(is_line=False).count() == 1


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_hostile_bytes_raise_no_other_error_than_a_refusal(noise, place):
    valid = interchange(["ST*835*0001", "BPR*I*0*C", "TRN*1*E", "CLP*1*1*1*1", "SVC*HC:1*1*1"], "HP")
    for body in (noise, valid[:place] + noise + valid[place:]):
        with suppress(X12Refused):
            for part in interchanges(body):
                for transaction in part.transactions:
                    kind_of(transaction)
                    read_payment(transaction, part.component, latest=LATER.date())
                    read_statuses(transaction, part.component, latest=LATER.date())
                    read_groups(transaction)


def test_the_page_posts_many_files_and_shows_what_was_done(sent):
    client = Client()
    client.force_login(sent.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")
    files = [SimpleUploadedFile("era.835", an_835(sent)), SimpleUploadedFile("ack.277", receipt(sent, "A2"))]
    page = client.post("/answers/", {"file": files}).content.decode()
    assert "era.835: 1 new" in page
    assert "ack.277: 1 new" in page
    again = client.post("/answers/", {"file": SimpleUploadedFile("era.835", an_835(sent))})
    assert "posted before" in again.content.decode()
    assert client.post("/answers/").status_code == 422
    mixed = [SimpleUploadedFile("a.pdf", b"%PDF"), SimpleUploadedFile("era.835", an_835(sent, trace="EFT2"))]
    page = client.post("/answers/", {"file": mixed})
    assert page.status_code == 422
    assert "a.pdf: This is a PDF" in page.content.decode()
    assert "era.835: 1 new" in page.content.decode()
    line = Answer.objects.filter(line__isnull=False).first().line
    assert "What the payer said" in client.get(f"/lines/{line.public_id}/").content.decode()
