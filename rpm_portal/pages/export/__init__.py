"""Export of a patient or a practice in open formats: CSV of every table, and FHIR R4 resources."""
