"""Our own batch as CSV, for senders that deliver files: the columns are the fields of the batch, one reading a row.

Such files are posted to the API or put into the source's drop folder (`monitoring/intake/drop_folder.py`).
"""

import csv
import io
import re
from datetime import datetime
from typing import Any

from monitoring.ingest.openapi import request_body
from monitoring.ingest.strict import BadBody
from monitoring.ingest.values import Entry
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor
from monitoring.ingest.vendors.portal import COMMON_KEYS, FIELDS, parse_entry

MAX_ROWS = 50_000
_REQUIRED = ("device", "metric", "measured_at")
_COLUMNS = {*COMMON_KEYS, *(field for fields in FIELDS.values() for field in fields)}
_TEXTS = set(COMMON_KEYS)
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


def decode(body: bytes) -> list[dict[str, str]]:
    """The rows by column. Raises BadBody for another encoding, unknown or missing columns, and too many rows."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadBody(f"The file is not UTF-8 (byte {error.start}).") from None
    if "\x00" in text:
        raise BadBody("The file contains a NUL character: send plain UTF-8.")
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[dict[str, str]] = []
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        _check_columns(columns)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) == MAX_ROWS:
                raise BadBody(f"A file has at most {MAX_ROWS:,} rows; send the rest in another.")
            if len(cells) != len(columns):
                raise BadBody(f"Line {reader.line_num} has {len(cells)} cells, the first line has {len(columns)}.")
            rows.append(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
    except csv.Error as error:
        raise BadBody(f"The file is not CSV with commas (line {reader.line_num}: {error}).") from None
    return rows


def _check_columns(columns: list[str]) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise BadBody(f"The first line must name the columns; missing: {', '.join(missing)}. Separate them by commas.")
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown or len(set(columns)) < len(columns):
        name = unknown[0] if unknown else next(name for name in columns if columns.count(name) > 1)
        raise BadBody(f"The column {name[:40]!r} is unknown or occurs twice. Known: {', '.join(sorted(_COLUMNS))}.")


def parse(body: Any, units: Units) -> list[Entry]:
    """Each row as a measurement, a retraction or a refusal, by the rules of our own batch."""
    return [parse_entry({name: _value(name, cell) for name, cell in row.items() if cell}) for row in body]


def _value(name: str, cell: str) -> object:
    """A cell as JSON would have it: numbers as numbers, and texts, bounds and words as texts."""
    if name in _TEXTS or not _NUMBER.fullmatch(cell):
        return cell
    return float(cell) if "." in cell else int(cell)


def simulate(serial: str, metric: str, values: Values, at: datetime) -> str:
    """A file with one measurement."""
    names = FIELDS[metric] if metric == "blood_pressure" else FIELDS[metric][:1]
    cells = [f"{value:g}" for value in values[: len(names)]]
    header, row = (*_REQUIRED, *names), (serial, metric, at.isoformat(), *cells)
    return f"{','.join(header)}\n{','.join(row)}\n"


VENDOR = Vendor(
    shape="csv",
    label="CSV file",
    parse=parse,
    decode=decode,
    operations=(
        ApiOperation(
            path="csv/",
            url_name="csv",
            summary="Our own batch as CSV",
            description="Take in a CSV file whose columns are the fields of our own batch.",
            request_body=request_body(
                {"type": "string", "description": f"UTF-8, commas, at most {MAX_ROWS:,} rows."},
                "device,metric,measured_at,systolic,diastolic,pulse,weight_kg\n"
                "356938035643809,blood_pressure,2026-11-21T08:14:00-06:00,128,79,66,\n"
                "356938035643817,weight,2026-11-21T08:16:00-06:00,,,,71.4\n",
                "text/plain",
            ),
        ),
    ),
    simulate=simulate,
    metrics=tuple(FIELDS),
    identity="`id`, up to 500 characters",
    notes=(
        "Columns: `device`, `metric`, `measured_at`, and the fields of the metrics, whose names have the unit, as in "
        "our own batch. A reading is one row; cells of other metrics are empty.",
        "Drop folder: with `PORTAL_DROP_FOLDER` set, the worker takes `<folder>/<public id of the source>/*.csv` each "
        "minute and deletes each file once it is stored. Write a file under another name and rename it when it is "
        "complete. A file of more than 20 MB is moved to `refused`.",
    ),
)
