"""Billing: rules, the close of a month, review, claims and answers."""
