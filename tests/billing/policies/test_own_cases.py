"""A practice's own golden cases: added, decided, and broken by a policy draft."""

import json
from datetime import date

import pytest

from billing.models import OwnCase, PayerPolicy
from billing.policies import own_cases
from billing.rules.golden import CASES
from enrollment.models import Payer
from rpm_portal.core.refusals import Refused
from tests.billing.policies.test_drafts import PHYSICIAN_CALLS, PRESET, decide, submitted
from tests.builders import at
from tests.test_access import signed_in

NOW = at("2026-03-20")


def case(**more):
    """M002 of the golden cases: 20:00 by a nurse and a nurse's live call in March 2025 give 99457."""
    (found,) = [one for one in json.loads(CASES.read_text())["cases"] if one["id"] == "M002"]
    return found | {"id": "own-1", "title": "Our nurse's twenty minutes"} | more


def add(world, *cases, payer=None, text=None):
    text = text if text is not None else json.dumps({"cases": list(cases)})
    return own_cases.add_cases(text=text, payer=payer, by=world.members["manager"], now=NOW)


def test_a_case_is_decided_and_compared_with_its_expected_lines(world):
    two_units = [{"code": "99457", "units": 2, "dos": "2025-03-31"}]
    add(world, case(), case(id="own-2", title="Two units expected", expected_codes=two_units))
    right, different = own_cases.results_now(world.practice)
    assert (right.lines, right.differences) == (["99457 x1 on 2025-03-31"], [])
    assert different.differences == [
        "missing code 99457 x2 on 2025-03-31",
        "code 99457 x1 on 2025-03-31 was not expected",
    ]
    assert own_cases.results_now(world.other.practice) == []


def test_a_case_of_a_payer_is_decided_under_the_policy_of_its_month(world):
    plain = {key: value for key, value in case().items() if key != "policy"}
    add(world, plain, payer=world.payer)
    assert own_cases.results_now(world.practice)[0].differences == []
    strict = Payer.objects.create(practice=world.practice, name="Strict payer")
    add(world, plain | {"id": "own-3", "title": "Under no policy"}, payer=strict)
    assert own_cases.results_now(world.practice)[1].differences == ["missing code 99457 x1 on 2025-03-31"], (
        "without a policy the strictest applies: a nurse's time does not count"
    )
    PayerPolicy.objects.create(
        practice=world.practice, payer=strict, preset=PRESET, starts_on=date(2020, 1, 1), source="test"
    )
    assert own_cases.results_now(world.practice)[1].differences == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ('{"cases": 1}', "list of cases"),
        ("[]", "no cases"),
        ("[" * 100_000, "not JSON"),
        (json.dumps([case(period={"year": 2025, "month": 13})]), "month"),
        (json.dumps([case(facts={"unknown": 1})]), "unknown"),
        (json.dumps([case(policy="lenient")]), "lenient"),
        (json.dumps([case(expected_codes=None)]), "expected_codes"),
        (json.dumps([case(expected_codes=[{"code": "99457"}])]), "expected_codes"),
        (json.dumps([{key: value for key, value in case().items() if key not in {"id", "title"}}]), "title"),
        (" " * 200_001, "larger than 200 kB"),
    ],
    ids=range(11),
)
def test_a_text_that_is_no_case_is_refused_and_none_is_added(world, text, message):
    with pytest.raises(Refused, match=message):
        add(world, text=text)
    assert not OwnCase.objects.exists()


def test_a_case_of_a_payer_names_no_policy_of_its_own(world):
    with pytest.raises(Refused, match="leave out policy"):
        add(world, case(), payer=world.payer)


def test_a_withdrawn_case_is_not_tried_any_more(world):
    (row,) = add(world, case())
    own_cases.withdraw_case(case=row, by=world.members["manager"], now=NOW)
    assert own_cases.own_cases(world.practice) == []
    with pytest.raises(Refused, match="withdrawn already"):
        own_cases.withdraw_case(case=row, by=world.members["manager"], now=NOW)


def test_a_draft_that_breaks_an_own_case_names_it_and_needs_a_reason_to_be_approved(world):
    """The draft asks for a physician's call from May 2026: the nurse's call of the case no longer gives 99457."""
    add(world, case())
    draft = submitted(world)
    number, (broken,) = own_cases.broken_by(draft)
    assert (number, broken.case.title) == (1, "Our nurse's twenty minutes")
    with pytest.raises(Refused, match="breaks own cases: Our nurse's twenty minutes"):
        decide(world, draft)
    assert decide(world, draft, reason="The payer's letter of 2 April asks for it.").state == "approved"


def test_a_draft_that_breaks_no_own_case_needs_no_reason(world):
    add(world, case())
    harmless = PHYSICIAN_CALLS | {"key": "max_units_99458", "value": 1}
    draft = submitted(world, departures=[harmless])
    assert own_cases.broken_by(draft) == (1, [])
    assert decide(world, draft).state == "approved"


@pytest.mark.slow
def test_the_pages_add_show_and_withdraw_cases_and_a_draft_shows_what_breaks(world):
    manager, biller = signed_in(world.user("manager")), signed_in(world.user("biller"))
    typed = {"payer": "", "text": json.dumps([case(title="<b>Ours</b>")])}
    assert biller.post("/policies/cases/add/", typed).status_code == 403
    bad = manager.post("/policies/cases/add/", {"payer": "", "text": "<script>"})
    assert bad.status_code == 422
    assert "No case was added." in bad.content.decode()
    assert "&lt;script&gt;" in bad.content.decode()
    assert manager.post("/policies/cases/add/", typed).status_code == 302
    page = biller.get("/policies/cases/").content.decode()
    assert "&lt;b&gt;Ours&lt;/b&gt;" in page
    assert "as expected" in page
    assert "0 of 1 with other lines than expected" in page
    draft = submitted(world)
    assert "1 of 1 own case would break" in manager.get(f"/policies/drafts/{draft.public_id}/").content.decode()
    address = f"/policies/cases/{OwnCase.objects.get().public_id}/withdraw/"
    assert signed_in(world.other.user("manager")).post(address).status_code == 404
    assert manager.post(address).status_code == 302
    assert "No own cases yet" in biller.get("/policies/cases/").content.decode()
