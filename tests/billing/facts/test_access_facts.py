"""From recorded alignments and updates of the ACCESS model to the lines of August 2026."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from billing.facts.as_of import decided_as_of
from enrollment import services as enrollment
from enrollment.models import AccessAlignment, AccessUpdate
from rpm_portal.core.days import Month
from tests.billing.close.test_close import compute
from tests.billing.close.test_portal_paths import billed, findings_of
from tests.builders import at
from tests.test_access import signed_in

AUGUST, AFTER, BEGAN = Month(2026, 8), at("2026-09-03"), date(2026, 7, 5)
MANAGED = ("99457", "2026-08-31")


@pytest.fixture
def worked(world):
    """Twenty-five minutes with a live call on August 12 earn 99457."""
    world.work("2026-08-12", 1500)
    world.call("2026-08-12")
    return world


def record(world, model, *, now=AFTER, **values):
    return enrollment.record_fact(
        model, patient=world.patient, source="list of CMS", by=world.user("biller"), now=now, **values
    )


def align(world, participant="other", *, starts_on=BEGAN, ends_on=None, track="CKM", **more):
    organization = "Heart Digital" if participant == "other" else ""
    values = {"participant": participant, "organization": organization, "track": track} | more
    return record(world, AccessAlignment, starts_on=starts_on, ends_on=ends_on, **values)


def review(world, done_on=date(2026, 8, 14), received_on=date(2026, 8, 12), *, track="CKM", kind="start"):
    return record(world, AccessUpdate, track=track, kind=kind, received_on=received_on, done_on=done_on)


def lines(world):
    return billed(compute(world, month=AUGUST, now=AFTER))


def found(world):
    return findings_of(world, month=AUGUST, after=date(2026, 9, 3))


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "may_bill"),
    [
        (date(2026, 8, 31), None, False),
        (date(2026, 9, 1), None, True),
        (BEGAN, date(2026, 8, 30), True),
        (BEGAN, date(2026, 8, 31), False),
    ],
)
def test_a_participant_bills_nothing_dated_while_the_patient_is_aligned_with_it(worked, starts_on, ends_on, may_bill):
    assert lines(worked) == [MANAGED]
    align(worked, "ours", starts_on=starts_on, ends_on=ends_on)
    assert lines(worked) == ([MANAGED] if may_bill else [])
    assert ("ACCESS_PARTICIPANT" in found(worked)) is not may_bill


def test_a_patient_aligned_with_another_organization_is_billed_with_a_note_of_it(worked):
    align(worked)
    assert lines(worked) == [MANAGED]
    assert "aligned with Heart Digital" in found(worked)["ACCESS_ALIGNED_ELSEWHERE"].sentence


def test_a_withdrawn_alignment_counts_as_none(worked):
    row = align(worked, "ours")
    enrollment.withdraw_fact(row, reason="wrong patient", by=worked.user("biller"), now=AFTER)
    assert lines(worked) == [MANAGED]


def test_a_reviewed_update_is_a_claim_line_of_its_day(worked):
    align(worked)
    review(worked)
    close = compute(worked, month=AUGUST, now=AFTER)
    assert billed(close) == [("G0676", "2026-08-14"), MANAGED]
    line = close.lines.get(code="G0676")
    assert (line.component, line.flags, line.period_start) == ("access", ["first"], None)
    assert [reason["code"] for reason in line.because] == ["ACCESS_COMANAGEMENT_MET"]
    september = compute(worked, month=Month(2026, 9), now=at("2026-10-03"))
    assert "G0676" not in dict(billed(september)), "an update of August is no line of September"


def test_a_later_alignment_changes_no_line_dated_before_it(worked):
    before = compute(worked, month=AUGUST, now=AFTER)
    digests = list(before.lines.values_list("pk", "digest"))
    align(worked, "ours", starts_on=date(2026, 9, 1))
    after = compute(worked, month=AUGUST, now=AFTER)
    assert list(after.lines.exclude(state="void").values_list("pk", "digest")) == digests


def test_the_month_as_of_a_moment_has_the_alignment_on_file_then(worked):
    during = at("2026-08-20")
    align(worked, "ours", starts_on=date(2026, 8, 1))
    _, before = decided_as_of(worked.practice, worked.enrollment, moment=during)
    assert "ACCESS_PARTICIPANT" not in {finding.code for finding in before.findings}
    row = AccessAlignment.objects.get()
    enrollment.withdraw_fact(row, reason="enter again", by=worked.user("biller"), now=AFTER)
    record(
        worked, AccessAlignment, now=at("2026-08-19"), participant="ours", organization="", track="CKM",
        starts_on=date(2026, 8, 1),
    )  # fmt: skip
    _, after = decided_as_of(worked.practice, worked.enrollment, moment=during)
    assert "ACCESS_PARTICIPANT" in {finding.code for finding in after.findings}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"starts_on": date(2026, 7, 4)}, "began on July 5, 2026"),
        ({"organization": " "}, "Enter the organization"),
        ({"ends_on": date(2026, 7, 4)}, "The last day is before the first"),
        ({"track": "HEART"}, "not a valid choice"),
    ],
)
def test_alignments_that_cannot_be_are_refused(world, values, message):
    with pytest.raises(ValidationError, match=message):
        align(world, **values)
    assert not AccessAlignment.objects.exists()


@pytest.mark.parametrize(
    ("track", "starts_on", "refused"),
    [("CKM", date(2026, 7, 31), True), ("CKM", date(2026, 8, 1), False), ("MSK", date(2026, 7, 31), False)],
)
def test_two_alignments_of_a_track_do_not_overlap(world, track, starts_on, refused):
    align(world, ends_on=date(2026, 7, 31))
    if refused:
        with pytest.raises(ValidationError, match="covers these days"):
            align(world, starts_on=starts_on, track=track)
    else:
        align(world, starts_on=starts_on, track=track)
    assert AccessAlignment.objects.count() == 2 - refused


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"received_on": date(2026, 7, 4)}, "began on July 5, 2026"),
        ({"received_on": date(2026, 8, 15)}, "reviewed before it came"),
        ({"done_on": date(2026, 9, 4)}, "Enter the update once it was reviewed"),
        ({"kind": "news"}, "not a valid choice"),
    ],
)
def test_updates_that_cannot_be_are_refused(world, values, message):
    with pytest.raises(ValidationError, match=message):
        review(world, **values)
    assert not AccessUpdate.objects.exists()


def test_an_update_is_recorded_once(world):
    review(world)
    with pytest.raises(ValidationError, match="is on file"):
        review(world, done_on=date(2026, 8, 20))
    review(world, kind="transition")
    with pytest.raises(IntegrityError, match="reviewed_after_it_came"), transaction.atomic():
        row = AccessUpdate(practice=world.practice, patient=world.patient, track="CKM", kind="start", source="x")
        row.received_on, row.done_on = date(2026, 8, 2), date(2026, 8, 1)
        row.recorded_by, row.recorded_at = world.user("biller"), AFTER
        row.save()


def test_the_page_records_both_and_shows_them(world):
    biller, auditor = signed_in(world.user("biller")), signed_in(world.user("auditor"))
    aligned = {
        "participant": "other", "organization": "Heart <i>Digital</i>", "track": "CKM", "starts_on": "2026-07-05",
        "source": "list of CMS",
    }  # fmt: skip
    reviewed = {
        "track": "CKM", "kind": "start", "received_on": "2026-08-12", "done_on": "2026-08-14", "source": "letter",
    }  # fmt: skip
    with time_machine.travel(AFTER, tick=False):
        for kind, values in (("alignment", aligned), ("update", reviewed)):
            address = reverse("enroll:record_fact", args=[world.enrollment.public_id, kind])
            assert auditor.post(address, values).status_code == 403
            assert biller.post(address, values).status_code == 302
        other = reverse("enroll:record_fact", args=[world.other.enrollment.public_id, "alignment"])
        assert biller.post(other, aligned).status_code == 404
        page = biller.get(reverse("enroll:facts", args=[world.enrollment.public_id])).content.decode()
    assert "CKM with Heart &lt;i&gt;Digital&lt;/i&gt;, from Jul 5, 2026" in page
    assert "CKM, the start of care, received Aug 12, 2026, reviewed Aug 14, 2026" in page
