"""Validity of ICD-10-CM codes on a day: the release in force on the date of service decides."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from enrollment.models import DiagnosisCode, DiagnosisRelease


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
        raise ValidationError({"diagnosis": f"{code} is not an ICD-10-CM code on {on:%Y-%m-%d}. {_remedy(on)}"})


def _remedy(on: date) -> str:
    """What to do about an unknown code: the release in force may be on file with its known changes only."""
    release = DiagnosisRelease.objects.filter(valid_from__lte=on).first()
    if release is not None and not release.complete:
        return f"{release.name} is not on file in full; an administrator can load it. Or search the code by a word."
    return "Search it by a word."


def unknown_diagnoses(wanted: set[tuple[str, date]]) -> set[tuple[str, date]]:
    """The (code, day) pairs without a billable code on the day; empty if no codes are loaded. Two statements."""
    if not wanted or not DiagnosisCode.objects.exists():
        return set()
    spans: dict[str, list[tuple[date, date]]] = {}
    rows = DiagnosisCode.objects.filter(code__in={code for code, _ in wanted}, billable=True)
    for code, first, last in rows.values_list("code", "valid_from", "valid_to"):
        spans.setdefault(code, []).append((first, last or date.max))
    return {(code, on) for code, on in wanted if not any(first <= on <= last for first, last in spans.get(code, []))}
