"""Tests of `billing/answers`."""
