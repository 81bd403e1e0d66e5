"""The pages of enrollment that need no other app."""
