"""How many segments a text has: the carrier charges each of them.

GSM 03.38 (3GPP TS 23.038): 160 characters, or 153 each in a longer text; a text with any other character is sent as
UCS-2 with 70, or 67 each.
"""

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = set("^{}\\[~]|€")  # an escape and a character


def is_gsm(text: str) -> bool:
    """Whether every character is in the GSM alphabet."""
    return set(text) <= _GSM | _GSM_TWO


def segments(text: str) -> int:
    """The number of segments of a text; 1 for an empty one."""
    if is_gsm(text):
        length, single, each = len(text) + sum(mark in _GSM_TWO for mark in text), 160, 153
    else:
        length, single, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // each)
