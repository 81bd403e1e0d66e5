"""Wiring: the clinician's first page and the patient's chart. Reads every room; imported by none."""
