"""Calls and messages: the call log, statistics of attempts, and text templates for notes."""
