"""Tests of `billing/models`."""
