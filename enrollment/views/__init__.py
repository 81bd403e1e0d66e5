"""Views of enrollment that need no other app."""
