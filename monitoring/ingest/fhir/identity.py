"""Which identifier of an Observation identifies the reading."""

from monitoring.ingest.values import shorten_identifier

# Types of identifiers (HL7 v2 table 0203) for an order, an accession or its group, not for one reading.
_ORDER_IDENTIFIER_TYPES = {"PLAC", "FILL", "ACSN", "PGN", "FGN"}
# Identifier.use in order of preference; `secondary` and `old` do not identify a reading.
_IDENTIFIER_USES = ("official", "usual", None, "temp")
# The use of our own identifier in Observations that we give out: a client that sends one back changes no identity.
OWN_IDENTIFIER_USE = "secondary"


def identifier_of(resource: dict[str, object]) -> tuple[str, str]:
    """System and value of the identifier of the reading; empty if there is none.

    The identifier with the preferred use is taken: official, usual, none, temporary. Several with the same use form the
    identifier together, in any order.
    """
    identifiers = resource.get("identifier")
    by_use: dict[object, set[tuple[str, str]]] = {}
    for identifier in identifiers if isinstance(identifiers, list) else []:
        value = identifier.get("value") if isinstance(identifier, dict) else None
        if not isinstance(value, str) or not value.strip() or _identifies_order(identifier):
            continue
        system, use = identifier.get("system"), identifier.get("use")
        if use is None or isinstance(use, str):
            by_use.setdefault(use, set()).add((system if isinstance(system, str) else "", value))
    for use in _IDENTIFIER_USES:
        if pairs := sorted(by_use.get(use, ())):
            systems, values = zip(*pairs, strict=True)
            return shorten_identifier("|".join(systems)) if any(systems) else "", shorten_identifier("|".join(values))
    return "", ""


def _identifies_order(identifier: dict[str, object]) -> bool:
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    return isinstance(codings, list) and any(
        isinstance(coding, dict) and coding.get("code") in _ORDER_IDENTIFIER_TYPES for coding in codings
    )
