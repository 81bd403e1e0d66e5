"""Bringing a panel in: a CSV file checked whole, then committed whole."""
