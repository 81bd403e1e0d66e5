"""Exports of Omron Connect: the US form with TruRead, and the EU form with a time zone in each row."""

from monitoring.ingest.file_headings import Columns, pressure_mapping
from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.vendors.files import FileFormat


def mapping_of(columns: Columns) -> Mapping | None:
    """The columns of an export of Omron Connect."""
    is_us = columns.exact("truread") or (columns.exact("symptoms") and columns.exact("consumed"))
    is_eu = columns.exact("measurement date") and columns.exact("time zone")
    if not (is_us or is_eu or columns.exact("pulse (bpm)") or columns.find("irregular heartbeat")):
        return None
    return pressure_mapping(columns)


FILE_FORMAT = FileFormat("Omron", mapping_of)
