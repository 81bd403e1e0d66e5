"""Pages of enrollment: eight cards that use the apps' services, and the list of enrollments in progress."""
