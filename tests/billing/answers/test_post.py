"""Answer files: posted completely or not at all, once, balanced, for this practice's own claims."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.answers import post as answers
from billing.claims.ready_claims import claims_of
from billing.models import Answer, Remittance, SentClaim
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import an_835, complete, interchange, leave, live_at, recounted, sealed, sent_month

LATER = AFTER + timedelta(days=15)


@pytest.fixture
def sent(db):
    return sent_month()


def post(world, body, *, by="biller"):
    return answers.post_file(practice=world.practice, body=body, by=world.members[by], now=LATER)


def test_a_payment_is_posted_once_by_claim_and_line(sent):
    file, new = post(sent, an_835(sent))

    assert (file.shape, file.trace, file.paid, new) == ("835", "EFT1", Decimal("128.00"), 4)
    (claim,) = claims_of(sent.close)
    assert claim.status == "paid"
    lines = Answer.objects.filter(line__isnull=False).order_by("pk")
    assert [(row.line.code, row.paid) for row in lines] == [
        ("99453", Decimal("20.00")), ("99454", Decimal("52.00")), ("99457", Decimal("56.00")),
    ]  # fmt: skip
    assert lines[0].reasons == [{"group": "PR", "reason": "2", "amount": "5.00"}]
    assert post(sent, an_835(sent)) == (file, 0)
    assert Answer.objects.count() == 4


def test_the_same_payment_in_other_bytes_is_posted_once(sent):
    post(sent, an_835(sent))
    _, new = post(sent, an_835(sent).replace(b"~", b"~\n"))

    assert new == 0
    assert Remittance.objects.count() == 2


@pytest.mark.parametrize("off", ["0.01", "-0.01", "100"])
def test_a_payment_that_does_not_balance_is_refused_whole_with_the_sum(sent, off):
    with pytest.raises(Refused, match=r"Nothing was posted\. Payment EFT1: 128\.00 less 0 is not"):
        post(sent, an_835(sent, off=off))
    assert not Remittance.objects.exists()
    assert not Answer.objects.exists()


def test_a_line_that_does_not_balance_names_the_claim(sent):
    body = an_835(sent).replace(b"CAS*PR*2*14.00", b"CAS*PR*2*13.99")

    with pytest.raises(Refused, match=r"99457: 70\.00 less 13\.99 is not 56\.00"):
        post(sent, body)


def test_provider_level_amounts_belong_to_the_balance(sent):
    body = an_835(sent, off="-8.00").replace(b"~SE*", b"~PLB*1881761864*20261231*WO:1*8.00~SE*")

    assert post(sent, recounted(body))[1] == 4


def test_a_denial_and_a_reversal_set_the_status_of_the_claim(sent):
    post(sent, an_835(sent, trace="E1"))
    post(sent, an_835(sent, trace="E2", status="22"))
    assert claims_of(sent.close)[0].status == "reversed"
    post(sent, an_835(sent, trace="E3", status="4"))

    (claim,) = claims_of(sent.close)
    assert (claim.status, claim.due) == ("denied", False)
    assert Answer.objects.filter(line__isnull=False).last().reasons[0]["reason"] == "50"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda body: b"PK\x03\x04", "does not begin with ISA"),
        (lambda body: body[:-20], "cut short"),
        (lambda body: body.replace(b"~SE*", b"~SE*9"), "count of segments"),
        (lambda body: body.replace(b"ST*835", b"ST*820"), "This is a 820"),
        (lambda body: "é".encode() + body, "outside ASCII"),
        (lambda body: body.replace(b"BPR*I*128.00", b"BPR*I*12x"), "no amount"),
        (lambda body: body.replace(b"*1*160.00*", b"*25*160.00*"), "status 25"),
    ],
)
def test_a_file_that_is_no_answer_to_us_is_refused(sent, change, error):
    with pytest.raises(Refused, match=error):
        post(sent, change(an_835(sent)))
    assert not Remittance.objects.exists()


def test_a_payment_to_another_npi_or_practice_is_refused_and_reveals_nothing(sent):
    other = sent.other
    live_at(other.patient)
    complete(other)
    leave(other, sealed(other))
    foreign = SentClaim.objects.filter(practice=other.practice)

    with pytest.raises(Refused, match="another NPI"):
        post(sent, an_835(sent, payee="1245319599"))
    with pytest.raises(Refused, match="none that this practice has sent") as refused:
        post(sent, an_835(sent, claims=foreign))
    assert "ORTEGA" not in str(refused.value)
    assert not Answer.objects.exists()


def receipt(sent, category, *, number="REF1"):
    row = SentClaim.objects.get(practice=sent.practice)
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


@pytest.mark.parametrize(("code", "status"), [("A", "accepted"), ("E", "accepted"), ("R", "rejected")])
def test_an_acknowledgment_answers_every_claim_of_the_file(sent, code, status):
    inner = ["ST*999*0001*005010X231A1", "AK1*HC*1*005010X222A1", "AK2*837*0001", "IK5*A", f"AK9*{code}*1*1*1"]
    post(sent, interchange(inner, "FA"))

    assert claims_of(sent.close)[0].status == status


def test_an_acknowledgment_of_no_file_of_ours_is_refused(sent):
    inner = ["ST*999*0001*005010X231A1", "AK1*HC*77*005010X222A1", "AK9*A*1*1*1"]

    with pytest.raises(Refused, match="Group 77"):
        post(sent, interchange(inner, "FA"))


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_hostile_bytes_raise_no_other_error_than_a_refusal(world, noise, place):
    from billing.answers import x12_reader

    valid = interchange(["ST*835*0001", "BPR*I*0*C", "TRN*1*E"], "HP")
    for body in (noise, valid[:place] + noise + valid[place:]):
        with suppress(x12_reader.X12Refused):
            x12_reader.payments(x12_reader.segments(body))


def test_the_page_posts_a_file_and_shows_the_new_answers(sent):
    client = Client()
    client.force_login(sent.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")
    for text in ("4 new answers", "posted before"):
        page = client.post("/answers/", {"file": SimpleUploadedFile("era.835", an_835(sent))})
        assert text in page.content.decode()
    assert client.post("/answers/").status_code == 422
    line = Answer.objects.filter(line__isnull=False).first().line
    assert "What the payer said" in client.get(f"/lines/{line.public_id}/").content.decode()
