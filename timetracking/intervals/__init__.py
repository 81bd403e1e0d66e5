"""Overlaps and splits of intervals, and the lock of one person's clock."""
