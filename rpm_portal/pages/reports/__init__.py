"""Reports that people choose: subject, columns, filters and sums; saved, shared, and written as files."""
