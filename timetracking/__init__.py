"""Minutes given and calls made."""
