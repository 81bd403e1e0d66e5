"""Alerts: limits, evaluation, silence, and the actions of people."""
