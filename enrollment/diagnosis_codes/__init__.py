"""ICD-10-CM codes: their validity on a date of service, search, and releases loaded from files."""

from enrollment.diagnosis_codes.releases import DiagnosisRow, load_codes, read_codes
from enrollment.diagnosis_codes.search import find_codes
from enrollment.diagnosis_codes.validity import check_diagnosis, unknown_diagnoses, valid_on

__all__ = [
    "DiagnosisRow",
    "check_diagnosis",
    "find_codes",
    "load_codes",
    "read_codes",
    "unknown_diagnoses",
    "valid_on",
]
