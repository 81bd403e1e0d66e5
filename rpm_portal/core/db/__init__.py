"""What all tables share: tenancy, triggers, history, bulk writes, encrypted fields, pages of rows."""
