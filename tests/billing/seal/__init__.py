"""Tests of `billing/seal`."""
