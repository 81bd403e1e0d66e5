"""Releases of ICD-10-CM codes: whole ones, or the changes to the release before, read from files and loaded."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from enrollment.diagnosis_codes.validity import valid_on
from enrollment.models import DiagnosisCode, DiagnosisRelease
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import check_csv

CODES_A_STATEMENT = 5000
COLUMNS = ["code", "description", "billable"]
CHANGE_COLUMNS = [*COLUMNS, "change"]
# A whole release ends a few dozen codes. If it would end a larger share, the file is probably a part of one.
_MOST_ENDED_PERCENT = 5
_ONE_DAY = timedelta(days=1)


class DiagnosisRow(NamedTuple):
    """One code of a release."""

    code: str
    description: str
    billable: bool


class Changes(NamedTuple):
    """The changes of a release to the one before: new or changed codes, and codes that end."""

    rows: list[DiagnosisRow]
    ended: list[str]


class ReleaseFacts(NamedTuple):
    """What a release is: its name, its first day, and the document it comes from."""

    name: str
    valid_from: date
    source: str = ""
    loaded_by: object = None
    loaded_at: datetime | None = None


def read_codes(text: str) -> list[DiagnosisRow]:
    """The rows of a code file: CSV with code, description, billable (yes or no). Raises Refused with the line."""
    check_csv(text)
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != COLUMNS:
        raise Refused(f"The first line must be: {','.join(COLUMNS)}")
    return [_row(number, raw) for number, raw in enumerate(reader, start=2)]


def _row(number: int, raw: dict[str, str | None]) -> DiagnosisRow:
    code, description = (raw["code"] or "").strip().upper(), (raw["description"] or "").strip()
    if len(code) == 0 or len(code) > 8 or not code[0].isalpha() or not code.isascii():
        raise Refused(f"line {number}: {code!r} is not a code like E11.65")
    if not description or raw["billable"] not in {"yes", "no"}:
        raise Refused(f"line {number}: a description and yes or no are needed")
    return DiagnosisRow(code, description[:300], raw["billable"] == "yes")


def read_changes(text: str) -> Changes:
    """The changes of a file: CSV with code, description, billable, change (new, changed or ended). Raises Refused."""
    check_csv(text)
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != CHANGE_COLUMNS:
        raise Refused(f"The first line must be: {','.join(CHANGE_COLUMNS)}")
    changes = Changes([], [])
    for number, raw in enumerate(reader, start=2):
        row = _row(number, raw)
        if raw["change"] not in {"new", "changed", "ended"}:
            raise Refused(f"line {number}: change is new, changed or ended, not {raw['change']!r}")
        if raw["change"] == "ended":
            changes.ended.append(row.code)
        else:
            changes.rows.append(row)
    return changes


@transaction.atomic
def load_codes(
    rows: Iterable[DiagnosisRow], *, valid_from: date, facts: ReleaseFacts | None = None, checked: bool = True
) -> int:
    """Put a whole release in force from a day; codes that it does not contain end the day before.

    Returns how many codes are in force. Loading it again changes nothing. A release loaded for the same day replaces
    the earlier one. Raises Refused for a day before the newest release, and, unless `checked`, for a file that would
    end so many codes that it is probably not whole. A constant number of statements, and one for each 5,000 codes that
    begin.
    """
    _begin_again(valid_from)
    released = {row.code: row for row in rows}
    in_force = {DiagnosisRow._make(columns): key for key, *columns in _in_force(valid_from)}
    ended = [key for row, key in in_force.items() if released.get(row.code) != row]
    gone = sum(row.code not in released for row in in_force)
    if not checked and gone * 100 > len(in_force) * _MOST_ENDED_PERCENT:
        raise Refused(
            f"This file lacks {gone} of the {len(in_force)} codes in force. If it lists changes only, choose that; "
            "if it is the whole release, tick the box below it."
        )
    new = [DiagnosisCode(**row._asdict(), valid_from=valid_from) for row in released.values() if row not in in_force]
    _replace(ended, new, valid_from)
    _store_release(facts or ReleaseFacts(f"Release of {valid_from}", valid_from), complete=True)
    return valid_on(valid_from).count()


@transaction.atomic
def load_changes(changes: Changes, *, facts: ReleaseFacts) -> int:
    """Put the changes to the release before in force from a day. Returns how many codes are in force.

    Raises Refused if there is no earlier release, or if a code that ends or changes is not in force.
    """
    _begin_again(facts.valid_from)
    keys = {code: key for key, code, *_ in _in_force(facts.valid_from)}
    if not keys:
        raise Refused("Changes are loaded after a whole release. Load that first.")
    if unknown := [code for code in changes.ended if code not in keys]:
        raise Refused(f"{unknown[0]} is to end, but is not in force before {facts.valid_from}.")
    replaced = [keys[code] for code in (*changes.ended, *(row.code for row in changes.rows)) if code in keys]
    new = [DiagnosisCode(**row._asdict(), valid_from=facts.valid_from) for row in changes.rows]
    _replace(replaced, new, facts.valid_from)
    _store_release(facts, complete=False)
    return valid_on(facts.valid_from).count()


def _begin_again(valid_from: date) -> None:
    """Undo an earlier release of the same day. Raises Refused if a later one is on file."""
    later = DiagnosisRelease.objects.filter(valid_from__gt=valid_from).first()
    if later is not None:
        raise Refused(f"{later.name} is on file from {later.valid_from}; a release is loaded in the order of its days.")
    DiagnosisCode.objects.filter(valid_from=valid_from).delete()
    DiagnosisCode.objects.filter(valid_to=valid_from - _ONE_DAY).update(valid_to=None)


def _in_force(on: date) -> Sequence[tuple[int, str, str, bool]]:
    return list(valid_on(on).values_list("pk", "code", "description", "billable"))


def _replace(ended: list[int], new: list[DiagnosisCode], valid_from: date) -> None:
    DiagnosisCode.objects.filter(pk__any_of=ended).update(valid_to=valid_from - _ONE_DAY)
    DiagnosisCode.objects.bulk_create(new, batch_size=CODES_A_STATEMENT)


def _store_release(facts: ReleaseFacts, *, complete: bool) -> None:
    values = facts._asdict() | {"complete": complete}
    DiagnosisRelease.objects.update_or_create(valid_from=values.pop("valid_from"), defaults=values)
