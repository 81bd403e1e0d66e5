"""Search in the `words` column of a table, by stored lexemes without a text parser."""

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL


def matches_words(table: str, query: str) -> RawSQL:
    """Whether a row's words match a query like "'hall':* & 'dor':*". `table` is never user input."""
    return RawSQL(f'"{table}"."words" @@ %s::tsquery', [query], output_field=BooleanField())  # noqa: S611 - the query is a parameter
