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
    "35094-2": "blood_pressure",
    PULSE: "heart_rate",
    "40443-4": "heart_rate",  # resting
    "68999-2": "heart_rate",  # supine
    "69000-8": "heart_rate",  # sitting
    "69001-6": "heart_rate",  # standing
    "8889-8": "heart_rate",  # by pulse oximetry
    "29463-7": "weight",
    "3141-9": "weight",  # measured
    "2339-0": "glucose",
    "2340-8": "glucose",  # automated test strip
    "2341-6": "glucose",  # test strip, read by hand
    "1558-6": "glucose",  # fasting
    "14749-6": "glucose",  # serum or plasma, moles
    "32016-8": "glucose",  # capillary
    "74774-1": "glucose",  # serum, plasma, or blood
    "41653-7": "glucose",  # capillary, by glucometer
    "15074-8": "glucose",
    "2345-7": "glucose",  # serum or plasma
    "14743-9": "glucose",  # capillary, by glucometer, moles
    "99504-3": "glucose",  # interstitial fluid, by continuous sensor
    "105272-9": "glucose",
    "59408-5": "spo2",
    "2708-6": "spo2",
    "59417-6": "spo2",  # resting
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
PARTS = {
    **dict.fromkeys((SYSTOLIC, "8459-0", "8460-8", "8461-6"), "systolic"),  # sitting, standing, supine
    **dict.fromkeys((DIASTOLIC, "8453-3", "8454-1", "8455-8"), "diastolic"),
    **dict.fromkeys((PULSE, "8889-8"), "pulse"),
}
_MDC_PARTS = {"150021": "systolic", "150022": "diastolic", **dict.fromkeys(("149546", "149530", "147842"), "pulse")}
# Measures that are not stored: a device that sends one had contact, and nobody has to repair anything.
_NOT_STORED = {
    *("9279-1", "8302-2", "39156-5", "41982-0", "8478-0", "55423-8", "41950-7", "41981-2", "93832-4", "11524-6"),
    *("150023", "151562", "151578", "188740", "188752", "188748", "131328"),
}
# Panels of several vital signs (LOINC "Vital signs" panels).
VITAL_SIGNS_PANELS = {"85353-1", "8716-3"}
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


def is_not_stored(concept: object) -> bool:
    """Whether a CodeableConcept names a measure that is known and not stored: height, steps, respiratory rate."""
    return any(code in _NOT_STORED for _, code in _codes(concept))


def is_vital_signs_panel(concept: object) -> bool:
    """Whether a CodeableConcept is a panel of several vital signs."""
    return any(code in VITAL_SIGNS_PANELS for _, code in _codes(concept))


def _codes(concept: object) -> list[tuple[str | None, str]]:
    """The codes with their systems, of which a final slash and spaces are not significant."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    rows = [row for row in codings if isinstance(row, dict)] if isinstance(codings, list) else []
    return [
        (system.strip().rstrip("/") if isinstance(system, str) else None, code.strip())
        for system, code in ((row.get("system"), row.get("code")) for row in rows)
        if isinstance(code, str) and isinstance(system, str | None)
    ]


def _found(concept: object, loinc: dict[str, str], mdc: dict[str, str]) -> set[str]:
    tables = {LOINC: loinc, MDC: mdc}
    found = ((tables.get(_SYSTEMS.get(system, ""), {}), code) for system, code in _codes(concept))
    return {table[code] for table, code in found if code in table}
