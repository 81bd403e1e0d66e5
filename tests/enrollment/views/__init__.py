"""Tests of `enrollment.views`."""
