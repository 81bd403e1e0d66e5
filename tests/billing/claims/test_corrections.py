"""Corrections of claims: the form that each payer takes, what is refused and why, and reopenings of Medicare Part B."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.answers.by_hand import answer_by_hand
from billing.claims.claim_history import ClaimHistory
from billing.claims.content_differences import differences
from billing.claims.correction_ways import offer, reopening_limits
from billing.claims.corrections import ask_reopening, correction_page, end_correction, open_correction
from billing.claims.delivery import withdraw
from billing.claims.formats.content import Content
from billing.claims.ready_claims import claims_of
from billing.ledger.check_ledger import ledger_differences
from billing.models import Claim, ClaimCorrection, ClaimState, ClaimVersion, LineBalance, Submission
from billing.policies.profiles import ProfileValues, correction_mode, set_profile
from billing.seal.corrections import confirm_corrections
from enrollment.models import Payer
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.claims.test_send import validated
from tests.billing.sending_world import a_denial, an_835, leave, recounted, sent_month
from tests.test_access import signed_in

# Remittances are dated 2026-04-20, and posted before.
NOW = LATER + timedelta(days=5)
WHY = "The diagnosis on the claim was wrong"


@pytest.fixture
def sent(db):
    world = sent_month()
    world.claim = Claim.objects.select_related("practice", "close", "payer").get(practice=world.practice)
    return world


def commercial(world):
    """The payer is a commercial one, which takes replacements and voids."""
    Payer.objects.filter(pk=world.payer.pk).update(filing="CI")
    world.claim.payer.filing = "CI"


def new_diagnosis(world, code="I11.9"):
    """Correct the diagnosis of the enrollment."""
    world.enrollment.diagnosis = code
    world.enrollment.save()


def confirmed(world):
    """Confirm the corrected values of the locked month, and send what is due."""
    confirm_corrections(close=world.close, reason="Diagnosis corrected", by=world.members["manager"], now=NOW)
    return leave(world, world.close, now=NOW)


def by_hand(world, status, **options):
    version = ClaimVersion.objects.filter(practice=world.practice).order_by("-number").first()
    values = {"paid": "", "payer_control": "", "note": "as read on the portal"} | options
    return answer_by_hand(version=version, status=status, by=world.members["biller"], now=NOW, **values)


def opened(world, reason=WHY, **options):
    return open_correction(claim=world.claim, reason=reason, by=world.members["biller"], now=NOW, **options)


def ready(world):
    (row,) = claims_of(world.close)
    return row


# The form of a correction: state, mode of the payer, lines left, way; an empty way is a refusal.
WAYS = [
    ("written", "replacement", True, ""),
    ("file_rejected", "replacement", True, "new"),
    ("rejected", "replacement", True, "new"),
    ("rejected", "reopening", True, "new"),
    ("not_found", "reopening", True, "new"),
    ("rejected", "replacement", False, ""),
    ("unprocessable", "replacement", True, "new"),
    ("unprocessable", "reopening", True, "new"),
    ("not_recognized", "reopening", True, "new"),
    ("paid", "replacement", True, "replacement"),
    ("paid", "replacement", False, "void"),
    ("denied", "replacement", True, "replacement"),
    ("processed", "replacement", True, "replacement"),
    ("accepted", "replacement", True, "replacement"),
    ("sent", "replacement", False, "void"),
    ("paid", "reopening", True, "reopening"),
    ("paid", "reopening", False, "reopening"),
    ("denied", "reopening", True, "reopening"),
    ("part_denied", "reopening", True, "reopening"),
    ("accepted", "reopening", True, ""),
    ("sent", "new_claim", True, ""),
    ("denied", "new_claim", True, "new"),
    ("paid", "new_claim", False, ""),
    ("reversed", "replacement", True, ""),
    ("other_payer", "replacement", True, ""),
]


@pytest.mark.parametrize(("state", "mode", "has_lines", "way"), WAYS)
def test_the_form_of_a_correction_follows_from_state_payer_and_lines(state, mode, has_lines, way):
    found = offer(state, mode=mode, has_lines=has_lines)

    assert found.way == way
    assert bool(found.refusal) == (way == ""), "what is refused says why"
    assert found.advice or found.refusal


def test_medicare_part_b_never_gets_a_replacement_or_a_void():
    ways = {
        offer(state, mode="reopening", has_lines=lines).way for state in ClaimState.values for lines in (True, False)
    }

    assert ways == {"", "new", "reopening"}


@pytest.mark.parametrize(("filing", "mode"), [("MB", "reopening"), ("CI", "replacement"), ("16", "replacement"), ("MC", "replacement")])  # fmt: skip
def test_the_mode_of_a_payer_without_a_profile_follows_its_kind(filing, mode):
    assert correction_mode(None, Payer(filing=filing)) == mode


def test_a_profile_of_the_payer_decides_from_its_first_day(sent):
    values = ProfileValues(starts_on=NOW.date(), source="Letter of the plan, page 2", correction="new_claim")
    set_profile(payer=sent.payer, values=values, by=sent.members["manager"], now=NOW)

    for day, mode in ((NOW.date() - timedelta(days=1), "reopening"), (NOW.date(), "new_claim")):
        (row,) = claims_of(sent.close, on=day)
        assert row.history.mode == mode


def test_a_profile_cannot_give_medicare_part_b_replacements(sent):
    values = ProfileValues(starts_on=NOW.date(), source="Letter of the plan, page 2", correction="replacement")
    sent.payer.refresh_from_db()
    with pytest.raises(Refused, match="takes no replacement"):
        set_profile(payer=sent.payer, values=values, by=sent.members["manager"], now=NOW)
    sent.payer.filing = "CI"
    assert set_profile(payer=sent.payer, values=values, by=sent.members["manager"], now=NOW).correction == "replacement"


@pytest.mark.parametrize(
    ("decided", "year", "four"),
    [
        (date(2026, 4, 20), date(2027, 4, 20), date(2030, 4, 20)),
        (date(2028, 2, 29), date(2029, 2, 28), date(2032, 2, 29)),
    ],
)
def test_a_reopening_has_one_year_and_four_for_good_cause(decided, year, four):
    assert reopening_limits(decided) == (year, four)


def test_a_denied_claim_of_a_commercial_payer_is_replaced_with_its_number(sent):
    commercial(sent)
    post(sent, a_denial(sent))
    new_diagnosis(sent)
    assert not ready(sent).due, "nothing leaves before a person opens the correction"
    correction = opened(sent)
    assert (correction.way, ready(sent).due, ready(sent).content.frequency) == ("replacement", True, "7")
    export = confirmed(sent)

    text = bytes(export.body).decode()
    first, second = ClaimVersion.objects.filter(practice=sent.practice).order_by("number")
    assert "11:B:7*" in text
    assert "HI*ABK:I119~" in text
    assert f"REF*F8*P900{first.pk}~" in text
    assert validated(text) == []
    assert (second.kind, second.reason, second.correction, second.control != first.control) == (
        "replacement", WHY, correction, True,
    )  # fmt: skip
    assert not ready(sent).due, "the correction is sent once"


def test_a_replacement_without_the_payers_number_waits_and_never_leaves_as_an_original(sent):
    commercial(sent)
    by_hand(sent, "denied")
    new_diagnosis(sent)
    opened(sent)

    assert ready(sent).wrong == [
        "A replacement or void names the payer's own number of the claim; it has not been received yet."
    ]
    with pytest.raises(Refused, match="lack something"):
        leave(sent, sent.close, now=NOW)
    by_hand(sent, "denied", payer_control="PAPER-7")
    assert ready(sent).content.original == "PAPER-7"


def test_the_number_is_that_of_the_remittance_and_not_of_the_acknowledgment(sent):
    commercial(sent)
    by_hand(sent, "accepted", payer_control="ACK1")
    assert ready(sent).history.payer_control == ""
    by_hand(sent, "paid", paid="12.00", payer_control="ICN2")
    assert ready(sent).history.payer_control == "ICN2"


def test_medicare_part_b_is_asked_for_a_reopening_and_gets_no_second_claim(sent):
    post(sent, an_835(sent))
    new_diagnosis(sent)
    correction = opened(sent)

    assert (correction.way, correction.due_on) == ("reopening", date(2027, 4, 20))
    assert not ready(sent).due
    with pytest.raises(Refused, match="already submitted"):
        leave(sent, sent.close, now=NOW, chosen=[sent.claim.public_id])
    assert ClaimVersion.objects.count() == 1


def test_changed_lines_of_medicare_part_b_are_blocked_with_a_sentence(sent):
    history = ClaimHistory(mode="reopening", versions=list(ClaimVersion.objects.filter(practice=sent.practice)))
    history.versions[0].state = ClaimState.PAID
    content = Content.from_json(history.versions[0].as_sent())
    shorter = Content.from_json(content.as_json() | {"services": content.as_json()["services"][:1]})

    assert history.blockers(content) == []
    assert history.blockers(shorter) == [
        "This payer takes no replacement and no void (frequency 7 or 8). Open a correction on the claim's page."
    ]
    history.mode = "replacement"
    assert history.blockers(shorter) == []


@pytest.mark.parametrize("status", ["rejected"])
def test_a_rejected_claim_goes_as_a_new_one_for_every_payer(sent, status):
    by_hand(sent, status)
    new_diagnosis(sent)
    assert opened(sent).way == "new"
    export = confirmed(sent)

    assert "11:B:1*" in bytes(export.body).decode()
    assert "REF*F8*" not in bytes(export.body).decode()
    assert ClaimVersion.objects.get(number=2).kind == "corrected"


def test_an_unprocessable_claim_goes_as_a_new_one_without_the_payers_number(sent):
    head, rest = a_denial(sent).split(b"~SVC*", 1)
    post(sent, recounted(head + b"~MOA***MA130~SVC*" + rest))
    assert ClaimVersion.objects.get().state == "unprocessable"
    assert not ready(sent).due
    new_diagnosis(sent)
    assert opened(sent).way == "new"
    export = confirmed(sent)

    assert "11:B:1*" in bytes(export.body).decode()
    assert "REF*F8*" not in bytes(export.body).decode()


def test_a_correction_needs_a_reason_and_a_difference(sent):
    post(sent, a_denial(sent))
    with pytest.raises(Refused, match="Nothing differs"):
        opened(sent)
    new_diagnosis(sent)
    with pytest.raises(Refused, match="10 characters"):
        opened(sent, reason="wrong")
    opened(sent)
    with pytest.raises(Refused, match="is open"):
        opened(sent)
    assert ClaimCorrection.objects.count() == 1


def test_a_submission_that_is_not_delivered_is_withdrawn_before_a_correction(sent):
    commercial(sent)
    post(sent, a_denial(sent))
    new_diagnosis(sent)
    opened(sent)
    confirm_corrections(close=sent.close, reason="Diagnosis corrected", by=sent.members["manager"], now=NOW)
    export = leave(sent, sent.close, now=NOW, delivered=False)
    with pytest.raises(Refused, match="not delivered"):
        opened(sent)
    withdraw(submission=export, reason="Wrong clearinghouse", by=sent.members["biller"], now=NOW)

    assert ready(sent).due, "the correction is open again"
    assert ready(sent).content.frequency == "7"


def test_a_replacement_that_is_rejected_on_the_way_is_due_again_as_a_replacement(sent):
    commercial(sent)
    post(sent, a_denial(sent))
    new_diagnosis(sent)
    row = opened(sent)
    confirmed(sent)
    by_hand(sent, "rejected")

    assert (ready(sent).due, ready(sent).content.frequency, ready(sent).history.open_correction) == (True, "7", row)
    leave(sent, sent.close, now=NOW)
    assert ClaimVersion.objects.get(number=3).correction == row


def test_a_claim_that_was_never_sent_is_not_corrected(sent):
    Submission.objects.filter(practice=sent.practice).update(withdrawn_at=NOW)
    ClaimVersion.objects.filter(practice=sent.practice).update(state="withdrawn")
    with pytest.raises(Refused, match="was not sent"):
        correction_page(sent.claim, on=NOW.date())


def test_a_withdrawn_correction_leaves_the_claim_as_it_was(sent):
    commercial(sent)
    post(sent, a_denial(sent))
    new_diagnosis(sent)
    row = opened(sent)
    end_correction(correction=row, outcome="withdrawn", note="It was right", by=sent.members["biller"], now=NOW)

    assert not ready(sent).due
    with pytest.raises(Refused, match="withdrawn"):
        end_correction(correction=row, outcome="withdrawn", note="again", by=sent.members["biller"], now=NOW)
    assert opened(sent).pk != row.pk


def test_a_sent_correction_is_not_withdrawn(sent):
    commercial(sent)
    post(sent, a_denial(sent))
    new_diagnosis(sent)
    row = opened(sent)
    confirmed(sent)
    with pytest.raises(Refused, match="is sent"):
        end_correction(correction=row, outcome="withdrawn", note="too late", by=sent.members["biller"], now=NOW)


def asked(world, row, on=None, **options):
    values = {"on": on or NOW.date(), "how": "telephone", "reference": "CASE 12"} | options
    return ask_reopening(correction=row, by=world.members["biller"], now=NOW, **values)


def test_a_reopening_is_asked_once_on_a_day_between_its_opening_and_today(sent):
    post(sent, an_835(sent))
    new_diagnosis(sent)
    row = opened(sent)
    for day in (NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=1)):
        with pytest.raises(Refused, match="Enter the day"):
            asked(sent, row, on=day)
    with pytest.raises(Refused, match="how the payer was asked"):
        asked(sent, row, how=" ")
    row = asked(sent, row)
    assert (row.asked_on, row.reference) == (NOW.date(), "CASE 12")
    with pytest.raises(Refused, match="was asked"):
        asked(sent, row)


def test_only_a_remittance_since_the_request_proves_a_reopening(sent):
    post(sent, an_835(sent))
    new_diagnosis(sent)
    row = opened(sent)

    def end():
        return end_correction(correction=row, outcome="corrected", note="Corrected", by=sent.members["biller"], now=NOW)

    with pytest.raises(Refused, match="Record first"):
        end()
    asked(sent, row)
    with pytest.raises(Refused, match="No remittance"):
        end()
    by_hand(sent, "paid", paid="128.00", on=NOW.date())
    assert end().answer.on == NOW.date()
    assert not ready(sent).due


@pytest.mark.parametrize(("years", "cause", "error"), [
    (1, "", "good cause"), (1, "Medicare changed its file in error", ""), (4, "Medicare changed its file in error", "four years"),
])  # fmt: skip
def test_after_a_year_a_reopening_needs_good_cause_and_after_four_there_is_none(sent, years, cause, error):
    post(sent, an_835(sent))
    new_diagnosis(sent)
    now = NOW.replace(year=NOW.year + years, month=5)
    if error:
        with pytest.raises(Refused, match=error):
            open_correction(claim=sent.claim, reason=WHY, good_cause=cause, by=sent.members["biller"], now=now)
    else:
        row = open_correction(claim=sent.claim, reason=WHY, good_cause=cause, by=sent.members["biller"], now=now)
        assert row.due_on == date(2030, 4, 20)


def test_charges_follow_the_reopening_that_the_payer_made(sent):
    post(sent, an_835(sent))
    new_diagnosis(sent)
    row = opened(sent)
    fewer = row.content | {"services": row.content["services"][:2]}
    ClaimCorrection.objects.filter(pk=row.pk).update(content=fewer)
    asked(sent, row)
    by_hand(sent, "paid", paid="72.00", on=NOW.date())
    row.refresh_from_db()
    end_correction(correction=row, outcome="corrected", note="One line less", by=sent.members["biller"], now=NOW)

    charges = sorted(LineBalance.objects.filter(line__isnull=False).values_list("charge", flat=True))
    assert charges == [Decimal("0.00"), Decimal("25.00"), Decimal("65.00")]
    assert ledger_differences(sent.practice) == []


def test_a_correction_is_never_rewritten_and_only_one_is_open(sent):
    commercial(sent)
    post(sent, a_denial(sent))
    new_diagnosis(sent)
    row = opened(sent)
    with pytest.raises(DatabaseError), transaction.atomic():
        ClaimCorrection.objects.update(reason="another")
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimCorrection.objects.create(
            practice=sent.practice, claim=sent.claim, version=row.version, way="new", reason=WHY, content={},
            opened_at=NOW, opened_by=sent.user("biller"),
        )  # fmt: skip
    assert "I11" not in str(ClaimCorrection.objects.extra(select={"raw": "content"}).values_list("raw", flat=True)[0])


def test_each_changed_field_is_one_row_and_an_address_alone_is_no_reason(sent):
    before = ready(sent).content.as_json()
    assert differences(before, before) == []
    changed = before | {"member_id": "X1", "address": before["address"] | {"city": "Peoria"}}
    rows = differences(before, changed)

    assert [(row.field, row.is_minor) for row in rows] == [("member ID", False), ("patient address", True)]
    taken_off = differences(before, before | {"services": before["services"][1:]})
    assert [(row.field, row.after) for row in taken_off] == [("line", "taken off")]
    assert len(differences(before, before | {"frequency": "8"})) == 3, "a void takes every line off"


def test_the_page_shows_what_differs_opens_and_prints_the_letter(sent):
    post(sent, an_835(sent))
    new_diagnosis(sent)
    client = signed_in(sent.user("biller"))
    url = f"/claims/{sent.claim.public_id}/correct/"
    page = client.get(url).content.decode()
    assert "Diagnoses" in page
    assert "I11.9" in page
    assert "Ask the payer to reopen the claim" in page
    assert client.post(url, {"reason": "short"}).status_code == 422
    assert client.post(url, {"reason": WHY}).status_code == 302
    row = ClaimCorrection.objects.get()
    letter = client.get(f"/corrections/{row.public_id}/letter/")
    assert letter.content.startswith(b"%PDF")
    data = {"on": NOW.date().isoformat(), "how": "portal", "reference": ""}
    assert client.post(f"/corrections/{row.public_id}/asked/", data | {"on": "0000-00-00"}).status_code == 422
    assert client.post(f"/corrections/{row.public_id}/end/", {"outcome": "sent", "note": "no"}).status_code == 422


def test_another_practice_and_a_reader_cannot_correct(sent):
    url = f"/claims/{sent.claim.public_id}/correct/"
    assert signed_in(sent.other.user("biller")).post(url, {"reason": WHY}).status_code == 404
    assert signed_in(sent.user("auditor")).post(url, {"reason": WHY}).status_code == 403
    assert not ClaimCorrection.objects.exists()
