"""Tests of `timetracking/calls`."""
