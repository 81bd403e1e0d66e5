"""Tests of `rpm_portal/pages/patient`."""
