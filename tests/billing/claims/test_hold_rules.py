"""Hold rules: conditions on fields of a claim, a dry run, two persons, the days on which they hold."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.claims.hold_rules import HoldCondition, ask_rule, decide_rule, dry_run, end_rule, read_condition
from billing.claims.ready_claims import claims_of
from billing.models import HoldRule
from rpm_portal.core.refusals import Refused
from tests.billing.answers.test_post import LATER
from tests.billing.claims.test_send import a_claim
from tests.billing.close.test_close import AFTER
from tests.billing.sending_world import complete, leave, sealed
from tests.builders import PASSWORD, a_world
from tests.snapshot import Snapshot
from tests.test_access import signed_in

WHY = "The payer reviews this code at the moment"


def _locked():
    world = a_world()
    complete(world)
    world.close = sealed(world)
    return world


locked_month = Snapshot(_locked)


@pytest.fixture
def locked(db):
    return locked_month()


@pytest.mark.parametrize(("field", "operator", "value", "applies"), [
    ("code", "is", "99457", True), ("code", "is", "99458", False), ("code", "is_not", "99457", False), ("code", "starts", "9945", True),
    ("payer", "is", "medicare part b", True), ("payer", "starts", "North", False), ("diagnosis", "is", "I10", True),
    ("diagnosis", "starts", "i1", True), ("modifier", "is", "GP", False), ("modifier", "is_not", "GP", True), ("place", "is", "11", True),
    ("provider", "is", "1881761864", False), ("member_id", "starts", "1EG4", True), ("state", "is", "IL", True),
    ("charge", "over", "69.99", True), ("charge", "over", "70.00", False), ("charge", "under", "70.01", True), ("charge", "under", "70", False),
    ("units", "over", "0", True), ("units", "over", "1", False),
])  # fmt: skip
def test_a_condition_compares_one_field(field, operator, value, applies):
    assert read_condition(field, operator, f" {value} ").applies(a_claim()) is applies
    assert len(dry_run(HoldCondition(field, operator, value), [a_claim(), a_claim()])) == 2 * applies


@pytest.mark.parametrize(("field", "operator", "value"), [
    ("", "is", "x"), ("code", "", "x"), ("code", "is", " "), ("code", "is", "x" * 61), ("code", "over", "3"), ("charge", "over", "sNaN"),
    ("charge", "over", "-1"), ("charge", "under", "ten"), ("units", "over", "Infinity"), ("content", "is", "x"), ("code", "matches", ".*"),
])  # fmt: skip
def test_a_condition_that_cannot_be_compared_is_refused(field, operator, value):
    with pytest.raises(Refused):
        read_condition(field, operator, value)


def written(world, *, effect="hold", starts_on=None, reason=WHY, now=AFTER, by="biller"):
    condition = read_condition("code", "is", "99457")
    day = starts_on or now.date()
    return ask_rule(condition=condition, effect=effect, reason=reason, starts_on=day, by=world.members[by], now=now)


def approved(world, **options):
    return decide_rule(rule=written(world, **options), approve=True, by=world.members["manager"], now=AFTER)


def test_a_rule_holds_only_when_a_second_person_approved_it(locked):
    rule = written(locked)
    (ready,) = claims_of(locked.close, on=AFTER.date())
    assert ready.may_go
    with pytest.raises(Refused, match="second person"):
        decide_rule(rule=rule, approve=True, by=locked.members["biller"], now=AFTER)
    decide_rule(rule=rule, approve=True, by=locked.members["manager"], now=AFTER)
    (ready,) = claims_of(locked.close, on=AFTER.date())

    assert ready.wrong == [f"Held by the rule that code of a line is 99457: {WHY}"]
    with pytest.raises(Refused, match="lack something"):
        leave(locked, locked.close)
    with pytest.raises(Refused, match="decided already"):
        decide_rule(rule=rule, approve=False, by=locked.members["manager"], now=AFTER)


def test_a_note_is_shown_and_holds_nothing(locked):
    approved(locked, effect="note")
    (ready,) = claims_of(locked.close, on=AFTER.date())
    assert ready.may_go
    assert ready.notes == [f"code of a line is 99457: {WHY}"]


@pytest.mark.parametrize(("days", "held"), [(-1, False), (0, True), (1, True)])
def test_a_rule_holds_from_its_first_day(locked, days, held):
    approved(locked, starts_on=AFTER.date() + timedelta(days=2))
    (ready,) = claims_of(locked.close, on=AFTER.date() + timedelta(days=2 + days))
    assert ready.may_go is not held


def test_an_ended_rule_holds_nothing_on_its_last_day(locked):
    rule = approved(locked)
    end_rule(rule=rule, by=locked.members["manager"], now=LATER)
    assert claims_of(locked.close, on=LATER.date())[0].may_go
    assert not claims_of(locked.close, on=LATER.date() - timedelta(days=1))[0].may_go
    with pytest.raises(Refused, match="in force"):
        end_rule(rule=rule, by=locked.members["manager"], now=LATER)


def test_a_rule_needs_a_reason_an_effect_and_a_day_from_today_on(locked):
    for options, error in (
        ({"reason": "because"}, "ten characters"),
        ({"effect": "delete"}, "held or noted"),
        ({"starts_on": AFTER.date() - timedelta(days=1)}, "today or later"),
    ):
        with pytest.raises(Refused, match=error):
            written(locked, **options)
    assert not HoldRule.objects.exists()


def test_the_database_keeps_a_rule_and_its_two_persons(locked):
    rule = written(locked)
    with pytest.raises(IntegrityError), transaction.atomic():
        HoldRule.objects.filter(pk=rule.pk).update(decision="approved", decided_by=rule.asked_by, decided_at=AFTER)
    with pytest.raises(DatabaseError), transaction.atomic():
        HoldRule.objects.filter(pk=rule.pk).update(value="99458")


def test_the_page_tries_a_rule_and_two_persons_put_it_in_force(locked):
    biller, manager = signed_in(locked.user("biller")), signed_in(locked.user("manager"))
    data = {
        "field": "code",
        "operator": "is",
        "value": "99457",
        "effect": "hold",
        "reason": WHY,
        "starts_on": "2026-12-31",
    }
    page = " ".join(biller.post("/claims/holds/write/", data | {"act": "try"}).content.decode().split())
    assert "In March 2026 the rule applies to 1 of 1 claims, $160.00" in page
    assert not HoldRule.objects.exists()
    assert biller.post("/claims/holds/write/", data | {"act": "write", "value": ""}).status_code == 422
    assert biller.post("/claims/holds/write/", data | {"act": "write"}).status_code == 302
    url = f"/claims/holds/{HoldRule.objects.get().public_id}/"
    assert biller.post(url, {"act": "approve", "password": PASSWORD}).status_code == 422
    assert manager.post(url, {"act": "approve", "password": "wrong"}).status_code == 422
    assert manager.post(url, {"act": "approve", "password": PASSWORD}).status_code == 302
    assert HoldRule.objects.get().decision == "approved"
    assert signed_in(locked.other.user("manager")).post(url, {"act": "end"}).status_code == 404
    assert signed_in(locked.user("auditor")).post(url, {"act": "end"}).status_code == 403
