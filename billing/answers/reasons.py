"""Payers' adjustment reasons and remarks in our words, with the records that answer them. Pure.

An unknown code is shown as received.
"""

from billing.answers.reason_texts import REASONS, REMARKS, ReasonText

_GROUPS = {
    "CO": "contractual obligation, provider write-off",
    "PR": "patient responsibility",
    "OA": "other adjustment",
    "PI": "payer-initiated reduction",
}


def reason_text(reason: dict[str, str]) -> ReasonText | None:
    """The text of a reason or remark; None if it is unknown. No code is both."""
    code = reason.get("reason", "")
    return REASONS.get(code) or REMARKS.get(code)


def in_words(reason: dict[str, str]) -> str:
    """One adjustment or remark as a sentence: code, meaning, who pays it."""
    code, group = reason.get("reason", ""), reason.get("group", "")
    text = reason_text(reason)
    sentence = f"{group} {code}".strip() + (f": {text.means}" if text else "")
    return sentence + (f" ({_GROUPS[group]})" if group in _GROUPS else "")


def answers_to(reasons: list[dict[str, str]]) -> list[str]:
    """The records that answer these reasons, without duplicates, in their order."""
    texts = (reason_text(reason) for reason in reasons)
    return list(dict.fromkeys(text.answer for text in texts if text and text.answer))
