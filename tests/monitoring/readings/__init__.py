"""Tests of `monitoring/readings`."""
