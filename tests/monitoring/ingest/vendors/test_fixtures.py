"""Every vendor has a fixture: bodies in its published shape, with the entries that they must give."""

import json
from pathlib import Path

import pytest

from monitoring.ingest import (
    BadBody,
    ContactEntry,
    Entry,
    Measurement,
    NoReading,
    PullNotice,
    RefusedEntry,
    Retraction,
    UnlinkNotice,
    entries_of,
)
from monitoring.ingest.describe import vendors_page
from monitoring.ingest.registry import senders, vendors

FOLDER = Path(__file__).parent / "fixtures"
ROOT = Path(__file__).resolve().parents[4]
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text())
]


def words(entry: Entry) -> str:
    """An entry as one line of a fixture."""
    if isinstance(entry, Measurement):
        bounds = (*entry.bounds, "", "", "")
        values = "/".join(f"{b}{v.normalize():f}" for b, v in zip(bounds, entry.values, strict=False) if v)
        marks = [entry.source_kind] if entry.source_kind != "automatic" else []
        marks += ["estimated"] if entry.time_source == "estimated" else []
        marks += ["irregular"] if entry.irregular else []
        return f"{entry.metric} {values} of {entry.serial} at {entry.measured_at.isoformat()}" + "".join(
            f", {mark}" for mark in marks
        )
    if isinstance(entry, ContactEntry):
        battery = "" if entry.battery is None else f", battery {entry.battery}"
        signal = "" if entry.signal is None else f", signal {entry.signal}"
        return f"contact of {entry.serial}{battery}{signal}"
    if isinstance(entry, RefusedEntry):
        return f"refused {entry.reason}: {entry.message}"
    if isinstance(entry, NoReading):
        return f"no reading: {entry.message}"
    if isinstance(entry, PullNotice):
        return f"fetch {entry.account}"
    if isinstance(entry, UnlinkNotice):
        return f"unlink {entry.account}"
    assert isinstance(entry, Retraction)
    return f"retraction of {entry.vendor_id or entry.measured}"


def test_every_sender_has_a_fixture():
    assert {vendor.shape for vendor in senders()} <= {path.stem for path in FOLDER.glob("*.json")} <= set(vendors())


@pytest.mark.parametrize(("shape", "case"), CASES)
def test_a_body_gives_the_entries_of_its_fixture(shape, case):
    body = case["text"] if "text" in case else json.dumps(case["body"])
    try:
        found = [words(entry) for entry in entries_of(shape, body.encode(), case.get("units"))]
    except BadBody as error:
        found = [f"bad body: {error}"]

    assert found == case["entries"]


@pytest.mark.parametrize("vendor", senders(), ids=lambda vendor: vendor.shape)
def test_the_published_example_is_read(vendor):
    for operation in vendor.operations:
        ((media, content),) = operation.request_body["requestBody"]["content"].items()
        body = content["example"]
        if media == "application/x-www-form-urlencoded":
            body = "&".join(f"{name}={value}" for name, value in body.items())
        body = body if isinstance(body, str) else json.dumps(body)
        entries = entries_of(vendor.shape, body.encode())

        assert entries
        assert [entry for entry in entries if isinstance(entry, RefusedEntry)] == []


def test_the_page_about_the_senders_is_generated():
    written = (ROOT / "docs" / "vendors.md").read_text()

    assert written.strip() == vendors_page().strip(), "write it again: manage.py describe_vendors > docs/vendors.md"
