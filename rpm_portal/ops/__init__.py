"""Running the product: environment, backups, database grants, health."""
