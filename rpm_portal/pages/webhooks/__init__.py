"""Addresses to which carriers report: receipts and incoming texts."""
