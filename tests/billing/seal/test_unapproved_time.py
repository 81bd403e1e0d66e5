"""Where the practice asks for approval, a line that depends on time nobody approved is not locked."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import ClaimLine
from billing.seal.services import prepare_seal, waiting_for
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import AFTER, approve_all, compute, worked  # noqa: F401 - a fixture
from timetracking.models import TimeEntry, TimePolicy
from timetracking.staff_days.approvals import approve_day


@pytest.fixture
def close(worked):  # noqa: F811
    close = compute(worked)
    approve_all(close, worked)
    return close


def test_without_the_policy_no_line_waits(worked, close):  # noqa: F811
    assert waiting_for(close).unapproved_lines == frozenset()
    TimePolicy.objects.create(practice=worked.other.practice, time_approved=True)
    assert waiting_for(close).nothing


def test_only_the_lines_with_unapproved_time_wait_until_a_second_person_approves(worked, close):  # noqa: F811
    TimePolicy.objects.create(practice=worked.practice, time_approved=True)
    (line,) = waiting_for(close).unapproved_lines
    assert ClaimLine.objects.get(pk=line).code == "99457"
    with pytest.raises(Refused, match="1 line depends on time without approval"):
        prepare_seal(close=close, by=worked.members["manager"], now=AFTER)
    client = Client()
    client.force_login(worked.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = client.get(reverse("billing:month", args=["2026-03"]) + "?show=unapproved").content.decode()
    assert "no second person has approved" in page

    for day in {entry.started_at.date() for entry in TimeEntry.objects.filter(practice=worked.practice)}:
        approve_day(
            practice=worked.practice, staff=worked.user("clinical_staff"), on=day, by=worked.members["manager"],
            now=AFTER,
        )  # fmt: skip
    assert prepare_seal(close=close, by=worked.members["manager"], now=AFTER)
