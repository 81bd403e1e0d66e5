"""The sample practice: four months of invented data, created with the same services as real data."""
