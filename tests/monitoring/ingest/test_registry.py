"""Vendors are found by their place, and nothing else in the product knows their names."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitoring.ingest import registry
from monitoring.ingest.registry import senders, vendors

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "monitoring" / "ingest" / "vendors"


def test_every_module_is_a_vendor_or_a_file_format():
    texts = {path.name: path.read_text() for path in FOLDER.glob("*.py") if path.stem != "__init__"}

    assert [name for name, text in texts.items() if "VENDOR = " not in text and "FILE_FORMAT = " not in text] == []
    assert len(senders()) >= 7


@pytest.mark.parametrize("shape", ["telli", "", "a" * 13])
def test_a_shape_that_is_taken_or_has_a_wrong_length_is_refused(monkeypatch, shape):
    planted = SimpleNamespace(__name__="planted", VENDOR=SimpleNamespace(shape=shape, label="Planted"))
    modules = [*registry._modules(), planted]
    monkeypatch.setattr(registry, "_modules", lambda: iter(modules))

    with pytest.raises(ValueError, match="planted"):
        vendors.__wrapped__()


@pytest.mark.parametrize("vendor", ["tenovi", "bodytrace", "telli", "dexcom", "libreview", "omron"])
def test_a_vendor_is_known_in_its_own_module_only(vendor):
    """Except in notes on other vendors' ranges and in the documentation."""
    found = [
        str(path.relative_to(ROOT))
        for folder in ("monitoring", "rpm_portal", "templates", "enrollment")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in {".py", ".html", ".jinja", ".toml"} and "migrations" not in path.parts
        if re.search(rf"[\"'/]{vendor}[\"'/]|import {vendor}\b", path.read_text())
    ]

    assert found in ([], [f"monitoring/ingest/vendors/{vendor}.py"])
