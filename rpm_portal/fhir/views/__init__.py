"""Views of the FHIR server, of its token endpoint, and of the page of its clients."""
