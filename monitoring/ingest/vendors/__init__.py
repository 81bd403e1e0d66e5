"""Parsers of the vendors' formats, one module a vendor. They use no clock and no database."""
