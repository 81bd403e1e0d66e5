"""Monitoring: readings from devices, limits, alerts and their reviews."""
