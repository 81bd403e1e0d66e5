"""Every part of every fixture replaced by something of another kind: each body is parsed, refused, or waits."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from monitoring.ingest import BadBody, Measurement, RefusedEntry, check_values, entries_of
from tests.monitoring.ingest.vendors.test_fixtures import CASES

ODD: list[Any] = [None, True, -1, 0, 10**18, 1.5, "", "x", "\u0667\u0661", "9" * 39, [], {}, [{}], [[]], {"a": []}]


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a JSON value, except the whole."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from parts(child, (*path, key))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a body with another value in one place."""
    result = copy.deepcopy(body)
    target = result
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return result


@pytest.mark.parametrize(("shape", "row"), [case for case in CASES if "body" in case.values[1]])
def test_a_part_of_another_kind_never_breaks_a_parser_or_stores_an_impossible_value(shape, row):
    for path in parts(row["body"]):
        for value in ODD:
            try:
                entries = entries_of(shape, json.dumps(changed(row["body"], path, value)).encode(), row.get("units"))
            except BadBody:
                continue
            for entry in entries:
                if isinstance(entry, Measurement):
                    assert check_values(entry.metric, entry.values, entry.bounds) == "", (path, value)
                    assert entry.serial
                    assert entry.measured_at.tzinfo is not None
                elif isinstance(entry, RefusedEntry):
                    assert entry.message
                    assert len(entry.serial) <= 60
