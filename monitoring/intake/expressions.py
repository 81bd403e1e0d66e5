"""Which element of an Observation the result of an entry is about. No database access."""

import re

from monitoring.models import UnmatchedReading
from monitoring.readings.sender_lines import EntryResult

_Reason = UnmatchedReading.Reason
# The element that a reason is about, if the sentence does not begin with one.
_ELEMENT_OF_REASON = {
    _Reason.UNKNOWN_DEVICE: "device",
    _Reason.NOT_ASSIGNED: "device",
    _Reason.WHOSE: "subject",
    _Reason.FUTURE: "effective",
    _Reason.IMPOSSIBLE: "value",
    _Reason.UNKNOWN_UNIT: "value",
}
# In FHIRPath an element with a choice of types has no type in its name: `effective`, not `effectiveDateTime`.
_ELEMENT = re.compile(r"(?:The )?(device|code|status|issued|effective|value|component|identifier|subject)(?=[A-Z.\s])")


def expression_of(row: EntryResult, base: str) -> str:
    """The FHIRPath of the element that an unmatched entry is about: named by the sentence, or else by the reason."""
    named = _ELEMENT.match(row.message)
    element = named[1] if named else _ELEMENT_OF_REASON.get(_Reason(row.reason), "")
    return f"{base}.{element}" if element else base
