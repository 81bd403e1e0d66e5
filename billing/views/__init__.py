"""The views of billing."""
