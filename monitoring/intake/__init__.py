"""Deliveries: stored, parsed, matched, retried and replayed; and readings entered by hand."""
