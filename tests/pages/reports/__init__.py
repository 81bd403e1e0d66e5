"""Tests of `rpm_portal/pages/reports`."""
