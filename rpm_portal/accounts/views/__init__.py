"""Views of people, sign-in and sessions."""
