"""The medications, allergies and caregivers of a patient: what the chart shows, and their page."""
