"""Releases that the product knows: the whole FY2026 from a package, and the known changes of FY2027 in a file."""

from datetime import date
from functools import lru_cache
from pathlib import Path

from enrollment.diagnosis_codes.releases import Changes, ReleaseFacts, read_changes

# The package has the release of April 2026; the codes that began in April are taken to be valid from October 2025.
FY2026 = ReleaseFacts(
    "FY2026", date(2025, 10, 1), "CDC/NCHS, ICD-10-CM April 2026, https://www.cdc.gov/nchs/icd/icd-10-cm/files.html"
)
# All 21 codes that end, all 15 that are no longer billable, all 4 with another title, and 73 of the 190 new billable
# ones: those whose text was seen. The others are unknown until somebody loads the whole release.
FY2027 = ReleaseFacts(
    "FY2027",
    date(2026, 10, 1),
    "CDC/NCHS, ICD-10-CM order file and addenda 2027, known changes from a public copy of the data; "
    "origin https://www.cdc.gov/nchs/icd/icd-10-cm/files.html",
)
_CHANGES = Path(__file__).parent / "fy2027_changes.csv"


@lru_cache(maxsize=1)
def shipped_changes() -> Changes:
    """The known changes of FY2027 to FY2026."""
    return read_changes(_CHANGES.read_text(encoding="utf-8"))
