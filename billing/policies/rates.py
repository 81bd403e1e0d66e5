"""Files of expected amounts (CSV with a source on every row): checked, compared with the rows on file, loaded whole."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction

from billing.models import FactorClass, FeeBasis, FeeFile, Rate
from billing.policies.expected import NATIONAL, fee_basis
from billing.policies.rules_in_force import rules_of
from billing.rules import CodeSet, load_codes
from enrollment.models import Payer
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import check_csv

COLUMNS = ["code", "year", "locality", "facility", "factor_class", "amount", "source"]
CONTRACT_COLUMNS = [*COLUMNS, "payer", "starts_on"]
MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_SHOWN = 200  # differences on the page
# CMS-1832-F2 (91 FR 12071, effective 2026-03-12) recalculated the practice expense of these codes for all of 2026.
CORRECTED = {2026: (frozenset({"99445", "99454", "98977", "98985"}), "CMS-1832-F2")}


def read_rates(text: str, payers: Iterable[Payer] = (), codes: CodeSet | None = None) -> list[Rate]:
    """The rows of a rate file, not saved. Raises Refused naming each wrong row.

    `payers` and `codes` are those that it may name; by default no payer, and the shipped codes.
    """
    check_csv(text)
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames not in (COLUMNS, CONTRACT_COLUMNS):
        raise Refused(f"The first line must be: {','.join(COLUMNS)}; or with a contract: {','.join(CONTRACT_COLUMNS)}")
    by_name = {payer.name.casefold(): payer for payer in payers}
    rows: dict[tuple[object, ...], Rate] = {}
    errors = []
    for number, raw in enumerate(reader, start=2):
        try:
            row = _clean_row(raw, len(reader.fieldnames or ()), by_name, codes or load_codes())
            if _key(row) in rows:
                raise ValueError("this rate is in the file already")
            rows[_key(row)] = row
        except ValueError as error:
            errors.append(f"line {number}: {error}")
    if errors:
        raise Refused("; ".join(errors[:20]))
    if not rows:
        raise Refused("This file has no rows. Write one row for each code.")
    return list(rows.values())


def _key(row: Rate) -> tuple[object, ...]:
    return tuple(getattr(row, f"{name}_id" if name == "payer" else name) for name in Rate.KEY[1:])


def _clean_row(raw: dict[str, str], columns: int, payers: dict[str, Payer], codes: CodeSet) -> Rate:
    if None in raw.values() or None in raw:
        raise ValueError(f"expected {columns} values")
    if raw["code"] not in codes.by_code:
        raise ValueError(f"{raw['code']!r} is not a code we know")
    if not (raw["year"].isascii() and raw["year"].isdecimal() and 2019 <= int(raw["year"]) <= 2100):
        raise ValueError(f"{raw['year']!r} is not a year")
    if raw["facility"] not in {"yes", "no"}:
        raise ValueError("facility must be yes or no")
    if raw["factor_class"] not in FactorClass.values:
        raise ValueError("factor_class must be nonqualifying or qualifying")
    if not raw["source"].strip():
        raise ValueError("a source is missing")
    year = int(raw["year"])
    return Rate(
        code=raw["code"],
        year=year,
        facility=raw["facility"] == "yes",
        factor_class=raw["factor_class"],
        amount=_amount(raw["amount"]),
        locality=raw["locality"].strip()[:20] or NATIONAL,
        source=raw["source"].strip()[:200],
        payer=_payer(raw.get("payer", ""), payers),
        starts_on=_start(raw.get("starts_on", ""), year),
    )


def _amount(typed: str) -> Decimal:
    try:
        amount = Decimal(typed)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 10**7 or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"{typed!r} is not an amount in dollars and cents")
    return amount


def _payer(typed: str, payers: dict[str, Payer]) -> Payer | None:
    if not typed.strip():
        return None
    payer = payers.get(typed.strip().casefold())
    if payer is None:
        raise ValueError(f"{typed.strip()!r} is not a payer of this practice")
    return payer


def _start(typed: str, year: int) -> date | None:
    """The first day of a row; None for the first day of its year."""
    if not typed.strip():
        return None
    day = parse_day(typed.strip())
    if day is None or day.year != year:
        raise ValueError(f"{typed.strip()!r} is not a day of {year}, written as {year}-07-01")
    return None if day == date(year, 1, 1) else day


@dataclass(frozen=True, slots=True)
class RateChange:
    """A row of a file whose amount is not on file yet; `before` is the amount that it replaces, if any."""

    rate: Rate
    before: Decimal | None


@dataclass(slots=True)
class RatePreview:
    """What loading a file would change, how many rows it would not, and what somebody should look at."""

    changes: list[RateChange] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many amounts would be new."""
        return sum(change.before is None for change in self.changes)

    @property
    def replaced(self) -> int:
        """How many amounts would be replaced."""
        return len(self.changes) - self.added


