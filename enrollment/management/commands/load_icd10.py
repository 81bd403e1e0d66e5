"""`manage.py load_icd10`: load ICD-10-CM codes from a package or a file, in force from a day."""

from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from enrollment.diagnosis_codes import DiagnosisRow, load_codes, read_codes
from enrollment.models import DiagnosisCode
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Load a release of codes."""

    help = "Load ICD-10-CM codes from simple-icd-10-cm, or from a CSV file with code, description, billable."

    def add_arguments(self, parser: CommandParser) -> None:
        """The options: file, first valid day, and whether to do nothing if codes exist."""
        parser.add_argument("--if-empty", action="store_true", help="do nothing if codes are on file")
        parser.add_argument("--file", type=Path, help="CSV: code, description, billable (yes or no)")
        parser.add_argument("--valid-from", type=date.fromisoformat, default=date(2025, 10, 1))

    def handle(self, *args: object, if_empty: bool, file: Path | None, valid_from: date, **options: object) -> None:
        """Load the codes. Raises CommandError, and then changes nothing."""
        if if_empty and DiagnosisCode.objects.exists():
            self.stdout.write("ICD-10-CM codes are on file already.")
            return
        try:
            rows = read_codes(file.read_text(encoding="utf-8-sig")) if file else _read_package()
            count = load_codes(rows, valid_from=valid_from)
        except (Refused, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{count} codes are in force from {valid_from}.")


def _read_package() -> list[DiagnosisRow]:
    """The codes of the package. It is imported only here, because that takes seconds and much memory."""
    try:
        import simple_icd_10_cm as cm
    except ImportError:
        raise CommandError("Install simple-icd-10-cm, or name a file: load_icd10 --file codes.csv") from None
    codes = [code for code in cm.get_all_codes() if cm.is_category_or_subcategory(code)]
    return [DiagnosisRow(code, cm.get_description(code)[:300], cm.is_leaf(code)) for code in codes]
