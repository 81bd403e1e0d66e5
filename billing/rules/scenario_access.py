"""Parsers of the ACCESS model's rows of a scenario case. Errors name case, field and reason."""

from collections.abc import Iterator
from typing import TypedDict

from billing.rules.access_model import CODES_BY_TRACK, UPDATE_KINDS
from billing.rules.access_rows import Alignment, ReviewedUpdate
from billing.rules.citations import Table
from billing.rules.scenario_rows import ScenarioError, check_keys, optional_day

ACCESS_KEYS = frozenset({"access_alignments", "access_updates"})


class AccessFacts(TypedDict):
    """The facts by their names in `PatientMonth`."""

    access_alignments: tuple[Alignment, ...]
    access_updates: tuple[ReviewedUpdate, ...]


def access_facts_of(name: str, facts: Table) -> AccessFacts:
    """Alignments in the ACCESS model, and reviewed updates. Raises ScenarioError."""
    return {
        "access_alignments": tuple(_alignments(name, facts.get("access_alignments") or [])),
        "access_updates": tuple(_updates(name, facts.get("access_updates") or [])),
    }


def _alignments(name: str, rows: list[Table]) -> Iterator[Alignment]:
    for index, row in enumerate(rows):
        where = f"access_alignments[{index}]"
        check_keys(name, where, row, {"ours", "track", "from", "to", "organization"})
        first, last = (optional_day(name, f"{where}.{key}", row.get(key)) for key in ("from", "to"))
        if first is None or (last is not None and last < first):
            raise ScenarioError(f"case {name}, {where}: an alignment begins on a day, and does not end before it")
        track = _track(name, where, row)
        yield Alignment(bool(row.get("ours")), track, first, last, str(row.get("organization") or ""))


def _updates(name: str, rows: list[Table]) -> Iterator[ReviewedUpdate]:
    for index, row in enumerate(rows):
        where = f"access_updates[{index}]"
        check_keys(name, where, row, {"track", "kind", "received_on", "done_on"})
        received, done = (optional_day(name, f"{where}.{key}", row.get(key)) for key in ("received_on", "done_on"))
        if received is None or done is None or done < received:
            raise ScenarioError(f"case {name}, {where}: an update is received on a day and reviewed on it or later")
        if row.get("kind") not in UPDATE_KINDS:
            raise ScenarioError(f"case {name}, {where}: {row.get('kind')!r} is not start, transition or completion")
        yield ReviewedUpdate(_track(name, where, row), str(row["kind"]), received, done, f"update:{index}")


def _track(name: str, where: str, row: Table) -> str:
    if row.get("track") not in CODES_BY_TRACK:
        raise ScenarioError(f"case {name}, {where}: {row.get('track')!r} is not eCKM, CKM, MSK or BH")
    return str(row["track"])
