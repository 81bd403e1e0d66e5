"""Searching the `words` of a table: lexemes as they are stored, without a parser between."""

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL


def holds(table: str, query: str) -> RawSQL:
    """Whether a row's words match a query like "'hall':* & 'dor':*". `table` is a name of our own."""
    return RawSQL(f'"{table}"."words" @@ %s::tsquery', [query], output_field=BooleanField())  # noqa: S611 - the query is a parameter
