"""Which kind of file a transaction is, by its code and implementation guide. Pure."""

from billing.answers.x12_parts import Transaction, X12Refused

_READ = {("835", "X221"): "835", ("277", "X214"): "277CA", ("999", "X231"): "999", ("TA1", ""): "TA1"}
_NAMES = {
    ("277", "X212"): "a claim status response (277 X212)",
    ("277", "X213"): "a payer's request for information (277 X213)",
    ("277", "X364"): "a data reporting acknowledgment (277 X364)",
    ("271", "X279"): "an eligibility answer (271)",
    ("837", "X222"): "a claim file (837P), which is sent and not posted",
    ("837", "X223"): "a claim file (837I), which is sent and not posted",
}
_POSTED = "Only 999, 277CA, TA1 and 835 of version 5010 are posted."


def kind_of(transaction: Transaction) -> str:
    """835, 277CA, 999 or TA1. Raises X12Refused, naming the kind of any other file."""
    code, version, guide = transaction.code, transaction.guide[:6], transaction.guide[6:10]
    if code != "TA1" and version != "005010":
        number = version[2:] if version[:2] == "00" else version or "unknown"
        raise X12Refused(f"This is a {code or 'file'} of version {number}. {_POSTED}")
    kind = _READ.get((code, guide))
    if kind is None:
        name = _NAMES.get((code, guide), f"a {code or 'file of unknown kind'} ({transaction.guide or 'no guide'})")
        raise X12Refused(f"This is {name}. {_POSTED}")
    return kind
