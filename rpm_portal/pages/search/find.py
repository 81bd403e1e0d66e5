"""Search results for a few letters or a number. At most five statements, each of which uses an index."""

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse

from billing.models import Claim, ClaimLine
from enrollment.models import Coverage, Device, Order, Patient
from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import Permission, may
from rpm_portal.core.days import day_words
from rpm_portal.core.db.encrypted_fields import blind_index

MAX_RESULTS_PER_KIND = 8
_NUMBER = re.compile(r"(?:order\s*)?(?:no\.?\s*)?#?(\d{1,9})\Z", re.IGNORECASE)
_CLAIM = re.compile(r"[0-9a-z]{12}\Z")
_MEMBER = re.compile(r"[0-9A-Za-z -]{6,30}\Z")
_SERIAL = re.compile(r"[0-9A-Za-z-]{4,40}\Z")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One search result: its kind, name, a distinguishing description, and URL."""

    kind: str
    name: str
    about: str
    url: str


def find(practice: Practice, words: str, *, role: str, today: date) -> list[SearchResult]:
    """Patients in whose names or numbers each word is a prefix; devices, orders and claims by their number.

    Searches only what the role may open.
    """
    words = words.strip()
    if not words:
        return []
    results = _patients(practice, words, today=today)
    if not results and _MEMBER.match(words):
        results = _patients_by_member_id(practice, words, today=today)
    if may(role, Permission.ENROLL) and _SERIAL.match(words):
        results += _devices(practice, words)
    if number := _NUMBER.match(words):
        results += _orders(practice, int(number[1]))
    if may(role, Permission.SEE_MONTHS) and _CLAIM.match(words):
        results += _claims(practice, words)
    return results


def _patients(practice: Practice, words: str, *, today: date) -> list[SearchResult]:
    rows = Patient.objects.for_practice(practice).filter(merged_into__isnull=True)
    return _results_of(rows.matching(words, practice=practice.pk), today=today)


def _patients_by_member_id(practice: Practice, words: str, *, today: date) -> list[SearchResult]:
    """Patients with this complete member ID, by its blind index."""
    index = blind_index(practice.pk, words.replace("-", "").replace(" ", "").upper())
    covered = Coverage.objects.for_practice(practice).filter(member_index=index)
    rows = Patient.objects.for_practice(practice).filter(merged_into__isnull=True, pk__in=covered.values("patient"))
    return _results_of(rows, today=today)


def _results_of(rows: QuerySet[Patient], *, today: date) -> list[SearchResult]:
    results = []
    for row in rows.order_by("family_name", "given_name", "pk")[:MAX_RESULTS_PER_KIND]:
        about = f"DOB {day_words(row.born_on)} ({row.age_on(today)} y), MRN {row.mrn}"
        results.append(SearchResult("patient", str(row), about, reverse("chart", args=[row.public_id])))
    return results


def _devices(practice: Practice, words: str) -> list[SearchResult]:
    rows = Device.objects.for_practice(practice).filter(serial__startswith=words).select_related("model")
    return [
        SearchResult("device", row.serial, str(row.model.name), reverse("enrollment:device", args=[row.public_id]))
        for row in rows.order_by("serial")[:MAX_RESULTS_PER_KIND]
    ]


def _orders(practice: Practice, number: int) -> list[SearchResult]:
    rows = Order.objects.for_practice(practice).filter(number=number).select_related("enrollment__patient")
    results = []
    for row in rows.order_by("pk")[:MAX_RESULTS_PER_KIND]:
        about = f"{row.enrollment.patient}, {row.measures}"
        results.append(
            SearchResult("order", f"No. {row.number}", about, reverse("enrollment:order", args=[row.public_id]))
        )
    return results


def _claims(practice: Practice, public_id: str) -> list[SearchResult]:
    claim = Claim.objects.for_practice(practice).filter(public_id=public_id).select_related("patient", "close").first()
    line = ClaimLine.objects.filter(claim=claim).order_by("pk").first() if claim else None
    if claim is None or line is None:
        return []
    about = f"{claim.patient}, {claim.close.month:%B %Y}"
    return [SearchResult("claim", claim.public_id, about, reverse("billing:line", args=[line.public_id]))]
