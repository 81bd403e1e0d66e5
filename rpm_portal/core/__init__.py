"""Shared code of all apps. It imports none of them."""
