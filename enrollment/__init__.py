"""Patients, coverage, enrollments, orders, consents and devices."""
