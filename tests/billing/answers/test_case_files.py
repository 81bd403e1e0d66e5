"""The given answer files, each alone, and four of them in every order: state, money, and what is held or not ours."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from billing.answers.code_words import answer_words
from billing.answers.denials import refusals
from billing.answers.post import post_held
from billing.claims.check_states import state_differences
from billing.ledger.check_ledger import ledger_differences
from billing.ledger.check_page import owed_to_payers
from billing.models import Answer, AnswerFile, AnswerTransaction, ForeignClaim, LedgerEntry, PayerCheck
from rpm_portal.core.refusals import Refused
from tests.billing.answers.answers_world import (
    NOW,
    answers_world,
    balance,
    needs_cases,
    post_body,
    post_case,
    state,
    template,
    version,
)

pytestmark = [pytest.mark.django_db, needs_cases]


@pytest.fixture
def world(db):
    world = answers_world()
    yield world
    assert ledger_differences(world.practice) == []
    assert state_differences(world.practice) == []


def verdicts(posted):
    return [str(row.verdict) for row in posted.transactions]


def states(world):
    return [state(world, number) for number in range(1, 10)]


def check(trace):
    return PayerCheck.objects.get(trace=trace)


def sums(row):
    return [str(value) for value in (row.amount, row.ours, row.foreign, row.adjusted, row.unexplained)]


@pytest.mark.slow
def test_a01_posts_ours_and_counts_foreign_claims(world):
    posted = post_case(world, "a01")

    assert (verdicts(posted), posted.answers) == (["posted"], 2)
    assert states(world)[:3] == ["paid", "processed", "sent"]
    first, second = balance(world, 1), balance(world, 2)
    assert [str(v) for v in (first.paid, first.patient, first.contractual, first.sequestration, first.open)] == [
        "81.45", "20.77", "31.12", "1.66", "0.00",
    ]  # fmt: skip
    assert (str(second.paid), str(second.patient)) == ("0.00", "103.88")
    assert sums(check("EFT0001")) == ["202.06", "81.45", "120.61", "0.00", "0.00"]
    foreign = list(ForeignClaim.objects.order_by("control").values_list("control", "paid"))
    assert foreign == [("EHR55512", Decimal("72.51")), ("PMS-0042", Decimal("48.10"))]
    assert {answer.matched_by for answer in Answer.objects.filter(is_line=True)} == {"line number"}
    entries = LedgerEntry.objects.count()
    again = post_case(world, "a01")
    assert (again.again, again.answers, LedgerEntry.objects.count()) == (True, 0, entries)


@pytest.mark.slow
def test_a01_in_other_bytes_is_the_same_check(world):
    post_case(world, "a01")
    posted = post_body(world, template(world, "a01").replace(b"~\n", b"~\r\n"))

    assert verdicts(posted) == ["again"]
    assert PayerCheck.objects.count() == 1


def test_a01_with_another_amount_of_the_same_check_is_held(world):
    post_case(world, "a01")
    posted = post_body(world, template(world, "a01").replace(b"BPR*I*202.06", b"BPR*I*202.07"))

    assert verdicts(posted) == ["held"]
    assert posted.transactions[0].reasons[0] == "This check was posted before with another amount, 202.06."
    with pytest.raises(Refused, match="posted from another file"):
        post_held(row=posted.transactions[0], reason="It must be right", by=world.members["biller"], now=NOW)


def test_a02_says_who_processed_never_paid_or_denied(world):
    for number, rank in ((2, "S"), (3, "T"), (5, "S"), (6, "T")):
        to_later_payer(world, number, rank)
    post_case(world, "a02")

    assert states(world)[:6] == ["paid", "paid", "processed", "paid", "paid", "paid"]
    assert str(balance(world, 2).paid) == "20.77"
    assert (str(balance(world, 2).other_payer), str(balance(world, 3).other_payer)) == ("83.11", "135.00")
    assert str(balance(world, 3).open) == "0.00"
    forwarded = Answer.objects.get(version=version(world, 4), is_line=False)
    assert forwarded.note == "Forwarded by the payer to MERIDIAN SUPPLEMENT 55999"
    assert [sums(check(trace))[0] for trace in ("EFT0002", "EFT0002B")] == ["162.90", "183.67"]
    assert refusals(world.practice) == []


def to_later_payer(world, number, rank):
    """Make a claim one that was sent to a later payer, with its charges."""
    from tests.roles import as_owner

    row = version(world, number)
    as_owner("UPDATE billing_claimversion SET payer_rank = %s WHERE id = %s", rank, row.pk)
    for table in ("billing_ledgerentry", "billing_linebalance"):
        as_owner(f"UPDATE {table} SET payer_rank = %s WHERE claim_id = %s", rank, row.claim_id)


def test_a03_derives_denial_from_the_lines(world):
    post_case(world, "a03")

    assert states(world)[:4] == ["not_recognized", "denied", "part_denied", "unprocessable"]
    work = {(row.version.control[-1], row.line.code): row for row in refusals(world.practice)}
    assert sorted(work) == [
        ("1", "99454"), ("1", "99457"), ("2", "99454"), ("2", "99457"), ("3", "99457"), ("4", "99454"), ("4", "99457"),
    ]  # fmt: skip
    assert work["2", "99457"].appeal_due == (date(2027, 3, 30), date(2027, 4, 4))
    assert work["1", "99454"].appeal_due is None
    assert work["4", "99454"].appeal_due is None
    assert "as a new one (frequency 1)" in work["4", "99454"].next_step
    assert (str(balance(world, 2).open), str(balance(world, 3, "B").open)) == ("135.00", "70.00")
    assert (str(balance(world, 3, "A").paid), str(balance(world, 3).open)) == ("40.86", "70.00")


def test_a04_after_a01_keeps_three_entries_and_the_newest_number(world):
    post_case(world, "a01")
    post_case(world, "a04")

    paid = Answer.objects.filter(version=version(world, 1), is_line=False).order_by("on", "order")
    assert [str(row.paid) for row in paid] == ["81.45", "-81.45", "40.86"]
    assert (str(balance(world, 1).paid), str(balance(world, 1, "A").paid)) == ("40.86", "40.86")
    assert (balance(world, 1, "B").outcome, str(balance(world, 1, "B").open)) == ("denied", "70.00")
    assert state(world, 1) == "part_denied"
    assert paid.last().payer_control == "2026330000021"
    assert str(check("EFT0004").ours) == "40.86"


def test_a04_before_a01_ends_the_same(world):
    posted = post_case(world, "a04")
    assert any("reversal of a payment not posted here" in reason for reason in posted.transactions[0].reasons)
    assert (str(balance(world, 1).paid), str(balance(world, 1, "B").paid)) == ("-40.59", "-40.59")
    post_case(world, "a01")

    assert (state(world, 1), str(balance(world, 1).paid)) == ("part_denied", "40.86")
    assert balance(world, 1, "B").outcome == "denied"


def test_a06_a_predetermination_has_no_effect(world):
    post_case(world, "a06")

    assert states(world)[:2] == ["sent", "paid"]
    assert Answer.objects.get(version=version(world, 1), is_line=False).status == "information"
    assert str(balance(world, 1).open) == "135.00"
    assert refusals(world.practice) == []


@pytest.mark.parametrize(("name", "how"), [("a07", "line number"), ("a08", "code, modifiers, day, charge")])
def test_a07_and_a08_match_lines_by_number_in_capitals_or_by_what_was_billed(world, name, how):
    post_case(world, name)

    lines = Answer.objects.filter(is_line=True)
    assert {line.matched_by for line in lines} == {how}
    assert not lines.filter(line__isnull=True).exists()
    assert (balance(world, 1, "B").outcome, str(balance(world, 1, "B").open)) == ("denied", "70.00")


def test_a10_provider_adjustments_have_signs_and_belong_to_no_line(world):
    post_case(world, "a24")  # claim 3 gets its payer's number
    post_case(world, "a10")

    row = check("EFT0010")
    assert sums(row) == ["163.65", "162.90", "0.00", "-0.75", "0.00"]
    found = [(one.code, str(one.amount), one.version_id) for one in row.adjustments.all()]
    third = version(world, 3).pk
    assert found == [("WO", "33.10", third), ("L6", "-1.25", None), ("72", "-33.10", third), ("CS", "0.50", None)]


def test_a11_a_takeback_leaves_what_is_owed_to_the_payer(world):
    post_case(world, "a01")
    post_case(world, "a11")

    assert (state(world, 1), str(balance(world, 1).paid)) == ("denied", "0.00")
    assert [(one.reference, str(one.amount)) for one in owed_to_payers(world.practice)] == [("EFT0011", "81.45")]
    assert sums(check("EFT0011"))[0] == "0.00"


def test_a13_two_interchanges_have_their_own_separators(world):
    posted = post_case(world, "a13")

    assert verdicts(posted) == ["posted", "posted"]
    assert states(world)[:2] == ["paid", "paid"]
    assert set(Answer.objects.filter(is_line=True).values_list("code", flat=True)) == {"99454", "99457"}


def test_a13_cut_short_posts_the_first_and_names_the_second(world):
    posted = post_body(world, template(world, "a13").rstrip()[:-30])

    assert verdicts(posted) == ["posted", "refused"]
    assert posted.transactions[1].reasons == [
        "Interchange 000000114 was not posted. It is cut short: its end does not match its beginning."
    ]
    assert states(world)[:2] == ["paid", "sent"]


def test_a15_the_payee_may_be_a_tax_id(world):
    assert verdicts(post_case(world, "a15")) == ["posted"]
    assert str(balance(world, 1).paid) == "81.45"


@pytest.mark.parametrize(
    "text", ["sNaN", "NaN", "Infinity", "1e3", "1,234.50", "--5", "65.001", " 65", "12345678901", "", "-", "٣"]
)
def test_a17_what_is_no_amount_refuses_its_transaction(world, text):
    body = template(world, "a17").decode().replace("*sNaN*", f"*{text}*").encode()
    posted = post_body(world, body)

    (row,) = posted.transactions
    shown = body.decode("latin-1").split("SVC*HC:99454*65*")[1].split("*")[0]
    assert (row.verdict, row.reasons) == (
        "refused",
        [f"Claim {version(world, 1).control}, line 1: {shown[:20]!r} is no amount."],
    )
    assert AnswerFile.objects.count() == 1
    assert state(world, 1) == "sent"


@pytest.mark.parametrize(("old", "new"), [("*135*81.45*", "*135**"), ("*40.59**1~", "***1~"), ("*0.83~", "*~")])
def test_a17_an_empty_amount_refuses_its_transaction(world, old, new):
    body = template(world, "a17").decode().replace("sNaN", "40.86").replace(old, new, 1)
    assert verdicts(post_body(world, body.encode())) == ["refused"]


def test_a18_a_negative_payment_is_held_and_posted_as_owed(world):
    posted = post_case(world, "a18")
    assert verdicts(posted) == ["held"]
    assert "its total is negative (-81.18)" in posted.transactions[0].reasons[0]
    assert state(world, 1) == "sent"

    row = post_held(
        row=posted.transactions[0], reason="The payer said so by phone", by=world.members["biller"], now=NOW
    )
    assert sums(check(row.trace)) == ["0.00", "-81.45", "0.00", "-81.45", "0.00"]
    assert [(one.reference, str(one.amount)) for one in owed_to_payers(world.practice)] == [("EFT0019", "81.18")]


def test_a19_a_cent_is_held_and_remains_unexplained(world):
    posted = post_case(world, "a19")
    (row,) = posted.transactions
    assert (row.verdict, row.reasons) == ("held", ["Payment EFT0020: 162.90 - 0.00 is not 162.89 (0.01 apart)."])
    assert (states(world)[:2], PayerCheck.objects.count()) == (["sent", "sent"], 0)
    with pytest.raises(Refused, match="ten characters"):
        post_held(row=row, reason="ok", by=world.members["biller"], now=NOW)

    post_held(row=row, reason="The bank rounds", by=world.members["biller"], now=NOW)
    assert sums(check("EFT0020")) == ["162.89", "162.90", "0.00", "0.00", "-0.01"]
    assert states(world)[:2] == ["paid", "paid"]
    with pytest.raises(Refused, match="not held"):
        post_held(row=row, reason="The bank rounds", by=world.members["biller"], now=NOW)


def test_a22_a_payment_to_another_provider_is_listed_only(world):
    posted = post_case(world, "a22")

    assert verdicts(posted) == ["posted", "not_ours"]
    row = posted.transactions[1]
    assert (row.trace, str(row.amount), row.payee, row.payer) == ("EFT0025", "50.00", "1999999984", "")
    assert not ForeignClaim.objects.exists()
    assert PayerCheck.objects.count() == 1


def test_a23_interest_is_no_part_of_a_claim_and_a_copay_is_the_patients(world):
    post_case(world, "a23")

    assert sums(check("EFT0026")) == ["81.76", "81.45", "0.00", "-0.31", "0.00"]
    assert sums(check("EFT0027"))[0] == "59.00"
    assert str(balance(world, 1).paid) == "81.45"
    assert (str(balance(world, 7).patient), state(world, 7)) == ("45.00", "paid")
    assert str(Answer.objects.get(version=version(world, 7), is_line=True, code="99454").allowed) == "52.00"


def test_a24_each_category_of_a_277ca(world):
    posted = post_case(world, "a24")

    assert (verdicts(posted), posted.answers) == (["posted"], 7)
    assert states(world) == [
        "forwarded", "received", "accepted", "rejected", "rejected", "rejected", "not_found", "sent", "sent",
    ]  # fmt: skip
    assert Answer.objects.get(version=version(world, 3)).payer_control == "2026330000003"
    fourth = Answer.objects.get(version=version(world, 4))
    words = " / ".join(answer_words(fourth.codes))
    assert "A3:21:82: returned as unprocessable: information is missing or invalid (rendering provider)" in words
    assert "562" in words
    assert "NPI" in words
    work = refusals(world.practice)
    assert [row.version.control[-1] for row in work] == ["4", "5", "6", "7"]
    assert sum(sum(row.lines.values()) for row in work) == 540
    assert {row.appeal_due for row in work} == {None}


def test_a24_a_rejected_line_is_kept_with_its_claim(world):
    control = version(world, 3).as_sent()["services"][1]["control"].upper()
    body = template(world, "a24").decode()
    line = f"SVC*HC:99457*70~\nSTC*A7:476*20261130*U~\nREF*FJ*{control}~\n"
    body = body.replace("REF*1K*2026330000003~\nDTP*472*RD8*20261015-20261031~\n", f"REF*1K*2026330000003~\n{line}")
    post_body(world, body.replace("SE*57*", "SE*59*").encode())

    (answer,) = Answer.objects.filter(version=version(world, 3), is_line=True)
    assert (answer.line.code, answer.status, state(world, 3)) == ("99457", "rejected", "accepted")


def test_a25_a_rejected_batch_rejects_every_claim(world):
    posted = post_case(world, "a25")

    assert (verdicts(posted), posted.answers) == (["posted"], 1)
    assert set(states(world)) == {"rejected"}
    (answer,) = world.submission.answers.all()
    assert answer_words(answer.codes)[0].startswith("A8:746:41")


def test_a25_for_another_batch_changes_nothing(world):
    posted = post_body(world, template(world, "a25").replace(f"{world.practice.npi}-7".encode(), b"EHR-BATCH-7"))

    assert verdicts(posted) == ["not_ours"]
    assert "EHR-BATCH-7 is not ours" in posted.transactions[0].reasons[0]
    assert set(states(world)) == {"sent"}


def test_a27_counts_foreign_claims_of_a_277ca(world):
    posted = post_case(world, "a27")

    assert (posted.answers, state(world, 1)) == (1, "rejected")
    assert [(row.control, row.charge, row.status) for row in ForeignClaim.objects.order_by("control")] == [
        ("EHR55512", None, ""), ("PMS-0042", None, ""),
    ]  # fmt: skip


def test_a29_a_999_after_payments_changes_no_money(world):
    post_case(world, "a03")
    post_case(world, "a01")
    before = states(world)[:4]
    posted = post_case(world, "a29")

    assert posted.answers == 1
    assert states(world)[:4] == before
    assert states(world)[4:] == ["file_accepted"] * 5
    (answer,) = world.submission.answers.all()
    words = answer_words(answer.codes)[0]
    assert "segment 11, N3" in words
    assert "element 1: required data missing" in words


def test_a30_a_refused_transaction_rejects_all_claims_in_it(world):
    from tests.roles import as_owner

    for number in range(4, 10):
        as_owner("UPDATE billing_claimversion SET transaction_number = '0008' WHERE id = %s", version(world, number).pk)
    post_case(world, "a30")

    assert states(world) == ["file_accepted"] * 3 + ["file_rejected"] * 6
    (answer,) = world.submission.answers.all()
    assert version(world, 4).control in " ".join(answer_words(answer.codes))
    assert "BAD" not in str(answer.codes), "the value itself may be a patient's"


def test_a31_a_refused_group_rejects_all_and_a_payment_outranks_it(world):
    post_case(world, "a31")
    assert set(states(world)) == {"file_rejected"}
    post_case(world, "a01")

    assert states(world)[:3] == ["paid", "processed", "file_rejected"]


def test_a32_a_foreign_group_is_listed(world):
    posted = post_case(world, "a32")

    assert verdicts(posted) == ["not_ours"]
    assert posted.transactions[0].reasons == ["Group 987654321 is no file of this practice."]
    assert set(states(world)) == {"sent"}


def test_a_999_of_another_systems_group_with_our_number_is_not_ours(world):
    body = template(world, "a32").replace(b"987654321", b"7").replace(b"*837*0001*", b"*837*4711*")

    assert verdicts(post_body(world, body)) == ["not_ours"]


def test_a33_a_file_that_was_not_read_rejects_all_and_any_other_answer_outranks_it(world):
    post_case(world, "a33")
    assert set(states(world)) == {"file_rejected"}
    (answer,) = world.submission.answers.all()
    assert answer_words(answer.codes) == ["025: duplicate control number"]
    post_case(world, "a29")

    assert set(states(world)) == {"file_accepted"}


def test_a34_two_ta1_in_one_file(world):
    posted = post_case(world, "a34")

    assert verdicts(posted) == ["posted", "not_ours"]
    assert set(states(world)) == {"file_read"}


@pytest.mark.slow
@pytest.mark.parametrize("order", list(permutations(["a01", "a24", "a29", "a33"])), ids="-".join)
def test_four_files_in_any_order_end_in_the_same_state(world, order):
    for name in order:
        post_case(world, name)

    assert states(world) == [
        "paid", "processed", "accepted", "rejected", "rejected", "rejected", "not_found", "file_accepted", "file_accepted",
    ]  # fmt: skip
    assert (str(balance(world, 1).paid), str(balance(world, 2).patient)) == ("81.45", "103.88")
    assert Answer.objects.filter(version__isnull=False, is_line=False).count() == 9
    assert sorted(world.submission.answers.values_list("level", flat=True)) == [1, 2]


@pytest.mark.parametrize("name", ["a01", "a03", "a24", "a25", "a29", "a33"])
def test_each_file_twice_counts_once(world, name):
    post_case(world, name)
    before = (states(world), Answer.objects.count(), LedgerEntry.objects.count())
    body = template(world, name)
    post_body(world, body.replace(b"~\n", b"~"))

    assert (states(world), Answer.objects.count(), LedgerEntry.objects.count()) == before
    assert AnswerTransaction.objects.filter(verdict="again").count() == 1


@pytest.mark.parametrize("name", ["a35", "a37"])
def test_an_eligibility_answer_is_named_and_refused(world, name):
    with pytest.raises(Refused, match=r"eligibility answer \(271\)"):
        post_case(world, name)
    assert not AnswerFile.objects.exists()
