"""Alerts: limits, evaluation, silence, and what people do with them."""
