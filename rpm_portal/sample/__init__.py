"""The sample practice: four months of invented people, walked through the same services as real ones."""
