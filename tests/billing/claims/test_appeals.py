"""Appeals: levels and deadlines of Medicare and other payers, what has no appeal, letters, and the next level."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.answers.denials import refusals
from billing.claims.appeal_levels import LEVELS, deadline, level_of, levels_of, next_level
from billing.claims.appeals import decide_appeal, file_appeal, open_appeal, open_next_level
from billing.models import Appeal, ClaimVersion, PayerProfile
from billing.policies.profiles import ProfileValues, set_profile
from enrollment.models import Payer
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER, post
from tests.billing.sending_world import a_denial, recounted, sent_month
from tests.test_access import signed_in

# Remittances are dated 2026-04-20, and posted before.
NOW = LATER + timedelta(days=5)
ARGUMENT = "The patient had two readings a day, and the order names the reason for them."
DENIED_ON, TODAY = date(2026, 4, 20), NOW.date()


@pytest.fixture
def denied(db):
    world = sent_month()
    post(world, a_denial(world))
    return world


def opened(world, *, argument=ARGUMENT, now=NOW):
    refusal = refusals(world.practice, show="all")[0]
    return open_appeal(
        version=refusal.version, line=refusal.line, answer=refusal.answer, amount=Decimal("25.00"), argument=argument,
        by=world.members["biller"], now=now,
    )  # fmt: skip


def filed(world, row, on=TODAY, now=NOW):
    return file_appeal(appeal=row, on=on, how="portal", reference="A-77", by=world.members["biller"], now=now)


def decided(world, row, outcome="unfavorable", on=TODAY, now=NOW):
    return decide_appeal(appeal=row, outcome=outcome, on=on, note="Upheld", by=world.members["biller"], now=now)


@pytest.mark.parametrize(("key", "due", "last"), [
    ("redetermination", 120, 125), ("reconsideration", 180, 185), ("hearing", 60, 65), ("council", 60, 65), ("court", 60, 65),
])  # fmt: skip
def test_medicares_days_count_from_the_presumed_receipt(key, due, last):
    level = level_of(Payer(filing="MB"), key)
    days = deadline(level, DENIED_ON, None)
    assert days == (DENIED_ON + timedelta(days=due), DENIED_ON + timedelta(days=last))


def test_the_levels_follow_each_other_and_amounts_have_years():
    keys = [level.key for level in LEVELS["medicare"]]
    assert keys == ["redetermination", "reconsideration", "hearing", "council", "court"]
    assert [next_level(Payer(filing="MB"), key) for key in keys][-1] is None
    hearing = level_of(Payer(filing="MB"), "hearing")
    assert (hearing.least_amount(2025), hearing.least_amount(2026)) == (Decimal("190.00"), None)
    assert (hearing.lacks_amount(2025), hearing.lacks_amount(2026)) == (False, True)
    assert [level.key for level in levels_of(Payer(filing="CI"))] == ["appeal", "second_appeal"]
    with pytest.raises(Refused, match="Choose the level"):
        level_of(Payer(filing="CI"), "court")


@pytest.mark.parametrize(("days", "allowed"), [(120, True), (125, True), (126, False)])
def test_a_redetermination_is_opened_until_its_last_day(denied, days, allowed):
    now = NOW + (DENIED_ON + timedelta(days=days) - NOW.date())
    if allowed:
        assert opened(denied, now=now).due_on == DENIED_ON + timedelta(days=120)
    else:
        with pytest.raises(Refused, match="ended on"):
            opened(denied, now=now)


def test_another_payer_needs_its_limit_on_file(denied):
    Payer.objects.filter(pk=denied.payer.pk).update(filing="CI")
    with pytest.raises(Refused, match="not on file"):
        opened(denied)
    values = ProfileValues(starts_on=date(2026, 1, 1), source="Provider manual 2026", appeal_days=90)
    set_profile(payer=denied.payer, values=values, by=denied.members["manager"], now=NOW)
    row = opened(denied)
    assert (row.level, row.due_on, row.last_day) == ("appeal", date(2026, 7, 19), date(2026, 7, 19))
    assert PayerProfile.objects.count() == 1


def test_what_was_rejected_or_unprocessable_or_late_has_no_appeal(denied):
    refusal = refusals(denied.practice)[0]
    for state in ("rejected", "unprocessable", "not_recognized", "accepted"):
        refusal.version.state = state
        with pytest.raises(Refused, match="no appeal"):
            open_appeal(
                version=refusal.version, line=None, answer=refusal.answer, amount=Decimal(1), argument=ARGUMENT,
                by=denied.members["biller"], now=NOW,
            )  # fmt: skip


def test_a_denial_for_late_filing_has_no_appeal(db):
    world = sent_month()
    post(world, recounted(a_denial(world).replace(b"CO*50", b"CO*29")))
    with pytest.raises(Refused, match="CARC 29"):
        opened(world)


def test_an_argument_is_forty_characters_and_one_appeal_is_open(denied):
    with pytest.raises(Refused, match="40 characters"):
        opened(denied, argument="x" * 39)
    opened(denied, argument="x" * 40)
    with pytest.raises(Refused, match="open already"):
        opened(denied)


def test_an_appeal_is_filed_once_within_its_days(denied):
    row = opened(denied)
    for on in (None, DENIED_ON - timedelta(days=1), NOW.date() + timedelta(days=1)):
        with pytest.raises(Refused, match="day on which it was filed"):
            filed(denied, row, on=on)
    late = NOW + timedelta(days=300)
    with pytest.raises(Refused, match="time for this level ended"):
        filed(denied, row, on=row.last_day + timedelta(days=1), now=late)
    filed(denied, row, on=row.last_day, now=late)
    with pytest.raises(Refused, match="filed or ended"):
        filed(denied, row)


def test_the_next_level_follows_a_decision_that_was_not_favorable(denied):
    row = opened(denied)
    with pytest.raises(Refused, match="Record first"):
        decided(denied, row)
    filed(denied, row)
    with pytest.raises(Refused, match="follows an unfavorable"):
        open_next_level(appeal=row, argument=ARGUMENT, by=denied.members["biller"], now=NOW)
    decided(denied, row)
    following = open_next_level(appeal=row, argument=ARGUMENT, by=denied.members["biller"], now=NOW)

    assert (following.level, following.previous, following.due_on) == (
        "reconsideration", row, NOW.date() + timedelta(days=180),
    )  # fmt: skip
    with pytest.raises(Refused, match="open already"):
        open_next_level(appeal=row, argument=ARGUMENT, by=denied.members["biller"], now=NOW)
    filed(denied, following)
    decided(denied, following, "favorable")
    with pytest.raises(Refused, match="follows an unfavorable"):
        open_next_level(appeal=following, argument=ARGUMENT, by=denied.members["biller"], now=NOW)


def test_a_hearing_needs_its_amount_where_the_year_is_on_file(denied):
    row = opened(denied)
    filed(denied, row)
    decided(denied, row)
    second = open_next_level(appeal=row, argument=ARGUMENT, by=denied.members["biller"], now=NOW)
    filed(denied, second)
    decided(denied, second)
    early = NOW.replace(year=2025, month=12)
    with pytest.raises(Refused, match=r"at least \$190.00"):
        open_next_level(appeal=second, argument=ARGUMENT, by=denied.members["biller"], now=early)
    assert open_next_level(appeal=second, argument=ARGUMENT, by=denied.members["biller"], now=NOW).level == "hearing"


def test_what_was_filed_and_decided_is_written_once(denied):
    row = filed(denied, opened(denied))
    with pytest.raises(DatabaseError), transaction.atomic():
        Appeal.objects.update(filed_on=DENIED_ON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(pk=row.pk).update(outcome="favorable", ended_at=NOW)
    decided(denied, row)
    with pytest.raises(Refused, match="is decided"):
        decided(denied, row, "favorable")


def test_the_pages_open_file_decide_and_print(denied):
    Payer.objects.filter(pk=denied.payer.pk).update(filing="CI")
    values = ProfileValues(starts_on=date(2026, 1, 1), source="Provider manual 2026", appeal_days=300)
    set_profile(payer=denied.payer, values=values, by=denied.members["manager"], now=NOW)
    client = signed_in(denied.user("biller"))
    assert "Open appeal" in client.get("/denials/").content.decode()
    version, line = ClaimVersion.objects.get(practice=denied.practice), refusals(denied.practice)[0].line.public_id
    url = f"/versions/{version.public_id}/appeal/"
    assert client.post(url, {"line": line, "argument": "short"}).status_code == 422
    assert client.post(url, {"line": "other", "argument": ARGUMENT}).status_code == 404
    assert client.post(url, {"line": line, "argument": ARGUMENT}).status_code == 302
    row = Appeal.objects.get()
    page = client.get(f"/appeals/{row.public_id}/").content.decode()
    assert "Appeal for" in page
    assert "last day" in page
    assert client.get(f"/appeals/{row.public_id}/letter/").content.startswith(b"%PDF")
    assert client.post(f"/appeals/{row.public_id}/file/", {"on": "2062-01-01", "how": "fax"}).status_code == 422
    assert client.post(f"/appeals/{row.public_id}/file/", {"on": str(DENIED_ON), "how": "fax"}).status_code == 302
    assert client.post(f"/appeals/{row.public_id}/decide/", {"outcome": "won", "note": "yes"}).status_code == 422
    assert signed_in(denied.other.user("biller")).get(f"/appeals/{row.public_id}/").status_code == 404
