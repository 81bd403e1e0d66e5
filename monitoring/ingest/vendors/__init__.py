"""One pure parser a vendor."""
