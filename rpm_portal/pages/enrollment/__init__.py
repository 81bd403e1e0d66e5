"""The enrollment page: eight cards over the rooms' services, and the list of enrollments in progress."""
