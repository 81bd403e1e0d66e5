"""The style sheets: their size, the contrast of each pair of colors, no unused class, nothing that a strict policy refuses."""

import gzip
import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = {name: (ROOT / "static" / "css" / name).read_text() for name in ("tokens.css", "portal.css")}
MAX_BYTES = 36_000
MAX_COMPRESSED_BYTES = 10_000

TEXT = 4.5  # WCAG 2.2, 1.4.3: https://www.w3.org/TR/WCAG22/#contrast-minimum
GRAPHICS = 3.0  # WCAG 2.2, 1.4.11: https://www.w3.org/TR/WCAG22/#non-text-contrast
GROUNDS = ("ground", "surface", "raised", "sunk", "hover")
TINTS = ("brand", "ready", "track", "needs", "none", "blocked")
# Colors, the backgrounds on which they appear, and the ratio that they need.
PAIRS = [
    (("ink", "soft"), (*GROUNDS, *(f"{name}-tint" for name in TINTS), "band-1", "band-2"), TEXT),
    (("brand", "brand-strong"), (*GROUNDS, "brand-tint"), TEXT),
    (("on-brand",), ("brand", "brand-strong"), TEXT),
    (("on-alarm",), ("alarm",), TEXT),
    *[((name,), (*GROUNDS, f"{name}-tint"), TEXT) for name in TINTS],
    (("edge", "focus", "alarm"), ("ground", "surface", "raised", "sunk"), GRAPHICS),
    (("data-1",), ("surface", "band-1"), GRAPHICS),
    (("data-2",), ("surface", "band-2"), GRAPHICS),
    (("cell",), ("surface", "cell-off"), GRAPHICS),
]


def colors(scheme: int) -> dict[str, str]:
    """The value of each color token in the light (0) or the dark (1) scheme."""
    pairs = re.findall(r"--([\w-]+):light-dark\((#\w{6}), (#\w{6})\)", SHEETS["tokens.css"])
    return {name: values[scheme] for name, *values in pairs} | {"on-alarm": "#ffffff"}


def luminance(color: str) -> float:
    """The relative luminance of WCAG."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colors, from 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_known_colors_is_that_of_the_standard():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_each_color_has_the_contrast_that_its_use_needs(scheme):
    values = colors(scheme)
    low = [
        f"{name} on {ground}: {contrast(values[name], values[ground]):.2f}"
        for names, grounds, needed in PAIRS
        for name, ground in product(names, grounds)
        if contrast(values[name], values[ground]) < needed
    ]

    assert low == []


def test_the_style_sheets_stay_below_their_size():
    assert sum(len(text.encode()) for text in SHEETS.values()) < MAX_BYTES
    assert sum(len(gzip.compress(text.encode())) for text in SHEETS.values()) < MAX_COMPRESSED_BYTES


def test_the_style_sheets_load_nothing():
    for text in SHEETS.values():
        assert "url(" not in text
        assert "@import" not in text


def used_words() -> set[str]:
    """Every word of the templates, the scripts and the product's code."""
    folders = ("templates", "static/js", "rpm_portal", "enrollment", "monitoring", "timetracking", "billing")
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    texts = (path.read_text() for path in paths if path.suffix in {".html", ".jinja", ".js", ".py"})
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


def test_no_class_of_the_style_sheets_is_unused():
    rules = re.sub(r"/\*.*?\*/", "", "".join(SHEETS.values()), flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^{}]*\}", " {} ", rules)))
    # Drawn by number: the codes of the dashboard, the lines of a chart.
    numbered = {f"shade{number}" for number in range(1, 13)} | {f"{name}{n}" for name in "belt" for n in (1, 2)}

    assert sorted(classes - numbered - used_words()) == []


def test_no_template_has_an_inline_style():
    """The content security policy of every page refuses them."""
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*")
        if path.suffix in {".html", ".jinja"} and re.search(r"\sstyle=|<style", path.read_text())
    ]

    assert found == []
