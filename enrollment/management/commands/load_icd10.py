"""`manage.py load_icd10`: load releases of ICD-10-CM codes, in force from a day."""

from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from enrollment.diagnosis_codes.releases import DiagnosisRow, load_changes, load_codes, read_codes
from enrollment.diagnosis_codes.shipped import FY2026, FY2027, shipped_changes
from enrollment.models import DiagnosisCode
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Load a release of codes."""

    help = (
        "Load ICD-10-CM codes from simple-icd-10-cm with the known changes of the next release, "
        "or from a CSV file with code, description, billable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The options: file, first valid day, and whether to do nothing if codes exist."""
        parser.add_argument("--if-empty", action="store_true", help="do nothing if codes are on file")
        parser.add_argument("--file", type=Path, help="CSV: code, description, billable (yes or no)")
        parser.add_argument("--valid-from", type=date.fromisoformat, default=FY2026.valid_from)

    def handle(self, *args: object, if_empty: bool, file: Path | None, valid_from: date, **options: object) -> None:
        """Load the codes. Raises CommandError, and then changes nothing."""
        if if_empty and DiagnosisCode.objects.exists():
            self.stdout.write("ICD-10-CM codes are on file already.")
            return
        try:
            if file:
                rows, facts = read_codes(file.read_text(encoding="utf-8-sig")), None
            else:
                rows, facts = _read_package(), FY2026 if valid_from == FY2026.valid_from else None
            count = load_codes(rows, valid_from=valid_from, facts=facts)
            self.stdout.write(f"{count} codes are in force from {valid_from}.")
            if facts is not None:
                count = load_changes(shipped_changes(), facts=FY2027)
                self.stdout.write(f"{count} codes are in force from {FY2027.valid_from} (known changes only).")
        except (Refused, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from None


def _read_package() -> list[DiagnosisRow]:
    """The codes of the package. It is imported only here, because that takes seconds and much memory."""
    try:
        import simple_icd_10_cm as cm
    except ImportError:
        raise CommandError("Install simple-icd-10-cm, or name a file: load_icd10 --file codes.csv") from None
    codes = [code for code in cm.get_all_codes() if cm.is_category_or_subcategory(code)]
    return [DiagnosisRow(code, cm.get_description(code)[:300], cm.is_leaf(code)) for code in codes]
