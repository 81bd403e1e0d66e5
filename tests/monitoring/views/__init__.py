"""Tests of `monitoring/views`."""
