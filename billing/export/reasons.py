"""What a payer's adjustment reasons mean, in our words, and what of ours answers them. Pure.

The codes are X12's claim adjustment reason codes (code list 139); their official wording is X12's own and not copied.
A code that is not here is shown as it came.
"""

from typing import NamedTuple

_GROUPS = {
    "CO": "the practice bears it",
    "PR": "the patient's share",
    "OA": "neither's to bear",
    "PI": "the payer's own reduction",
}
# Reasons that a patient's share is made of: the service was allowed, and somebody else pays.
_SHARE = {"1", "2", "3"}


class Told(NamedTuple):
    """A reason in words, and where in the record its answer stands."""

    means: str
    answer: str


_ORDER = "the signed order with its diagnosis"
_TIME = "the minute ledger and the call of the month"
_DAYS = "the reading days of the period, from the transmission log"
_ONCE = "that no other line of ours covers the same period or month"
_WHO = "name, member id and coverage dates on file against the card"
_PROVIDER = "the NPIs on the claim against the payer's enrollment records"
REASONS: dict[str, Told] = {
    "1": Told("the patient's deductible", ""),
    "2": Told("the patient's coinsurance", ""),
    "3": Told("the patient's copayment", ""),
    "4": Told("a modifier is missing or does not fit the code", "the line's modifiers and the payer's policy page"),
    "5": Told("code and place of service do not fit", "the place of service in the claim setup"),
    "11": Told("the diagnosis does not fit the service", _ORDER),
    "16": Told("the claim lacks something or has an error", "the remark codes beside it, and the claim's own checks"),
    "18": Told("the payer already has this service", "earlier exports of the claim, and their answers"),
    "22": Told("another payer comes first", "the patient's coverages, and which is primary"),
    "26": Told("the service was before coverage began", _WHO),
    "27": Told("the service was after coverage ended", _WHO),
    "29": Told("the claim came after the time limit", "the export's date and the payer's receipt (277CA)"),
    "31": Told("the payer does not know the patient by these data", _WHO),
    "45": Told("charged above the payer's fee", ""),
    "50": Told("the payer sees no medical need", f"{_ORDER}, the goals, and the call notes"),
    "55": Told("the payer holds it for experimental", f"{_ORDER}, and the device model's 510(k) number"),
    "58": Told("the place of service was wrong", "the place of service in the claim setup"),
    "96": Told("the plan does not cover it", "the payer's policy on the policies page"),
    "97": Told("the payer counts it into another service", _ONCE),
    "109": Told("this is not the payer for it", "the patient's coverage on the date of service"),
    "119": Told("the benefit's limit for the period is reached", _ONCE),
    "125": Told("an error in the submission", "the file and the 999 and 277CA that answered it"),
    "140": Told("name and number of the patient do not belong together", _WHO),
    "146": Told("the diagnosis is not valid on this date", _ORDER),
    "151": Told("the payer finds this many too many", f"{_DAYS}; {_TIME}"),
    "167": Told("the plan does not cover this diagnosis", _ORDER),
    "170": Told("this kind of provider may not bill it", _PROVIDER),
    "177": Told("the patient was not eligible", _WHO),
    "181": Told("the code is not valid on this date", "the code set of the month and the date of service"),
    "182": Told("the modifier is not valid on this date", "the line's modifiers"),
    "183": Told("the referring provider may not refer for it", _PROVIDER),
    "184": Told("the ordering provider may not order it", f"{_ORDER}; {_PROVIDER}"),
    "185": Told("the rendering provider may not furnish it", _PROVIDER),
    "197": Told("an authorization is missing", "the payer's policy on authorizations"),
    "204": Told("the patient's plan does not cover it", "the patient's coverage"),
    "208": Told("the payer does not know this NPI", _PROVIDER),
    "226": Told("records the payer asked for did not come", "the evidence packet of the claim"),
    "236": Told("two codes do not go together on this day", _ONCE),
    "252": Told("the payer asks for a record", "the evidence packet of the claim"),
    "253": Told("the federal reduction of payments", ""),
    "B7": Told("the provider was not eligible on this date", _PROVIDER),
    "B9": Told("the patient is in hospice", "the patient's status on the date of service"),
    "B15": Told("it needs another service that was not paid first", "the base code of the same month"),
    "B20": Told("another provider was paid for it", "the patient's answer about other monitoring, in the consent"),
}


def in_words(reason: dict[str, str]) -> str:
    """One adjustment as a sentence: code, what it means, who bears it."""
    code, group = reason.get("reason", ""), reason.get("group", "")
    told = REASONS.get(code)
    said = f"{group} {code}".strip() + (f": {told.means}" if told else "")
    return said + (f" ({_GROUPS[group]})" if group in _GROUPS else "")


def answers_to(reasons: list[dict[str, str]]) -> list[str]:
    """What of the record to hold against these reasons, each once, in their order."""
    told = (REASONS.get(reason.get("reason", "")) for reason in reasons)
    return list(dict.fromkeys(one.answer for one in told if one and one.answer))


def patients_share(reasons: list[dict[str, str]]) -> bool:
    """Whether the patient bears a part of it: then the service was allowed, though the payer may pay nothing."""
    return any(reason.get("group") == "PR" and reason.get("reason") in _SHARE for reason in reasons)
