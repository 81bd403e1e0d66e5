"""Tests of `timetracking/threads`."""
