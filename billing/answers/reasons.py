"""What a payer's adjustment reasons and remarks mean, in our words, and what of ours answers them. Pure.

A code that is not known here is shown as it came.
"""

from billing.answers.reason_texts import REASONS, REMARKS, ReasonText

_GROUPS = {
    "CO": "the practice bears it",
    "PR": "the patient's share",
    "OA": "neither's to bear",
    "PI": "the payer's own reduction",
}
# Reasons that a patient's share is made of: the service was allowed, and somebody else pays.
_SHARE = {"1", "2", "3"}


def told(reason: dict[str, str]) -> ReasonText | None:
    """What a reason or remark means; None where we do not know it. No code is both."""
    code = reason.get("reason", "")
    return REASONS.get(code) or REMARKS.get(code)


def in_words(reason: dict[str, str]) -> str:
    """One adjustment or remark as a sentence: code, what it means, who bears it."""
    code, group = reason.get("reason", ""), reason.get("group", "")
    known = told(reason)
    said = f"{group} {code}".strip() + (f": {known.means}" if known else "")
    return said + (f" ({_GROUPS[group]})" if group in _GROUPS else "")


def answers_to(reasons: list[dict[str, str]]) -> list[str]:
    """What of the record to hold against these reasons, each once, in their order."""
    known = (told(reason) for reason in reasons)
    return list(dict.fromkeys(one.answer for one in known if one and one.answer))


def patients_share(reasons: list[dict[str, str]]) -> bool:
    """Whether the patient bears a part of it: then the service was allowed, though the payer may pay nothing."""
    return any(reason.get("group") == "PR" and reason.get("reason") in _SHARE for reason in reasons)
