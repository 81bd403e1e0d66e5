"""Proof of the recipes in CONTRIBUTING.md: `python -m tests.recipes` (`make recipes`)."""
