"""Everything of a patient or a practice, in open formats: CSV of every table, FHIR R4 of what FHIR knows."""
