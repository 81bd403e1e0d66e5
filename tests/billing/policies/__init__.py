"""Tests of `billing/policies`."""
