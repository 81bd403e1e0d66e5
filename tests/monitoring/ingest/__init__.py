"""Tests of `monitoring/ingest`."""
