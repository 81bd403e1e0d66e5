"""Tests of `monitoring/intake`."""
