"""At the review of a month: the patients who were not asked about other practices, with a one-step answer."""

from datetime import date

import pytest
import time_machine

from billing.models import ClaimLine
from billing.review.not_asked import not_asked, record_answer
from enrollment import services
from enrollment.models import OtherBillingAnswer
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, compute
from tests.builders import at
from tests.test_access import signed_in

NOT_ASKED, ASKED = "OTHER_PRACTITIONER_NOT_ASKED", "NO_OTHER_PRACTITIONER_ASKED"


@pytest.fixture
def close(world):
    world.work("2026-03-12", 1500)
    world.call("2026-03-12")
    return compute(world)


def codes_of_reasons(close):
    line = ClaimLine.objects.exclude(state="void").get(close=close)
    return {reason["code"] for reason in line.because}


def answer(world, close, *, asked_on=date(2026, 4, 2), given="none"):
    record_answer(
        close=close, enrollment=world.enrollment, asked_on=asked_on, answer=given, by=world.members["biller"], now=AFTER
    )


def test_a_patient_with_a_line_and_no_answer_is_listed_and_the_line_says_so(world, close):
    assert list(not_asked(close)) == [world.enrollment]
    assert NOT_ASKED in codes_of_reasons(close)
    answer(world, close)
    assert list(not_asked(close)) == []
    close = compute(world)
    reasons = codes_of_reasons(close)
    assert (ASKED in reasons, NOT_ASKED in reasons) == (True, False)


def test_a_patient_without_a_line_in_force_is_not_listed(world, close):
    ClaimLine.objects.filter(close=close).update(state="dropped")
    assert list(not_asked(close)) == []


def test_a_patient_asked_at_enrollment_is_not_listed(world, close):
    services.change_enrollment(
        enrollment=world.enrollment, reason="asked", by=world.user("clinical_staff"), now=AFTER, other_monitoring="no"
    )
    assert list(not_asked(close)) == []


def test_a_withdrawn_answer_counts_as_none(world, close):
    answer(world, close)
    services.withdraw_fact(
        OtherBillingAnswer.objects.get(), reason="asked another patient", by=world.user("biller"), now=AFTER
    )
    assert list(not_asked(close)) == [world.enrollment]


@pytest.mark.parametrize(("asked_on", "concerns"), [(date(2026, 5, 1), True), (date(2026, 5, 2), False)])
def test_an_answer_concerns_the_month_until_31_days_after_it(world, close, asked_on, concerns):
    now = at("2026-05-03")
    values = {
        "close": close,
        "enrollment": world.enrollment,
        "answer": "none",
        "by": world.members["biller"],
        "now": now,
    }
    if concerns:
        record_answer(asked_on=asked_on, **values)
    else:
        with pytest.raises(Refused, match="after May 1, 2026 no longer concerns"):
            record_answer(asked_on=asked_on, **values)
    assert OtherBillingAnswer.objects.exists() == concerns


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"asked_on": None}, "Enter the day"),
        ({"asked_on": date(2026, 4, 4)}, "in the future"),
        ({"given": "maybe"}, "Choose an answer"),
        ({"given": ""}, "Choose an answer"),
    ],
)
def test_answers_that_cannot_be_are_refused(world, close, more, message):
    with pytest.raises(Refused, match=message):
        answer(world, close, **more)
    assert not OtherBillingAnswer.objects.exists()


def test_the_page_takes_the_answer_in_one_step(world, close):
    address = f"/months/2026-03/not-asked/{world.enrollment.public_id}/"
    with time_machine.travel(AFTER, tick=False):
        biller, auditor = signed_in(world.user("biller")), signed_in(world.user("auditor"))
        assert "/months/2026-03/not-asked/" in biller.get("/months/2026-03/").content.decode()
        page = biller.get("/months/2026-03/not-asked/").content.decode()
        assert "ORTEGA" in page
        assert 'value="2026-04-03"' in page
        assert Event.objects.get(action="list_not_asked").detail == {"count": 1}
        assert auditor.post(address, {"answer": "none", "asked_on": "2026-04-02"}).status_code == 403
        wrong = biller.post(address, {"answer": "none", "asked_on": "<b>"})
        assert wrong.status_code == 422
        assert "Enter the day" in wrong.content.decode()
        assert biller.post(address, {"answer": "none", "asked_on": "2026-04-02"}).url == "/months/2026-03/not-asked/"
        row = OtherBillingAnswer.objects.get()
        assert (row.answer, row.asked_of, row.source) == ("none", "patient", "asked at the review of March 2026")
        assert "Everybody with a line" in biller.get("/months/2026-03/not-asked/").content.decode()


def test_yes_leads_to_the_claims_of_the_other_practice(world, close):
    with time_machine.travel(AFTER, tick=False):
        answered = signed_in(world.user("biller")).post(
            f"/months/2026-03/not-asked/{world.enrollment.public_id}/", {"answer": "some", "asked_on": "2026-04-02"}
        )
    assert answered.url.endswith("#section-claim")
    assert OtherBillingAnswer.objects.get().answer == "some"


def test_another_practices_enrollment_is_not_found(world, close):
    address = f"/months/2026-03/not-asked/{world.other.enrollment.public_id}/"
    answered = signed_in(world.user("biller")).post(address, {"answer": "none", "asked_on": "2026-04-02"})
    assert answered.status_code == 404
