"""ICD-10-CM codes: lookup, search, and load from a file. The package with the codes is not imported here."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from enrollment.models import DiagnosisCode
from enrollment.models.search import matches_words
from rpm_portal.core.refusals import Refused

CODES_A_STATEMENT = 5000
COLUMNS = ["code", "description", "billable"]


class DiagnosisRow(NamedTuple):
    """One code of a release."""

    code: str
    description: str
    billable: bool


def valid_on(on: date) -> QuerySet[DiagnosisCode]:
    """The codes in force on a day."""
    return DiagnosisCode.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), valid_from__lte=on)


def check_diagnosis(code: str, *, on: date) -> None:
    """Raise ValidationError if a code is not in force on the day or not billable.

    Without loaded codes nothing is checked here; the field checks the format.
    """
    row = valid_on(on).filter(code=code).first()
    if row is not None:
        if not row.billable:
            raise ValidationError(
                {"diagnosis": f"{code} has more exact codes below it. Choose the one that says what the patient has."}
            )
        return
    if DiagnosisCode.objects.exists():
        raise ValidationError({"diagnosis": f"{code} is not an ICD-10-CM code on {on:%Y-%m-%d}. Search it by a word."})


def unknown_diagnoses(wanted: set[tuple[str, date]]) -> set[tuple[str, date]]:
    """The (code, day) pairs without a billable code on the day; empty if no codes are loaded. Two statements."""
    if not wanted or not DiagnosisCode.objects.exists():
        return set()
    spans: dict[str, list[tuple[date, date]]] = {}
    rows = DiagnosisCode.objects.filter(code__in={code for code, _ in wanted}, billable=True)
    for code, first, last in rows.values_list("code", "valid_from", "valid_to"):
        spans.setdefault(code, []).append((first, last or date.max))
    return {(code, on) for code, on in wanted if not any(first <= on <= last for first, last in spans.get(code, []))}


def find_codes(words: str, *, on: date, limit: int = 12) -> list[DiagnosisCode]:
    """Up to `limit` billable codes that begin with the text, then those with all words in the description."""
    text = words.strip()
    if not text:
        return []
    start = text.upper().replace(" ", "")
    rows = valid_on(on).filter(billable=True)
    matches = list(rows.filter(code__startswith=start)[:limit])
    parts = [part for part in "".join(c if c.isalnum() else " " for c in text.lower()).split() if part][:6]
    if parts and len(matches) < limit:
        query = " & ".join(f"'{part}':*" for part in parts)
        by_words = rows.filter(matches_words("enrollment_diagnosiscode", query))
        matches += list(by_words.exclude(pk__in=[row.pk for row in matches])[: limit - len(matches)])
    return matches


def read_codes(text: str) -> list[DiagnosisRow]:
    """The rows of a code file: CSV with code, description, billable (yes or no). Raises Refused with the line."""
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != COLUMNS:
        raise Refused(f"The first line must be: {','.join(COLUMNS)}")
    rows = []
    for number, raw in enumerate(reader, start=2):
        code, description = (raw["code"] or "").strip().upper(), (raw["description"] or "").strip()
        if len(code) == 0 or len(code) > 8 or not code[0].isalpha() or not code.isascii():
            raise Refused(f"line {number}: {code!r} is not a code like E11.65")
        if not description or raw["billable"] not in {"yes", "no"}:
            raise Refused(f"line {number}: a description and yes or no are needed")
        rows.append(DiagnosisRow(code, description[:300], raw["billable"] == "yes"))
    return rows


@transaction.atomic
def load_codes(rows: Iterable[DiagnosisRow], *, valid_from: date) -> int:
    """Put a release's codes in force from a day; codes that it does not contain end the day before.

    Returns how many codes are in force. Loading it again changes nothing. Four statements, and one for each 5,000
    codes that begin.
    """
    released = {row.code: row for row in rows}
    # A release loaded for the same day replaces the earlier one.
    DiagnosisCode.objects.filter(valid_from=valid_from).delete()
    rows_in_force = valid_on(valid_from).values_list("pk", *COLUMNS)
    in_force = {DiagnosisRow._make(columns): key for key, *columns in rows_in_force}
    ended = [key for row, key in in_force.items() if released.get(row.code) != row]
    DiagnosisCode.objects.filter(pk__any_of=ended).update(valid_to=valid_from - timedelta(days=1))
    new = [DiagnosisCode(**row._asdict(), valid_from=valid_from) for row in released.values() if row not in in_force]
    DiagnosisCode.objects.bulk_create(new, batch_size=CODES_A_STATEMENT)
    return valid_on(valid_from).count()
