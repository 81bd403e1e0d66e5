"""Transactions that read one snapshot of all tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot(*, read_only: bool) -> Iterator[None]:
    """A transaction in which every statement sees the rows as they were at the first one. The ORM cannot ask for it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            mode = ", READ ONLY" if read_only else ""
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ{mode}")
        yield
