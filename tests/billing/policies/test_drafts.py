"""Drafts of policies: copied, changed, tried, submitted, approved by a second person; policies in force never change."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from billing.models import PayerPolicy, PolicyDraft
from billing.policies import drafts
from billing.policies.in_force import policies_of
from billing.rules import load_preset
from billing.rules.golden import changed_cases
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, approve_all, compute
from tests.builders import PASSWORD, days, seal
from tests.test_access import signed_in

PRESET = "medicare_general_supervision"
PHYSICIAN_CALLS = {"key": "live_by", "value": "physician_or_qhp", "from": "2026-05-01", "source": "letter of 2 April"}


def change(
    world,
    draft,
    *,
    starts_on=date(2026, 5, 1),
    departures=(PHYSICIAN_CALLS,),
    source="Letter of 2 April",
    preset=PRESET,
):
    values = {"preset": preset, "starts_on": starts_on, "source": source, "departures": list(departures)}
    return drafts.change_draft(draft=draft, values=values, by=world.members["manager"], now=AFTER)


def start(world):
    return drafts.start_draft(payer=world.payer, by=world.members["manager"], now=AFTER)


def submitted(world, **more):
    draft = change(world, start(world), **more)
    return drafts.submit_draft(draft=draft, by=world.members["manager"], now=AFTER)


def decide(world, draft, by="physician", *, approve=True, reason=""):
    return drafts.decide_draft(draft=draft, approve=approve, reason=reason, by=world.members[by], now=AFTER)


def test_a_draft_copies_the_policy_in_force_and_a_payer_has_only_one(world):
    draft = start(world)
    assert (draft.preset, draft.departures, draft.starts_on) == (PRESET, [], date(2026, 5, 1))
    assert start(world) == draft


def test_a_draft_has_no_effect_before_a_second_person_approves(world):
    draft = submitted(world)
    assert policies_of(world.practice.pk, on=date(2026, 5, 2))[world.payer.pk] is load_preset(PRESET)
    with pytest.raises(Refused, match="another person"):
        decide(world, draft, by="manager")
    decide(world, draft)

    before, after = (
        policies_of(world.practice.pk, on=day)[world.payer.pk] for day in (date(2026, 4, 30), date(2026, 5, 1))
    )
    assert before.at("live_by", date(2026, 4, 30)) != "physician_or_qhp"
    assert after.at("live_by", date(2026, 5, 1)) == "physician_or_qhp"
    first, second = PayerPolicy.objects.filter(payer=world.payer).order_by("starts_on")
    assert (first.ends_on, second.starts_on, second.source) == (
        date(2026, 4, 30),
        date(2026, 5, 1),
        "Letter of 2 April",
    )
    actions = set(Event.objects.filter(subject__startswith="policy_draft:").values_list("action", flat=True))
    assert actions == {"draft_policy", "change_policy_draft", "submit_policy_draft", "approve_policy"}


def test_the_database_refuses_an_approval_by_the_submitter(world):
    draft = decide(world, submitted(world))
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        PolicyDraft.objects.filter(pk=draft.pk).update(decided_by=draft.submitted_by)


def test_a_submitted_or_decided_draft_cannot_be_changed(world):
    draft = submitted(world)
    with pytest.raises(Refused, match="Only a draft is changed; this one is waits for"):
        change(world, draft)
    decide(world, draft, approve=False, reason="The letter says June.")
    with pytest.raises(Refused, match="Only a submitted draft"):
        decide(world, draft)
    assert PayerPolicy.objects.filter(payer=world.payer).count() == 1
    assert start(world) != draft, "after a refusal a new draft can be started"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"departures": [PHYSICIAN_CALLS | {"key": "nothing"}]}, "is not a parameter"),
        ({"departures": [PHYSICIAN_CALLS | {"value": "anybody"}]}, "cannot be"),
        ({"departures": [PHYSICIAN_CALLS | {"source": ""}]}, "needs a source"),
        ({"departures": [PHYSICIAN_CALLS | {"from": "soon"}]}, "not a day"),
        ({"preset": "lenient"}, "made of"),
        ({"starts_on": None}, "first day"),
    ],
)
def test_values_that_the_engine_refuses_are_not_stored(world, more, message):
    draft = start(world)
    with pytest.raises(Refused, match=message):
        change(world, draft, **more)
    draft.refresh_from_db()
    assert draft.departures == []


def test_a_draft_without_a_document_or_for_sealed_days_is_not_submitted(world):
    with pytest.raises(Refused, match="document"):
        submitted(world, source=" ")
    world.read(days("2026-02-10", "2026-03-31"))
    close = compute(world)
    approve_all(close, world)
    seal(close, world, now=AFTER)
    with pytest.raises(Refused, match="March 2026 is locked"):
        submitted(world, starts_on=date(2026, 3, 31))
    assert submitted(world, starts_on=date(2026, 4, 1)).state == "submitted"


def test_a_later_version_must_be_ended_first(world):
    decide(world, submitted(world, starts_on=date(2026, 6, 1)))
    with pytest.raises(Refused, match="begins on 2026-06-01"):
        decide(world, submitted(world, starts_on=date(2026, 5, 1)))
    assert PayerPolicy.objects.filter(payer=world.payer).count() == 2


@pytest.mark.slow
def test_golden_cases_show_what_a_draft_would_change():
    number, others = changed_cases(PRESET, load_preset(PRESET))
    assert (number > 60, others) == (True, [])
    strict = load_preset(PRESET).with_departures([PHYSICIAN_CALLS | {"from": "2019-01-01"}], name="strict")
    others = changed_cases(PRESET, strict)[1]
    assert others
    assert all(case.before != case.after for case in others)
    assert any("99457 x1" in case.before and not case.after for case in others)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("time_roles", "physician, qhp", ["physician", "qhp"]), ("live_by", "care_team", "care_team"), ("live_by", " none ", None),
        ("first10_codes_enabled", "yes", True), ("max_units_99458", "3", 3), ("diagnosis_scope", "I10, E11", ["I10", "E11"]),
        ("diagnosis_scope", "chronic_only", "chronic_only"), ("units_cap", '{"98981": 2}', {"98981": 2}),
    ],
)  # fmt: skip
def test_a_typed_value_is_shown_again_as_typed(key, text, value):
    assert drafts.value_of(key, text) == value
    assert drafts.value_of(key, drafts.as_typed(value)) == value


@pytest.mark.parametrize(("key", "text"), [("first10_codes_enabled", "perhaps"), ("max_units_99458", "-1"), ("max_units_99458", "٣"), ("units_cap", "{")])  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused(key, text):
    with pytest.raises(Refused):
        drafts.value_of(key, text)


@pytest.mark.slow
def test_the_pages_draft_try_and_approve_a_policy(world):
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-10", 1300)
    world.call("2026-03-10")
    compute(world)
    manager, physician = signed_in(world.user("manager")), signed_in(world.user("physician"))
    draft_url = manager.post("/policies/drafts/", {"payer": world.payer.name})["Location"]
    typed = {
        "preset": PRESET, "starts_on": "2030-05-01", "source": "Letter of 2 April", "key": ["live_by", ""],
        "value": ["physician_or_qhp", ""], "from": ["2019-01-01", ""], "to": ["", ""], "row_source": ["letter", ""],
    }  # fmt: skip
    wrong = manager.post(f"{draft_url}change/", typed | {"value": ["nobody", ""]})
    assert wrong.status_code == 422
    assert 'value="nobody"' in wrong.content.decode(), "the typed value is shown again"
    assert manager.post(f"{draft_url}change/", typed).status_code == 302
    page = manager.get(f"{draft_url}?month=2026-03").content.decode()
    assert "test cases have a different result" in page
    assert "1 patient would differ" in page
    assert manager.post(f"{draft_url}change/", typed | {"act": "submit"}).status_code == 302
    assert "another person approves it" in manager.get(draft_url).content.decode()
    assert physician.post(f"{draft_url}decide/", {"act": "approve", "password": "wrong"}).status_code == 422
    assert physician.post(f"{draft_url}decide/", {"act": "approve", "password": PASSWORD}).status_code == 302
    assert PayerPolicy.objects.filter(payer=world.payer).count() == 2
    assert signed_in(world.other.user("manager")).get(draft_url).status_code == 404
    assert signed_in(world.user("biller")).post("/policies/drafts/", {"payer": world.payer.name}).status_code == 403
