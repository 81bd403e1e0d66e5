"""Codes of the metrics in Observations: LOINC, and the nomenclature of personal health devices (ISO/IEEE 11073-10101).

Sources: LOINC (https://loinc.org/), the code pages of each number; HL7 Personal Health Device Implementation Guide
(http://hl7.org/fhir/uv/phd/), which requires the MDC code and permits LOINC next to it.
"""

LOINC, MDC = "http://loinc.org", "urn:iso:std:iso:11073:10101"
# The same code systems by their other identifiers; a coding without a system is taken as LOINC.
_SYSTEMS = {
    None: LOINC,
    LOINC: LOINC,
    "https://loinc.org": LOINC,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    MDC: MDC,
    "urn:oid:2.16.840.1.113883.6.24": MDC,
}
PRESSURE, SYSTOLIC, DIASTOLIC, PULSE = "85354-9", "8480-6", "8462-4", "8867-4"
# Whole measurements. Blood pressure is a panel with components.
METRICS = {
    PRESSURE: "blood_pressure",
    "55284-4": "blood_pressure",
    PULSE: "heart_rate",
    "40443-4": "heart_rate",  # resting
    "8889-8": "heart_rate",  # by pulse oximetry
    "29463-7": "weight",
    "3141-9": "weight",  # measured
    "2339-0": "glucose",
    "41653-7": "glucose",  # capillary, by glucometer
    "15074-8": "glucose",
    "2345-7": "glucose",  # serum or plasma
    "14743-9": "glucose",  # capillary, by glucometer, moles
    "99504-3": "glucose",  # interstitial fluid, by continuous sensor
    "105272-9": "glucose",
    "59408-5": "spo2",
    "2708-6": "spo2",
    "8310-5": "temperature",
    "8331-1": "temperature",  # oral
    "8333-7": "temperature",  # tympanic membrane
    "76011-6": "temperature",  # ear
    "8332-9": "temperature",  # rectal
    "8328-7": "temperature",  # axillary
    "75539-7": "temperature",  # temporal artery
    "19935-6": "peak_flow",
    "33452-4": "peak_flow",
}
_MDC_METRICS = {
    "150020": "blood_pressure",
    "149546": "heart_rate",  # pulse rate, non-invasive
    "147842": "heart_rate",
    "149530": "heart_rate",  # by pulse oximetry
    "188736": "weight",
    "150456": "spo2",
    "150364": "temperature",
    "188424": "temperature",  # oral
    "188428": "temperature",  # ear
    "150392": "temperature",  # tympanic membrane
    "160184": "glucose",  # capillary whole blood
    "160188": "glucose",  # capillary plasma
    "160212": "glucose",  # interstitial fluid
    "152584": "peak_flow",
}
# Parts of a blood pressure, as components or as Observations of their own.
PARTS = {SYSTOLIC: "systolic", DIASTOLIC: "diastolic", PULSE: "pulse"}
_MDC_PARTS = {"150021": "systolic", "150022": "diastolic", "149546": "pulse"}
# Units of the device nomenclature, in UCUM.
MDC_UNITS = {
    "266016": "mm[Hg]",
    "264864": "/min",
    "263875": "kg",
    "263904": "[lb_av]",
    "262688": "%",
    "268192": "Cel",
    "266560": "[degF]",
    "264274": "mg/dL",
    "266866": "mmol/L",
}


def metrics_of(concept: object) -> set[str]:
    """The metrics that a CodeableConcept names: usually one, none for another measure, two if it contradicts itself."""
    return _found(concept, METRICS, _MDC_METRICS)


def parts_of(concept: object) -> set[str]:
    """The parts of a blood pressure that a CodeableConcept names: systolic, diastolic, pulse."""
    return _found(concept, PARTS, _MDC_PARTS)


def _found(concept: object, loinc: dict[str, str], mdc: dict[str, str]) -> set[str]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    found: set[str] = set()
    for coding in codings if isinstance(codings, list) else []:
        code, system = (coding.get("code"), coding.get("system")) if isinstance(coding, dict) else (None, "")
        if not isinstance(code, str) or not isinstance(system, str | None):
            continue
        known = {LOINC: loinc, MDC: mdc}.get(_SYSTEMS.get(system, ""), {})
        if code in known:
            found.add(known[code])
    return found
