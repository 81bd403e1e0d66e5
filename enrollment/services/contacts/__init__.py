"""Contact points, caregivers, and consents by channel."""
