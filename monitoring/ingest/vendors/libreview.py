"""Exports of LibreView, in their US and EU forms: English or German columns, mg/dL or mmol/L."""

from monitoring.ingest.file_headings import Columns
from monitoring.ingest.file_mapping import Mapping
from monitoring.ingest.values import SENSOR_RANGE
from monitoring.ingest.vendors.files import FileFormat

# 0 the sensor's history, 1 a scan, 2 a test strip; the other types are notes, meals and insulin.
_READINGS = ("0", "1", "2")


def mapping_of(columns: Columns) -> Mapping | None:
    """The columns of an export of LibreView: a row has its value in the column of its record type."""
    historic = columns.find("historic glucose") or columns.find("glukosewert-verlauf")
    moment = columns.find("device timestamp") or columns.find("gerätezeitstempel")
    kind = columns.exact("record type") or columns.exact("aufzeichnungstyp")
    if not (historic and moment and kind):
        return None
    scan = columns.find("scan glucose") or columns.find("glukose-scan")
    strip = columns.find("strip glucose") or columns.find("teststreifen-blutzucker")
    return Mapping(
        "glucose",
        moment,
        historic,
        unit="mmol/L" if "mmol" in historic.lower() else "mg/dL",
        only_column=kind,
        only_values=_READINGS,
        more=tuple(name for name in (scan, strip) if name),
        meter=SENSOR_RANGE,
        strips=(strip,) if strip else (),
    )


FILE_FORMAT = FileFormat("LibreView", mapping_of)
