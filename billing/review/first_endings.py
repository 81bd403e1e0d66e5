"""What ends first for an enrollment: a document, or the month with management time or a live call still missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from billing.facts.case_files import CaseFile
from billing.review.code_status import Status
from billing.review.ending_papers import ending_papers
from billing.rules import Decision
from billing.rules.policy import PolicyGap
from enrollment.documents_in_force import DocumentsInForce
from enrollment.models import Coverage, Enrollment, Order
from rpm_portal.core.days import Month


class FirstEnding(NamedTuple):
    """The last day of something, in words that name it and what to do."""

    on: date
    what: str


class Renewed(NamedTuple):
    """Whether an order and a coverage begin after the month: the present ones do not have to be renewed."""

    order: bool
    coverage: bool


NOT_RENEWED = Renewed(order=False, coverage=False)


def renewed(enrollment_ids: Iterable[int], *, month: Month) -> dict[int, Renewed]:
    """Which enrollments have an order or a coverage that begins after the month. One statement.

    The facts of a month do not include them, because they decide nothing in it.
    """
    later = {"starts_on__gt": month.last_day}
    rows = Enrollment.objects.filter(pk__any_of=list(enrollment_ids)).values_list(
        "pk",
        Exists(Order.objects.filter(enrollment=OuterRef("pk"), **later)),
        Exists(Coverage.objects.filter(patient=OuterRef("patient"), **later)),
    )
    return {pk: Renewed(order, coverage) for pk, order, coverage in rows}


def document_endings(
    decided: Mapping[int, tuple[CaseFile, Decision]], *, month: Month, today: date
) -> dict[int, list[FirstEnding]]:
    """The documents of each enrollment that are in force today and end, earliest first. One or two statements."""
    after = renewed(decided, month=month)
    endings: dict[int, list[FirstEnding]] = defaultdict(list)
    for pk, (file, _) in decided.items():
        endings[pk] += _of_documents(file, after.get(pk, NOT_RENEWED), today=today)
    for pk, on, what in ending_papers([file.papers for file, _ in decided.values()], month):
        if on >= today:
            endings[pk].append(FirstEnding(on, what))
    return {pk: sorted(rows) for pk, rows in endings.items()}


def _of_documents(file: CaseFile, after: Renewed, *, today: date) -> Iterator[FirstEnding]:
    papers = file.papers
    if papers.order is not None and papers.ordered_to is not None and papers.ordered_to >= today and not after.order:
        yield FirstEnding(papers.ordered_to, "The order ends. Have a new order signed.")
    covered = [row.ends_on or date.max for row in papers.coverages if row.starts_on <= today]
    if covered and today <= max(covered) < date.max and not after.coverage and not _is_covered_later(papers, today):
        yield FirstEnding(max(covered), "The coverage ends. Ask for the new card.")
    if (expires := consent_expires_on(file, today=today)) is not None and expires >= today:
        yield FirstEnding(expires, "The consent expires under this payer's rules. Obtain a new one.")


def _is_covered_later(papers: DocumentsInForce, today: date) -> bool:
    return any(row.starts_on > today for row in papers.coverages)


def consent_expires_on(file: CaseFile, *, today: date) -> date | None:
    """The last day on which the newest consent is valid; None if the payer's rules set no limit."""
    given = [row.given_on for row in file.papers.consents if row.withdrawn_on is None]
    try:
        months = file.policy.at("consent_valid_months", today)
    except PolicyGap:
        return None
    if months is None or not given:
        return None
    return _months_later(max(given), int(months))


def _months_later(day: date, months: int) -> date:
    """The day before the consent is `months` months old (`eligibility.consent`)."""
    month = Month.of(day).plus(months)
    same_day = min(day.day, month.last_day.day)
    return date.fromordinal(month.first_day.replace(day=same_day).toordinal() - 1)


def month_ending(decision: Decision, statuses: Iterable[Status], *, month: Month) -> FirstEnding | None:
    """The last day on which missing management time or a live call can be supplied, if any is missing."""
    needs = next((row.text for row in statuses if row.component == "management" and row.word == "Needs"), "")
    if not needs:
        return None
    days = [row.until for row in decision.blockers if row.component == "management" and row.until is not None]
    on = min(days, default=month.last_day)
    return FirstEnding(on, f"Needs {needs} before the month ends.")
