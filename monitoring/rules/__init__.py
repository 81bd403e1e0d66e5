"""Limits, and rules over several values. No database access."""
