"""The patient's chart and month."""
