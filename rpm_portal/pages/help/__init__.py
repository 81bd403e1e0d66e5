"""Help: definitions of the figures, how to work with the portal by role, and the first day of a practice."""
