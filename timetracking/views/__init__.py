"""Views of time tracking."""
