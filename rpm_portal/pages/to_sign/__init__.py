"""What waits for a provider: orders to sign, escalations, limit proposals, attestations, days, and what ends soon."""
