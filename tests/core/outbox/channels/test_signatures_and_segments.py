"""The signature of callbacks, the price of a text, and the carrier's SDK as an independent oracle where it is installed."""

import random

import pytest

from rpm_portal.core.outbox.channels.segments import is_gsm, segments
from rpm_portal.core.outbox.channels.twilio_shaped import signature


def test_the_documented_example_has_the_documented_signature():
    """https://www.twilio.com/docs/usage/security: the example of the carrier's documentation."""
    fields = [
        ("CallSid", "CA1234567890ABCDE"), ("Caller", "+12349013030"), ("Digits", "1234"), ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]  # fmt: skip

    assert signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_the_official_sdk_computes_the_same_signatures():
    validator = pytest.importorskip("twilio.request_validator").RequestValidator("secret")
    chance = random.Random(7)
    for _ in range(300):
        names = [
            chance.choice(["Body", "From", "To", "\u00e9", "\U0001f600", "a b"]) for _ in range(chance.randrange(6))
        ]
        fields = {name: chance.choice(["", " ", "x", "\u00f1", "+1"]) for name in names}
        assert validator.compute_signature("https://a.example/x", fields) == signature(
            "secret", "https://a.example/x", fields.items()
        )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1), ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("\u20ac" * 80, 1), ("\u20ac" * 81, 2),
        ("\u00e1" * 70, 1), ("\u00e1" * 71, 2), ("m\u00e1s " + "x" * 156, 3), ("\U0001f600" * 35, 1), ("\U0001f600" * 36, 2),
    ],
)  # fmt: skip
def test_a_text_is_counted_in_segments(text, count):
    assert segments(text) == count


def test_an_accent_outside_of_the_gsm_alphabet_is_found():
    assert is_gsm("Ma\u00f1ana \u00e8 \u00f1")
    assert not is_gsm("m\u00e1s")
