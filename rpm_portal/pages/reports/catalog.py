"""All subjects of reports."""

from rpm_portal.pages.reports.subject import ReportSubject
from rpm_portal.pages.reports.subjects.adherence import ADHERENCE
from rpm_portal.pages.reports.subjects.balances import BALANCES
from rpm_portal.pages.reports.subjects.claim_lines import CLAIM_LINES
from rpm_portal.pages.reports.subjects.ledger_entries import LEDGER_ENTRIES
from rpm_portal.pages.reports.subjects.staff_time import STAFF_TIME

SUBJECTS: dict[str, ReportSubject] = {
    subject.name: subject for subject in (CLAIM_LINES, BALANCES, LEDGER_ENTRIES, STAFF_TIME, ADHERENCE)
}
