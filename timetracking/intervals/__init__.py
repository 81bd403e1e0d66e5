"""Interval arithmetic, and the lock that serializes one person's timer changes."""
