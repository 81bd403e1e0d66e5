"""Tests of `monitoring/rules`."""
