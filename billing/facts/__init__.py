"""Facts of a month: the only adapter between the database rows of all apps and the rule engine."""
