"""Database code shared by all apps: tenancy, triggers, history, bulk writes, encrypted fields, pagination."""
