"""Saved reports: a person's own, and those that colleagues share in the practice."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.tenancy import PracticeQuerySet
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.reports.catalog import SUBJECTS
from rpm_portal.pages.reports.definition import ReportDefinition
from rpm_portal.pages.reports.models import SavedReport

MAX_SAVED = 100


def saved_reports(member: Membership) -> PracticeQuerySet:
    """The reports that a member may open: own and shared ones, of subjects that the role may read. One statement."""
    subjects = [subject.name for subject in SUBJECTS.values() if subject.is_open_to(member)]
    rows = SavedReport.objects.for_practice(member.practice).filter(subject__in=subjects)
    return rows.filter(Q(owner=member.user_id) | Q(is_shared=True)).select_related("owner")


@transaction.atomic
def save_report(
    *, definition: ReportDefinition, name: str, is_shared: bool, by: Membership, now: datetime
) -> SavedReport:
    """Save a report under a name; the person's report of that name is replaced. Raises Refused."""
    name = name.replace("\x00", "").strip()[:60]
    if not name:
        raise Refused("Enter a name for the report.")
    if not definition.subject.is_open_to(by):
        raise Refused("Your role has no reports of this subject. Choose another one.")
    own = SavedReport.objects.for_practice(by.practice).filter(owner=by.user)
    if not own.filter(name=name).exists() and own.count() >= MAX_SAVED:
        raise Refused(f"You have saved {MAX_SAVED} reports. Remove one first.")
    values = {
        "subject": definition.subject.name,
        "query": definition.query[:2000],
        "is_shared": is_shared,
        "saved_at": now,
    }
    report: SavedReport
    report, _ = SavedReport.objects.update_or_create(practice=by.practice, owner=by.user, name=name, defaults=values)
    record_change(report, "save_report", by=by, now=now, shared=is_shared)
    return report


@transaction.atomic
def remove_report(*, report: SavedReport, by: Membership, now: datetime) -> None:
    """Delete one's own saved report. Raises Refused for another person's."""
    if report.owner_id != by.user_id:
        raise Refused("Only the person who saved a report removes it.")
    record_change(report, "remove_report", by=by, now=now)
    report.delete()
