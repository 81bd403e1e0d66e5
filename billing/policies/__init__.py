"""Policies of payers by day, drafts of policies, and expected rates."""
