"""What a few typed letters or a number lead to. Five statements at most, each along an index."""

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse

from billing.models import Claim, ClaimLine
from enrollment.models import Coverage, Device, Order, Patient
from rpm_portal.accounts.models import Practice
from rpm_portal.core.access import Permission, may
from rpm_portal.core.db.encrypted_fields import blind

FEW = 8
_NUMBER = re.compile(r"#?(\d{1,9})\Z")
_CLAIM = re.compile(r"[0-9a-z]{12}\Z")
_MEMBER = re.compile(r"[0-9A-Za-z -]{6,30}\Z")
_SERIAL = re.compile(r"[0-9A-Za-z-]{4,40}\Z")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One thing that was found: its kind, name, what tells it from the others, and where it is."""

    kind: str
    name: str
    about: str
    url: str


def find(practice: Practice, words: str, *, role: str, today: date) -> list[SearchResult]:
    """Patients of whom every word begins something; devices, orders and claims by their number.

    Only what the role may open is looked for.
    """
    words = words.strip()
    if not words:
        return []
    found = _patients(practice, words, today=today)
    if not found and _MEMBER.match(words):
        found = _members(practice, words, today=today)
    if may(role, Permission.ENROLL) and _SERIAL.match(words):
        found += _devices(practice, words)
    if number := _NUMBER.match(words):
        found += _orders(practice, int(number[1]))
    if may(role, Permission.SEE_MONTHS) and _CLAIM.match(words):
        found += _claims(practice, words)
    return found


def _patients(practice: Practice, words: str, *, today: date) -> list[SearchResult]:
    rows = Patient.objects.for_practice(practice).filter(merged_into__isnull=True)
    return _shown(rows.matching(words, practice=practice.pk), today=today)


def _members(practice: Practice, words: str, *, today: date) -> list[SearchResult]:
    """The whole number of a card, found by its blind index."""
    index = blind(practice.pk, words.replace("-", "").replace(" ", "").upper())
    covered = Coverage.objects.for_practice(practice).filter(member_index=index)
    rows = Patient.objects.for_practice(practice).filter(merged_into__isnull=True, pk__in=covered.values("patient"))
    return _shown(rows, today=today)


def _shown(rows: QuerySet[Patient], *, today: date) -> list[SearchResult]:
    found = []
    for row in rows.order_by("family_name", "given_name", "pk")[:FEW]:
        about = f"born {row.born_on.day} {row.born_on:%b %Y} ({row.age_on(today)} y), record {row.mrn}"
        found.append(SearchResult("patient", str(row), about, reverse("chart", args=[row.public_id])))
    return found


def _devices(practice: Practice, words: str) -> list[SearchResult]:
    rows = Device.objects.for_practice(practice).filter(serial__startswith=words).select_related("model")
    return [
        SearchResult("device", row.serial, str(row.model.name), reverse("enrollment:device", args=[row.public_id]))
        for row in rows.order_by("serial")[:FEW]
    ]


def _orders(practice: Practice, number: int) -> list[SearchResult]:
    rows = Order.objects.for_practice(practice).filter(number=number).select_related("enrollment__patient")
    found = []
    for row in rows.order_by("pk")[:FEW]:
        about = f"{row.enrollment.patient}, {row.measures}"
        found.append(
            SearchResult("order", f"No. {row.number}", about, reverse("enrollment:order", args=[row.public_id]))
        )
    return found


def _claims(practice: Practice, public_id: str) -> list[SearchResult]:
    claim = Claim.objects.for_practice(practice).filter(public_id=public_id).select_related("patient", "close").first()
    line = ClaimLine.objects.filter(claim=claim).order_by("pk").first() if claim else None
    if claim is None or line is None:
        return []
    about = f"{claim.patient}, {claim.close.month:%B %Y}"
    return [SearchResult("claim", claim.public_id, about, reverse("billing:line", args=[line.public_id]))]
