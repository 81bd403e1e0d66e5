"""Tests of `billing/review`."""
