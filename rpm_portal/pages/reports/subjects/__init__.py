"""What reports are about: one module a subject, each with its columns and its querysets."""
