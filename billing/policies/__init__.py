"""Which payer follows which policy from when, drafts of policies, and expected rates."""
