"""Values of Observations and components: quantities with UCUM or device units, bounds, words, and absent values."""

from decimal import Decimal

from monitoring.ingest.fhir.codes import MDC, MDC_UNITS, parts_of
from monitoring.ingest.units import UnknownUnit
from monitoring.ingest.values import COMPARATORS, value_of

# Codes of ObservationInterpretation for a value outside the scale of the device.
_OFF_SCALE = {">", "<"}
Bounded = tuple[Decimal, str]


def quantity(element: dict[str, object], metric: str, name: str) -> Bounded:
    """The value of an Observation or a component in the metric's own unit, and its comparator.

    `name` is what is measured, for the message. Raises UnknownUnit or ValueError, each with a sentence.
    """
    off_scale = _off_scale(element)
    given = element.get("valueQuantity")
    if isinstance(given, dict) and "value" in given:
        if isinstance(given["value"], str):
            raise ValueError(f"valueQuantity.value of {name} must be a number, not a text.")
        comparator = given.get("comparator")
        if comparator is not None and comparator not in COMPARATORS:
            raise ValueError(f"valueQuantity.comparator must be one of {', '.join(COMPARATORS)}.")
        return _in_unit(given, metric, name, comparator or off_scale)
    text = _text(element) or {">": "HI", "<": "LO"}.get(off_scale)
    if text is None and "valueSampledData" in element:
        raise ValueError(f"The value of {name} is a curve (valueSampledData): send the value as a valueQuantity.")
    if text is None and not any(key.startswith("value") for key in element):
        raise ValueError(f"The value of {name} is missing{_absent_reason(element)}.")
    if text is None:
        raise ValueError(f"The value of {name} must be a valueQuantity with a number and a unit.")
    try:
        value, comparator = value_of(metric, text, None)
    except UnknownUnit:
        raise
    except ValueError:
        comparator = ""
    if not comparator:
        raise ValueError(f"The value of {name} must be a valueQuantity with a number; a text only for HI, LO or >600.")
    return value, comparator


def _in_unit(given: dict[str, object], metric: str, name: str, comparator: str) -> Bounded:
    """The value in the unit of `code`, else of `unit`. If both are known units, they must mean the same."""
    code, unit = given.get("code"), given.get("unit")
    if given.get("system") == MDC:
        code = MDC_UNITS.get(str(code), code)
    if not code and not unit:
        raise UnknownUnit(f"No unit was sent for {name}.")
    result = value_of(metric, given["value"], str(code or unit), comparator=comparator)
    if code and isinstance(unit, str) and unit and unit != code:
        try:
            other = value_of(metric, given["value"], unit, comparator=comparator)
        except ValueError:
            return result
        if other != result:
            raise UnknownUnit(f"unit {unit[:20]!r} and code {str(code)[:20]!r} of {name} are two units.")
    return result


def pressure(resource: dict[str, object]) -> list[Bounded]:
    """Systolic, diastolic and pulse of a panel with components in any order. Raises UnknownUnit or ValueError."""
    components = resource.get("component")
    values: dict[str, Bounded] = {}
    for component in components if isinstance(components, list) else []:
        if not isinstance(component, dict):
            continue
        for part in parts_of(component.get("code")):
            if part in values:
                raise ValueError(f"The panel has two components for the {part} value.")
            if part == "pulse" and "valueQuantity" not in component:
                continue
            values[part] = quantity(component, "heart_rate" if part == "pulse" else "blood_pressure", part)
    for part in ("systolic", "diastolic"):
        if part not in values:
            raise ValueError(f"The panel has no component for the {part} value.")
    return [values["systolic"], values["diastolic"], values.get("pulse", (Decimal(0), ""))]


def pulse_of(resource: dict[str, object]) -> Bounded:
    """The pulse among the components of an oxygen saturation; 0 if there is none. Raises as `quantity` does."""
    components = resource.get("component")
    for component in components if isinstance(components, list) else []:
        if isinstance(component, dict) and "valueQuantity" in component and "pulse" in parts_of(component.get("code")):
            return quantity(component, "heart_rate", "pulse")
    return Decimal(0), ""


def _text(element: dict[str, object]) -> str | None:
    """The value as a word: valueString, or the text, display or code of valueCodeableConcept."""
    text, concept = element.get("valueString"), element.get("valueCodeableConcept")
    if text is None and isinstance(concept, dict):
        codings = concept.get("coding")
        rows = [row for row in codings if isinstance(row, dict)] if isinstance(codings, list) else []
        words = [concept.get("text")] + [row.get(key) for row in rows for key in ("display", "code")]
        text = next((word for word in words if isinstance(word, str) and word), None)
    return text if isinstance(text, str) else None


def _off_scale(element: dict[str, object]) -> str:
    """The interpretation code for a value outside the device's scale; empty if there is none."""
    concepts = element.get("interpretation")
    codes = {_first_code(concept) for concept in concepts} if isinstance(concepts, list) else set()
    return next((code for code in sorted(codes) if code in _OFF_SCALE), "")


def _absent_reason(element: dict[str, object]) -> str:
    reason = element.get("dataAbsentReason")
    text = reason.get("text") if isinstance(reason, dict) else None
    code = _first_code(reason) or (text if isinstance(text, str) else "")
    return f" ({code[:40]})" if code else ""


def _first_code(concept: object) -> str:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        if isinstance(coding, dict) and isinstance(coding.get("code"), str):
            return str(coding["code"])
    return ""
