"""Tests of `enrollment/services`."""
