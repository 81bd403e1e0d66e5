"""Drafts of calls, messages and notes."""
