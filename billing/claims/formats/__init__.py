"""Pure writing: claims as an 837P file or CSV, and what must be so before one is written. No database, no clock."""
