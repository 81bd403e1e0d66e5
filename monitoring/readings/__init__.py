"""Readings: stored, versioned, voided, drawn and listed."""
