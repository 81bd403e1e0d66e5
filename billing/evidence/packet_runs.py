"""Packets of many claims: requested once, made in batches by the worker, downloaded as one streamed archive."""

import hashlib
import io
import json
import logging
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count, Q, QuerySet

from billing.evidence import packet_pdf
from billing.evidence.gather import packets_of
from billing.evidence.packet import archive, stream_zip
from billing.evidence.packet_keys import sign
from billing.models import Claim, ClaimLine, ClaimVersion, LineState, MonthClose, PacketItem, PacketRun
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

log = logging.getLogger(__name__)
BATCH_SIZE = 25
MAX_CLAIMS = 5000
_FAILURES = (DatabaseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
_BILLED_STATES = (LineState.APPROVED, LineState.REVERSED)


def numbers_in(text: str) -> list[str]:
    """The claim numbers in pasted text: words of letters and digits, without duplicates, in their order."""
    return list(dict.fromkeys(re.findall(r"[A-Za-z0-9]{6,50}", text)))[:MAX_CLAIMS]


def claims_named(practice: Practice, numbers: list[str]) -> tuple[list[Claim], list[str]]:
    """The claims with these numbers, and the numbers of no claim. Five statements.

    A number is the sent claim's control number, the payer's number, or our id of the claim or of one of its lines.
    """
    claim_by_number: dict[str, int] = {}
    sent = ClaimVersion.objects.filter(practice=practice)
    claim_by_number |= dict(sent.filter(control__in=numbers).values_list("control", "claim"))
    with_payer_number = sent.filter(answers__payer_control__in=numbers, answers__is_line=False)
    claim_by_number |= dict(with_payer_number.values_list("answers__payer_control", "claim"))
    claim_by_number |= dict(
        Claim.objects.filter(practice=practice, public_id__in=numbers).values_list("public_id", "pk")
    )
    lines = ClaimLine.objects.filter(practice=practice, public_id__in=numbers)
    claim_by_number |= dict(lines.values_list("public_id", "claim"))
    rows = {row.pk: row for row in _billed_claims(practice).filter(pk__in=claim_by_number.values())}
    wanted = dict.fromkeys(claim_by_number[number] for number in numbers if number in claim_by_number)
    return [rows[pk] for pk in wanted if pk in rows], [number for number in numbers if number not in claim_by_number]


def claims_of_month(close: MonthClose) -> list[Claim]:
    """The claims of a month with an approved or reversed line, by patient. One statement."""
    return list(_billed_claims(close.practice).filter(close=close))


def _billed_claims(practice: Practice) -> QuerySet[Claim]:
    rows = Claim.objects.filter(practice=practice, lines__state__in=_BILLED_STATES).distinct()
    rows = rows.select_related(
        "close__prepared_by", "close__sealed_by", "patient", "billing_provider__user", "practice", "payer"
    )
    return rows.order_by("close__month", "patient__family_name", "patient__given_name", "pk")


@transaction.atomic
def ask_for(*, claims: list[Claim], title: str, letter: str, by: Membership, now: datetime) -> PacketRun:
    """Record a request for the packets of some claims; the view then queues the task. Raises Refused."""
    if not claims:
        raise Refused("There is no claim with an approved line among these.")
    if len(claims) > MAX_CLAIMS:
        raise Refused(f"That are {len(claims)} claims; ask for at most {MAX_CLAIMS} at once.")
    run = PacketRun.objects.create(
        practice=by.practice,
        title=title.strip()[:120] or (f"{len(claims)} claims" if len(claims) > 1 else "1 claim"),
        letter=letter.strip()[:4000],
        asked_by=by.user,
        asked_at=now,
        signaled_at=now,
    )
    PacketItem.objects.bulk_create(
        PacketItem(practice=by.practice, run=run, claim=claim, number=number)
        for number, claim in enumerate(claims, start=1)
    )
    record(
        practice=by.practice,
        by=by.user,
        role=by.role,
        action="ask_packets",
        now=now,
        subject=f"packets:{run.public_id}",
        detail={"claims": len(claims)},
    )
    return run


def make_next_batch(run_pk: int, *, now: datetime) -> bool:
    """Make the next packets of a run. Returns False if none is pending. Safe to run twice, and twice at once.

    If one fails, the packets of the batch are made one by one, and a failed one is marked with the error's type.
    """
    try:
        return _make_batch(run_pk, BATCH_SIZE, now=now)
    except _FAILURES:
        for _ in range(BATCH_SIZE):
            _make_batch(run_pk, 1, now=now, mark_failure=True)
        return True


@transaction.atomic
def _make_batch(run_pk: int, max_items: int, *, now: datetime, mark_failure: bool = False) -> bool:
    pending = PacketItem.objects.select_for_update(skip_locked=True, of=("self",)).filter(run=run_pk, done_at=None)
    items = list(pending.order_by("number")[:max_items])
    if not items:
        return False
    try:
        with transaction.atomic():
            _fill(items)
    except _FAILURES as error:
        if not mark_failure:
            raise
        # Only the type is stored: a database error's text quotes the row, and rows contain patients' names.
        log.exception("packet %s failed", items[0].pk)
        items[0].error = type(error).__name__
    for item in items:
        item.done_at = now
    PacketItem.objects.bulk_update(items, ["body", "sha256", "name", "missing_documents", "error", "done_at"])
    return True


def _fill(items: list[PacketItem]) -> None:
    rows = _billed_claims(items[0].practice).filter(pk__in=[item.claim_id for item in items])
    claims = {row.pk: row for row in rows}
    items_by_month: dict[int, list[PacketItem]] = defaultdict(list)
    for item in items:
        items_by_month[claims[item.claim_id].close_id].append(item)
    for month_items in items_by_month.values():
        packets = packets_of(
            claims[month_items[0].claim_id].close,
            [claims[item.claim_id] for item in month_items],
            reference=month_items[0].run.title,
        )
        for item, packet in zip(month_items, packets, strict=True):
            item.body = archive([(packet, packet_pdf.write(packet))], sign=sign)
            item.sha256 = hashlib.sha256(item.body).hexdigest()
            item.name, item.missing_documents = packet.name, [part.missing for part in packet.missing_documents]


@dataclass(frozen=True, slots=True)
class PacketRunState:
    """The progress of a run, in packets."""

    total: int
    done: int
    failed: int
    missing_documents: int

    @property
    def finished(self) -> bool:
        """Whether no packet is pending."""
        return self.done == self.total

    @property
    def percent(self) -> int:
        """Whole percent done."""
        return 100 * self.done // self.total if self.total else 100


def state_of(run: PacketRun) -> PacketRunState:
    """Counts of a run's packets. One statement."""
    return PacketRunState(
        **run.items.aggregate(
            total=Count("pk"),
            done=Count("pk", filter=Q(done_at__isnull=False)),
            failed=Count("pk", filter=~Q(error="")),
            missing_documents=Count("pk", filter=~Q(missing_documents=[])),
        )
    )


def overdue_runs(*, before: datetime) -> list[PacketRun]:
    """Runs with pending packets whose task was queued before a moment, at most 100. One statement."""
    return list(PacketRun.objects.filter(items__done_at=None, signaled_at__lt=before).distinct()[:100])


def delete_expired_bodies(*, now: datetime) -> int:
    """Delete the bodies of packets older than PORTAL_KEEP_PACKETS days. Returns the number of runs."""
    old = PacketRun.objects.filter(asked_at__lt=now - timedelta(days=settings.KEEP_PACKETS), cleared_at=None)
    ids = list(old.values_list("pk", flat=True))
    PacketItem.objects.filter(run__in=ids).update(body=None)
    return PacketRun.objects.filter(pk__in=ids).update(cleared_at=now)


def read(run: PacketRun, *, zone: str) -> Iterator[bytes]:
    """The archive of a finished run, in pieces: letter and list first, then a folder for each claim."""
    items = list(run.items.defer("body").select_related("claim__patient", "claim__close", "claim__payer"))
    return stream_zip(_entries(run, items, zone=zone))


def _entries(run: PacketRun, items: list[PacketItem], *, zone: str) -> Iterator[tuple[str, bytes]]:
    asked_on = local_day(run.asked_at, zone)
    rows = [
        (
            str(item.number),
            str(item.claim.patient),
            f"{item.claim.close}",
            str(item.claim.payer or "no payer"),
            item.name or f"not made: {item.error}",
            "; ".join(item.missing_documents) or "complete",
        )
        for item in items
    ]
    yield "letter.pdf", packet_pdf.cover(run.practice.name, run.title, run.letter, asked_on, rows)
    index = [
        {"packet": item.name, "sha256": item.sha256, "missing": item.missing_documents} for item in items if item.name
    ]
    yield "index.json", json.dumps(index, indent=2).encode()
    yield from _bodies(item for item in items if item.name)


def _bodies(items: Iterable[PacketItem]) -> Iterator[tuple[str, bytes]]:
    """The files of each packet in a folder of its own. Only one packet is in memory."""
    for item in items:
        body = PacketItem.objects.values_list("body", flat=True).get(pk=item.pk)
        with zipfile.ZipFile(io.BytesIO(bytes(body or b""))) as packet:
            for name in packet.namelist():
                yield f"{item.name}/{name}", packet.read(name)
