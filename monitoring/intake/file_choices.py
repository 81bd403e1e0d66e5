"""What a file leaves open and what a practice chose for files with the same header."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitoring.ingest.file_mapping import Mapping, mapping_of
from monitoring.ingest.file_values import Possible, unit_of_values, units_in_heading
from monitoring.ingest.vendors.files import UNIT_CHOICES, Table, possible_ways, values_of
from monitoring.models import RememberedFormat
from rpm_portal.accounts.models import Membership

# Measures that people write in two units.
TWO_UNITS = {"weight": ("lb", "kg"), "glucose": ("mg/dL", "mmol/L"), "temperature": ("[degF]", "Cel")}


@dataclass(frozen=True, slots=True)
class Choices:
    """A mapping with everything that the file decides, and what a person has to choose.

    `asked` has the fields to choose: date_order, decimal_sign, unit. Empty: the file can be read in one way.
    """

    mapping: Mapping
    ways: Possible
    asked: frozenset[str]


def choices_of(table: Table, mapping: Mapping) -> Choices:
    """Decide date order, decimal sign and unit from the whole file; what stays open is asked."""
    ways = possible_ways(table, mapping)
    order = ways.date_orders[0] if len(ways.date_orders) == 1 else mapping.date_order or ways.likely_order
    sign = ways.decimal_signs[0] if len(ways.decimal_signs) == 1 else mapping.decimal_sign
    order, sign = ("" if chosen == "mixed" else chosen for chosen in (order, sign))
    decided = replace(mapping, date_order=order, decimal_sign=sign)
    asked = set()
    if len(ways.date_orders) > 1 and not decided.date_order:
        asked.add("date_order")
    if len(ways.decimal_signs) > 1 and not decided.decimal_sign:
        asked.add("decimal_sign")
    if mapping.metric in TWO_UNITS and not mapping.unit:
        values = list(values_of(table, decided))
        bare = [value for value in values if not math.isnan(value)]
        unit = units_in_heading(mapping.first, UNIT_CHOICES) or unit_of_values(mapping.metric, bare)
        decided = replace(decided, unit=unit)
        if bare and not unit:
            asked.add("unit")
    return Choices(decided, ways, frozenset(asked))


def header_digest(columns: Sequence[str]) -> str:
    """The digest by which files with the same columns are recognized."""
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()


def remembered(practice_id: int, columns: Sequence[str]) -> tuple[Mapping | None, str]:
    """The mapping and zone that the practice chose for this header before; (None, "") if it did not."""
    row = RememberedFormat.objects.filter(practice=practice_id, header_digest=header_digest(columns)).first()
    if row is None:
        return None, ""
    try:
        return mapping_of(row.choices["mapping"]), str(row.choices.get("zone", ""))
    except (KeyError, TypeError):
        return None, ""


def remember(columns: Sequence[str], mapping: Mapping, *, zone: str, by: Membership, now: datetime) -> RememberedFormat:
    """Remember the choices for the next file with this header; `zone` is empty for the zone of each patient."""
    row, _ = RememberedFormat.objects.update_or_create(
        practice=by.practice,
        header_digest=header_digest(columns),
        defaults={"choices": {"mapping": mapping.as_dict(), "zone": zone}, "chosen_by": by.user, "chosen_at": now},
    )
    return row
