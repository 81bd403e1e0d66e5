"""The pages of time and calls."""
