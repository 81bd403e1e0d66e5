"""One person's day with its signature, and what a team did in a month."""
