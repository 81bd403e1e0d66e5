"""Tests of `billing/evidence`."""
