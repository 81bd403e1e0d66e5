"""Tests of `pages/worklist`."""
