"""Invisible characters are removed, and names are compared without accents and separators."""

import pytest

from rpm_portal.core.plain_text import letters_of, parts_of_name, without_invisible


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("alert(1)\u202estpircs", "alert(1)stpircs"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffbegin", "begin"),
        ("soft\u00adhyphen", "softhyphen"),
        ("isolate\u2066d\u2069", "isolated"),
        ("bell\x07", "bell"),
        ("two\r\nlines\tand a tab", "two\r\nlines\tand a tab"),
        ("Jose\u0301", "Jos\u00e9"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("O\u2019Brien-N\u00fa\u00f1ez", "O\u2019Brien-N\u00fa\u00f1ez"),
    ],
)
def test_only_invisible_characters_are_removed(typed, stored):
    assert without_invisible(typed) == stored


def test_apostrophes_hyphens_spaces_and_accents_do_not_make_another_name():
    assert letters_of("O\u2019Brien-N\u00fa\u00f1ez") == letters_of("Obrien Nunez") == "obriennunez"
    assert parts_of_name("O'Brien-N\u00fa\u00f1ez de la Cruz") == {"obrien", "nunez", "cruz"}
