"""Preparing, sealing and reopening a month; verifying it, and adjusting it afterwards."""
