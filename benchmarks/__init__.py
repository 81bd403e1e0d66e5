"""Measurements: the thing and its limit in turn, several times; medians and their ratio. Never fails a build."""
