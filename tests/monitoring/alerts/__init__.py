"""Tests of `monitoring/alerts`."""
