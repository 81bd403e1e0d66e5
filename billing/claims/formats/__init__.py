"""The file formats of claims and the checks before one is written. Pure: no database, no clock."""
