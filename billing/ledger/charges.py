"""The charge of each line, from the newest delivered version of its claim. Charges are frozen in the version."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from billing.models import ClaimLine, ClaimVersion, CorrectionOutcome, EntryKind, LedgerEntry
from billing.models.claim_versions import StoredContent

Key = tuple[int, str, int]  # claim, payer rank, line


def charges_due(claims: Iterable[int]) -> dict[Key, tuple[Decimal, ClaimVersion]]:
    """The charge that each line of these claims should have, and the version that says so. Four statements.

    A line that the newest delivered version does not bill, or voids, has the charge 0. If the payer corrected that
    version by a reopening, the charges are those that it was asked for.
    """
    versions = ClaimVersion.objects.filter(claim__in=list(claims), submission__delivered_at__isnull=False)
    newest: dict[tuple[int, str], ClaimVersion] = {}
    billed: dict[tuple[int, str], set[str]] = defaultdict(set)
    for version in versions.prefetch_related("corrections").order_by("number"):
        newest[version.claim_id, version.payer_rank] = version
        billed[version.claim_id, version.payer_rank] |= set(charges_of(version))
    reopened = {key: _reopened(version) for key, version in newest.items()}
    for key, charges in reopened.items():
        billed[key] |= set(charges or {})
    keys = _line_keys({control for controls in billed.values() for control in controls})
    due: dict[Key, tuple[Decimal, ClaimVersion]] = {}
    for (claim, rank), version in newest.items():
        charges = {} if version.frequency == "8" else charges_of(version)
        if (corrected := reopened[claim, rank]) is not None:
            charges = corrected
        for control in billed[claim, rank]:
            if control in keys:
                due[claim, rank, keys[control]] = (charges.get(control, Decimal()), version)
    return due


def charges_of(version: ClaimVersion) -> dict[str, Decimal]:
    """The charge of each line of a version, by the line's number."""
    return _charges_in(version.as_sent())


def _charges_in(content: StoredContent) -> dict[str, Decimal]:
    return {row["control"].lower(): Decimal(row["charge"]) for row in content.get("services", [])}


def _reopened(version: ClaimVersion) -> dict[str, Decimal] | None:
    """The charges of the reopening by which the payer corrected a version, whose corrections are loaded; else None."""
    corrected = [row for row in version.corrections.all() if row.outcome == CorrectionOutcome.CORRECTED]
    return _charges_in(corrected[-1].as_asked()) if corrected else None


def _line_keys(controls: set[str]) -> dict[str, int]:
    return dict(ClaimLine.objects.filter(public_id__in=controls).values_list("public_id", "pk"))


def charged(claims: Iterable[int]) -> dict[Key, Decimal]:
    """The sum of the charge entries of each line. One statement."""
    rows = LedgerEntry.objects.filter(claim__in=list(claims), kind=EntryKind.CHARGE, line__isnull=False)
    sums = rows.values_list("claim", "payer_rank", "line").annotate(total=Sum("amount"))
    return {(claim, rank, line): total for claim, rank, line, total in sums}


def post_charges(claims: Iterable[int], *, on: date, by: int | None, now: datetime) -> None:
    """Add the entries that bring the charges of these claims up to date. Six statements."""
    keys = list(claims)
    due, before = charges_due(keys), charged(keys)
    LedgerEntry.objects.bulk_create(_missing(due, before, on=on, by=by, now=now), batch_size=2000)


def _missing(
    due: Mapping[Key, tuple[Decimal, ClaimVersion]],
    before: Mapping[Key, Decimal],
    *,
    on: date,
    by: int | None,
    now: datetime,
) -> list[LedgerEntry]:
    return [
        LedgerEntry(
            practice_id=version.practice_id,
            version=version,
            claim_id=claim,
            line_id=line,
            payer_rank=rank,
            kind=EntryKind.CHARGE,
            amount=charge - before.get((claim, rank, line), Decimal()),
            on=on,
            posted_at=now,
            posted_by_id=by,
        )
        for (claim, rank, line), (charge, version) in due.items()
        if charge != before.get((claim, rank, line), Decimal())
    ]
