"""Tests of `timetracking/staff_days`."""
