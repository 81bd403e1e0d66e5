"""The ledger: what happened to each dollar of a claim line, and the checks of the payers."""
