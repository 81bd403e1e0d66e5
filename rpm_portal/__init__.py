"""The corridor: settings, access, days, history, accounts, audit, and the first page."""
