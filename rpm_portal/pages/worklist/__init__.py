"""The clinician's first page: who needs attention, in which order, and why. Reads every app; no app imports it."""
