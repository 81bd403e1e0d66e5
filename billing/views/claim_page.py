"""View of one claim: its versions with their answers in order, and where each dollar of it is."""

from dataclasses import dataclass
from typing import TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.answers.code_words import answer_words
from billing.answers.reasons import in_words
from billing.ledger.balances import Balance, total_of
from billing.models import REJECTED_STATES, Answer, Claim, ClaimVersion, LedgerEntry, Level, LineBalance
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month

Said = list[tuple[Answer, list[str]]]


@dataclass(frozen=True, slots=True)
class VersionStory:
    """One version, and what was said of it in the payers' order, in words."""

    version: ClaimVersion
    said: Said

    @property
    def processed_though_rejected(self) -> bool:
        """Whether a payment outranks a rejection on the way to the payer."""
        levels = {answer.level for answer, _ in self.said}
        return Level.PAYMENT in levels and any(answer.status in REJECTED_STATES for answer, _ in self.said)


class ClaimContext(TypedDict):
    """One claim: versions with what was said of each, the balance by line, and the entries."""

    claim: Claim
    month: Month
    versions: list[VersionStory]
    balances: list[LineBalance]
    total: Balance
    entries: list[LedgerEntry]


@allow(Permission.SEE_MONTHS)
@require_GET
def claim(request: PortalRequest, public_id: str) -> HttpResponse:
    """One claim from its first version to its last answer, with its ledger."""
    rows: QuerySet[Claim] = Claim.objects.for_practice(request.practice)
    row = get_object_or_404(rows.select_related("patient", "payer", "close"), public_id=public_id)
    balances = list(row.balances.select_related("line").order_by("payer_rank", "line__dos", "line__code"))
    context: ClaimContext = {
        "claim": row,
        "month": Month.of(row.close.month),
        "versions": _versions(row),
        "balances": balances,
        "total": total_of(balances),
        "entries": list(row.entries.select_related("line", "version", "posted_by").defer("version__content")),
    }
    record_access(request, "read_claim", now=timezone.now(), subject=f"claim:{row.public_id}")
    return render(request, "billing/claim.html", context)


def _versions(claim: Claim) -> list[VersionStory]:
    versions = claim.versions.select_related("submission").defer("content", "submission__body").order_by("-number")
    answers = Answer.objects.filter(version__claim=claim).select_related("line", "transaction")
    of_files = Answer.objects.filter(submission__versions__claim=claim).select_related("transaction")
    said = sorted([*answers, *of_files], key=lambda answer: (answer.on, answer.order, answer.pk))
    return [
        VersionStory(version, [(answer, _words(answer)) for answer in said if _is_about(answer, version)])
        for version in versions
    ]


def _is_about(answer: Answer, version: ClaimVersion) -> bool:
    return answer.version_id == version.pk or answer.submission_id == version.submission_id


def _words(answer: Answer) -> list[str]:
    words = [in_words(reason) for reason in answer.reasons] + answer_words(answer.codes)
    return words + ([answer.note] if answer.note else [])
