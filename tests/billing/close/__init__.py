"""Tests of `billing/close`."""
