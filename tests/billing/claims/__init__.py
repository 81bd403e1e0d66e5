"""Tests of `billing/claims`."""
