"""Pages of people, sign-in and sessions."""