def preview_rates(practice: Practice, rows: Iterable[Rate]) -> RatePreview:
    """Compare the rows of a file with those on file. Two statements."""
    rows = list(rows)
    years = {row.year for row in rows}
    on_file = {_key(row): row.amount for row in Rate.objects.for_practice(practice).filter(year__in=years)}
    preview, basis = RatePreview(), fee_basis(practice)
    for row in rows:
        before = on_file.get(_key(row))
        if before == row.amount:
            preview.unchanged += 1
        else:
            preview.changes.append(RateChange(row, before))
    preview.warnings = [*_not_corrected(rows), *_not_used(rows, basis)]
    return preview


def _not_corrected(rows: Iterable[Rate]) -> list[str]:
    """Rows of a fee schedule that the authority corrected later, if their source does not name the correction."""
    return [
        f"{row.code} {row.year}: the source does not name {CORRECTED[row.year][1]}, which corrected this amount."
        for row in rows
        if row.payer_id is None
        and row.year in CORRECTED
        and row.code in CORRECTED[row.year][0]
        and CORRECTED[row.year][1] not in row.source
    ][:4]


def _not_used(rows: list[Rate], basis: FeeBasis) -> list[str]:
    """A warning if the practice would use no row of the file."""
    for row in rows:
        factor_applies = row.payer_id is not None or row.factor_class == basis.factor_class
        if row.locality in {basis.locality, NATIONAL} and row.facility == basis.facility and factor_applies:
            return []
    return [f"No row applies to this practice ({basis}, {basis.get_factor_class_display()}). Check the basis below."]


@transaction.atomic
def upload_rates(*, practice: Practice, name: str, body: bytes, by: Membership, now: datetime) -> FeeFile:
    """Store a file to be compared and loaded. Raises Refused naming each wrong row; then nothing is stored."""
    if len(body) > MAX_FILE_BYTES:
        raise Refused("This file is larger than 2 MB. Leave out the localities and codes that you do not use.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8. Save the sheet as CSV UTF-8 and upload that.") from None
    if "\x00" in text:
        raise Refused("This is no CSV file. Save the sheet as CSV UTF-8 and upload that.")
    rates_of_practice(practice, text)
    file: FeeFile = FeeFile.objects.create(
        practice=practice, name=name.strip()[:120] or "rates.csv", text=text, uploaded_by=by.user, uploaded_at=now
    )
    record_change(file, "upload_rates", by=by, now=now)
    return file


@transaction.atomic
def load_file(*, file: FeeFile, by: Membership, now: datetime) -> int:
    """Put an uploaded file's amounts on file; returns how many rows. Raises Refused if it was loaded before."""
    file = FeeFile.objects.select_for_update().select_related("practice").get(pk=file.pk)
    if file.loaded_at is not None:
        raise Refused("This file was loaded already. Upload it again to load it once more.")
    rows = rates_of_practice(file.practice, file.text)
    _store(file.practice, rows, file)
    file.loaded_by, file.loaded_at = by.user, now
    file.save(update_fields=["loaded_by", "loaded_at"])
    record_change(file, "load_rates", by=by, now=now, rows=len(rows))
    return len(rows)


def _store(practice: Practice, rows: Iterable[Rate], file: FeeFile | None) -> None:
    """Insert the rows; a row that is on file gets the new amount and source."""
    rows = list(rows)
    for row in rows:
        row.practice, row.file = practice, file
    Rate.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=list(Rate.KEY), update_fields=["amount", "source", "file"]
    )


def rates_of_practice(practice: Practice, text: str) -> list[Rate]:
    """The rows of a file that may name the practice's payers and the codes of its newest rule year. Raises Refused."""
    return read_rates(text, Payer.objects.filter(practice=practice), rules_of(practice.pk).codes_on(date.max))


@transaction.atomic
def load_rates(*, practice: Practice, text: str) -> int:
    """Load a rate file of the operator; an existing rate gets the new amount and source. Returns how many rows."""
    rows = rates_of_practice(practice, text)
    _store(practice, rows, None)
    return len(rows)


@transaction.atomic
def set_basis(*, locality: str, facility: bool, factor_class: str, by: Membership, now: datetime) -> FeeBasis:
    """Set which rows of a schedule apply to the practice. Raises Refused for an unknown conversion factor."""
    if factor_class not in FactorClass.values:
        raise Refused("Choose the conversion factor.")
    row = FeeBasis.objects.select_for_update().for_practice(by.practice).first() or FeeBasis(practice=by.practice)
    row.locality, row.facility, row.factor_class = locality.strip()[:20] or NATIONAL, facility, factor_class
    save_with_reason(row, reason="Set", by=by.user)
    record_change(row, "set_fee_basis", by=by, now=now, locality=row.locality, facility=facility, factor=factor_class)
    return row
