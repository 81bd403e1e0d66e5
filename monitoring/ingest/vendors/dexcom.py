"""Exports of Dexcom Clarity, in their US and EU forms: English or German columns, mg/dL or mmol/L."""

from monitoring.ingest.file_headings import Columns
from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.values import SENSOR_RANGE
from monitoring.ingest.vendors.files import FileFormat


def mapping_of(columns: Columns) -> Mapping | None:
    """The columns of an export of Dexcom Clarity; its readings are the rows of the type EGV."""
    glucose = columns.find("glucose value") or columns.find("glukosewert (")
    kind = columns.exact("event type") or columns.exact("ereignistyp")
    moment = columns.start("timestamp") or columns.start("zeitstempel")
    if not (glucose and kind and moment):
        return None
    unit = "mmol/L" if "mmol" in glucose.lower() else "mg/dL"
    return Mapping("glucose", moment, glucose, unit=unit, only_column=kind, only_values=("EGV",), meter=SENSOR_RANGE)


FILE_FORMAT = FileFormat("Dexcom Clarity", mapping_of)
