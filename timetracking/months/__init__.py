"""Stored totals of a month, and the triggers that protect a locked month."""
