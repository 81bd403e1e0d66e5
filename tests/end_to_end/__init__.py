"""Tests that run through several apps, some of them with real processes."""
