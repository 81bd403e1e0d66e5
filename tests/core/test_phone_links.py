"""Phone numbers as tel: addresses, and that every number a page shows to staff is a link."""

import re
from pathlib import Path

import pytest

from rpm_portal.core.phone_links import tel

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
SHOWN = re.compile(r"\{\{ ((?:[\w.]+\.)?(?:phone|telephone)|call\.number) \}\}")


@pytest.mark.parametrize(
    ("phone", "address"),
    [
        ("(312) 555-0142", "+13125550142"),
        ("312.555.0142 x12", "+13125550142;ext=12"),
        ("312-555-0142 ext. 7", "+13125550142;ext=7"),
        ("+1 312 555 0142", "+13125550142"),
        ("911", "911"),
        ("x12", ""),
        ("", ""),
    ],
)
def test_a_number_is_an_address_that_a_phone_dials(phone, address):
    assert tel(phone) == address


def test_every_phone_number_on_a_page_is_a_tel_link():
    unlinked = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text()
        for match in SHOWN.finditer(text):
            before = text[: match.start()]
            if "tel:" not in before[before.rfind("<a ") :] or "</a>" in before[before.rfind("<a ") :]:
                unlinked.append(f"{path.name}: {match[0]}")
    assert unlinked == []
