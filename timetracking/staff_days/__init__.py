"""A person's work day with its signature, and the team's totals of a month."""
