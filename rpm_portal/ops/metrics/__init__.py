"""Metrics for Prometheus: requests that the web processes count, and figures that a separate process reads.

No label has a value of a patient, a person, or a practice: labels are view names, methods, statuses, queues, and kinds
of work.
"""
