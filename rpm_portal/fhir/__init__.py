"""The FHIR R4 server on /api/fhir with SMART Backend Services: the top layer, which no app imports."""
