"""Limits and rules over several values. Pure."""
