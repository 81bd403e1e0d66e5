"""The archive for a practice-management system: new charges, new postings, and the remittances unchanged."""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from billing.claims.posting_lock import lock_posting
from billing.models import AnswerFile, EntryKind, HandedEntry, HandedFile, HandOver, LedgerEntry, PostingVerdict
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import csv_text

MAX_SYSTEM = 40
CHARGE_COLUMNS = [
    "entry_id",
    "claim_number",
    "line_id",
    "record_number",
    "patient",
    "date_of_birth",
    "payer",
    "provider_npi",
    "code",
    "modifiers",
    "units",
    "date_of_service",
    "amount",
    "posted_on",
]
POSTING_COLUMNS = [
    "entry_id",
    "claim_number",
    "line_id",
    "record_number",
    "payer",
    "code",
    "date_of_service",
    "kind",
    "group",
    "reason",
    "amount",
    "effective_on",
    "check",
    "posted_on",
]


def new_entries(practice: Practice, system: str) -> QuerySet[LedgerEntry]:
    """The ledger entries that a system has not got."""
    handed = HandedEntry.objects.filter(entry=OuterRef("pk"), system=system)
    rows: QuerySet[LedgerEntry] = LedgerEntry.objects.for_practice(practice).filter(~Exists(handed)).order_by("pk")
    return rows


def new_files(practice: Practice, system: str) -> QuerySet[AnswerFile]:
    """The files with a posted 835 that a system has not got, also those that pay none of our claims."""
    handed = HandedFile.objects.filter(file=OuterRef("pk"), system=system)
    rows: QuerySet[AnswerFile] = AnswerFile.objects.for_practice(practice).filter(~Exists(handed))
    rows = rows.filter(transactions__kind="835").exclude(transactions__verdict=PostingVerdict.TRIAL)
    return rows.distinct().order_by("pk")


def systems_of(practice: Practice) -> list[str]:
    """The names of the systems that got something before. One statement."""
    rows = HandOver.objects.for_practice(practice).order_by("system").values_list("system", flat=True)
    return list(rows.distinct())


@transaction.atomic
def make_hand_over(*, system: str, by: Membership, now: datetime) -> HandOver:
    """Write the archive of what is new for a system. Raises Refused without a name, or if nothing is new."""
    name = " ".join(system.replace("\x00", "").split())[:MAX_SYSTEM]
    if not name:
        raise Refused("Enter the name of the practice-management system.")
    lock_posting(by.practice_id)
    entries = list(_related(new_entries(by.practice, name)))
    files = list(new_files(by.practice, name))
    if not entries and not files:
        raise Refused(f"Nothing is new for {name} since the last file.")
    row = _hand_over(name, entries, files, by=by, now=now)
    HandedEntry.objects.bulk_create(
        (HandedEntry(practice=by.practice, hand_over=row, system=name, entry=one) for one in entries), batch_size=2000
    )
    HandedFile.objects.bulk_create(
        HandedFile(practice=by.practice, hand_over=row, system=name, file=one) for one in files
    )
    record_change(row, "make_hand_over", by=by, now=now, entries=len(entries), remittances=len(files))
    return row


def _related(entries: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    related = ("claim__patient", "claim__payer", "claim__billing_provider__user", "line", "version")
    return entries.select_related(*related, "answer__transaction").defer("version__content")


def _hand_over(
    system: str, entries: list[LedgerEntry], files: list[AnswerFile], *, by: Membership, now: datetime
) -> HandOver:
    charges = [one for one in entries if one.kind == EntryKind.CHARGE]
    postings = [one for one in entries if one.kind != EntryKind.CHARGE]
    body = archive(charges, postings, files)
    last = HandOver.objects.filter(practice=by.practice, system=system).aggregate(last=Max("number"))["last"] or 0
    row: HandOver = HandOver.objects.create(
        practice=by.practice,
        system=system,
        number=last + 1,
        made_at=now,
        made_by=by.user,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        charges=len(charges),
        charges_total=sum((one.amount for one in charges), Decimal()),
        postings=len(postings),
        postings_total=sum((one.amount for one in postings if one.kind == EntryKind.PAYMENT), Decimal()),
        remittances=len(files),
    )
    return row


def archive(charges: Iterable[LedgerEntry], postings: Iterable[LedgerEntry], files: Iterable[AnswerFile]) -> bytes:
    """A ZIP with `charges.csv`, `postings.csv` and the remittances byte for byte. The same rows give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        _add(target, "charges.csv", csv_text(CHARGE_COLUMNS, map(_charge, charges)).encode())
        _add(target, "postings.csv", csv_text(POSTING_COLUMNS, map(_posting, postings)).encode())
        for file in files:
            _add(target, f"remittances/{file.public_id}.835", bytes(file.body))
    return out.getvalue()


def _add(target: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    target.writestr(entry, body)


def _charge(entry: LedgerEntry) -> list[object]:
    line, claim = entry.line, entry.claim
    return [
        entry.pk,
        entry.version.control,
        line.public_id if line else "",
        claim.patient.mrn,
        str(claim.patient),
        claim.patient.born_on,
        claim.payer.name if claim.payer else "",
        claim.billing_provider.npi,
        line.code if line else "",
        " ".join(line.modifiers) if line else "",
        line.units if line else "",
        line.dos if line else "",
        entry.amount,
        entry.posted_at.date(),
    ]


def _posting(entry: LedgerEntry) -> list[object]:
    line, claim, answer = entry.line, entry.claim, entry.answer
    return [
        entry.pk,
        entry.version.control,
        line.public_id if line else "",
        claim.patient.mrn,
        claim.payer.name if claim.payer else "",
        line.code if line else "",
        line.dos if line else "",
        entry.kind,
        entry.group,
        entry.reason,
        entry.amount,
        entry.on,
        answer.transaction.trace if answer and answer.transaction else "",
        entry.posted_at.date(),
    ]


@transaction.atomic
def confirm_hand_over(
    *, hand_over: HandOver, proof: str, charges_total: str, postings_total: str, by: Membership, now: datetime
) -> HandOver:
    """Record that the system took a file: its batch number and the two sums that it shows.

    Raises Refused without a batch number, if a sum is not the file's, or if it was confirmed before.
    """
    row: HandOver = HandOver.objects.select_for_update(of=("self",)).get(pk=hand_over.pk)
    if row.taken_at is not None:
        raise Refused("This file was confirmed already.")
    if not proof.strip():
        raise Refused("Enter the batch number that the system shows for this file.")
    shown = {"charges": (charges_total, row.charges_total), "payments": (postings_total, row.postings_total)}
    for name, (typed, right) in shown.items():
        if _typed(typed) != right:
            raise Refused(
                f"The file has {name} of {right:,.2f}. The system shows another sum, so it did not take the whole "
                "file. Look for its messages, and import the file again."
            )
    row.proof, row.taken_at, row.taken_by = proof.strip()[:200], now, by.user
    row.save(update_fields=["proof", "taken_at", "taken_by"])
    record_change(row, "confirm_hand_over", by=by, now=now, number=row.number)
    return row


def _typed(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip().replace("$", "").replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
