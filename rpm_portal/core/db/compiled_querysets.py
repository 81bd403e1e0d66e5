"""Querysets that are built and compiled once a thread and run many times: the same rows, a fifth of the time.

Building and compiling a queryset with a few joins costs more than its statement. Where a page asks the same question
each time, the question is compiled once with marks in place of its values, and run as a prepared statement.
"""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import ValuesListIterable, get_related_populators

from rpm_portal.core.db.any_of import written
from rpm_portal.core.db.prepared_statements import hot_cursor

_MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda n: -918_273_000 - n,
    list: lambda n: [-918_273_000 - n],
    str: lambda n: f"mark-{n}",
    date: lambda n: date(1901, 3, 7 + n),
    datetime: lambda n: datetime(1902, 3, 7 + n, 11, 13, 17, tzinfo=UTC),
}


class Prepared:
    """A queryset with named values: `Prepared(build, practice=int, since=datetime)`, then called with the values.

    `build` gets the values by name and returns the queryset; it must use each as it is, and may not look at it. A list
    of keys goes with `any_of`. Instances, joined rows, annotations, and the tuples of `values_list` come back as the
    queryset itself would give them.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]], **kinds: type) -> None:
        self._build = build
        self._marks = {name: _MARKS[kind](number) for number, (name, kind) in enumerate(kinds.items())}
        self._kept = threading.local()

    def __call__(self, **values: Any) -> list[Any]:
        """The rows for these values. One statement."""
        if not hasattr(self._kept, "made"):
            self._kept.made = self._compiled()
        sql, params, compiler, populators, converters = self._kept.made
        with hot_cursor() as cursor:
            cursor.execute(sql, [values[name] if name is not None else value for name, value in params])
            rows = cursor.fetchall()
        told = compiler.apply_converters(rows, converters) if converters else rows
        return list(told if populators is None else self._instances(compiler, populators, told))

    def _compiled(self) -> tuple[str, list[tuple[str | None, Any]], Any, Any, Any]:
        built = self._build(**self._marks)
        query, tuples = built.query, issubclass(built._iterable_class, ValuesListIterable)
        compiler = query.get_compiler(connection=connection)
        sql, given = compiler.as_sql()
        # A list of keys is written out by `any_of` already.
        names = {written(m) if isinstance(m, list) else str(m): name for name, m in self._marks.items()}
        params = [(names.get(str(value)), value) for value in given]
        missing = set(self._marks) - {name for name, _ in params}
        if missing:
            raise ValueError(f"The queryset does not use {', '.join(sorted(missing))} as they are.")
        populators = None
        if not tuples:
            # The stubs know the next Django's.
            populators = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]
        # What turns a column's value into the field's: found once, where the queryset would look again each time.
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return sql, params, compiler, populators, converters

    @staticmethod
    def _instances(compiler: Any, populators: Any, rows: Any) -> Any:
        """As Django's own iteration over a queryset makes them."""
        info, columns = compiler.klass_info, compiler.select
        fields = info["select_fields"]
        first, last = fields[0], fields[-1] + 1
        names = [column[0].target.attname for column in columns[first:last]]
        for row in rows:
            made = info["model"].from_db(connection.alias, names, row[first:last])
            for populator in populators:
                populator.populate(row, made)
            for name, place in compiler.annotation_col_map.items():
                setattr(made, name, row[place])
            yield made
