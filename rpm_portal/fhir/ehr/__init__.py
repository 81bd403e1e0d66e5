"""Launches from EHRs (SMART App Launch): the portal opens a patient's chart from inside a practice's EHR."""
