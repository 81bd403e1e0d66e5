"""The only adapter between the rows of the apps and the facts that the rules decide."""
