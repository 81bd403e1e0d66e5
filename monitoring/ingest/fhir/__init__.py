"""Parts of the parser for FHIR R4: codes, identity, references, and the schemas of the bodies."""
