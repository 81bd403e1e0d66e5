"""CSV files: what cannot be read is refused with its line, and no cell of a download begins a formula."""

import pytest

from enrollment.diagnosis_codes import read_codes
from monitoring.ingest.strict import BadBody
from monitoring.ingest.vendors.files import table_of
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import neutral, open_csv


@pytest.mark.slow
@pytest.mark.parametrize(
    ("length", "accepted"),
    [(131_072, True), (131_073, False), (9 * 1024 * 1024, False)],
    ids=["largest", "over", "9 MB"],
)
def test_a_cell_that_is_too_large_for_the_reader_is_refused_with_its_line(length, accepted):
    body = b'name,note\na,b\n"' + b"x" * length + b'",c\n'
    if accepted:
        assert open_csv(body, columns=["name", "note"], largest=10**8)
        return
    with pytest.raises(Refused, match="Line 3 of this file cannot be read as CSV"):
        open_csv(body, columns=["name", "note"], largest=10**8)


def test_files_of_codes_and_devices_are_refused_too():
    cell = '"' + "x" * 200_000 + '"'
    with pytest.raises(Refused, match="Line 2"):
        read_codes(f"code,description,billable\nI10,{cell},yes\n")
    with pytest.raises(BadBody, match="cannot be read as CSV"):
        table_of(f"Time,Systolic\n2026-01-01,{cell}\n")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_begins_a_formula(sign):
    """Spreadsheets read full-width signs as the plain ones."""
    assert neutral(f"{sign}1+1") == f"'{sign}1+1"
    assert neutral(f"a{sign}1") == f"a{sign}1"
