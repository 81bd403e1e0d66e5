"""Queries for a sender's stored readings by identifier or by measurement; and the lock on a sender."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from monitoring.ingest import Entry, Measurement, RefusedEntry, Retraction
from monitoring.models import SenderStatement, Source
from monitoring.readings.sender_lines import KnownReadings, Name, Rank, StoredRetraction, Version, content_of, lines_of
from monitoring.readings.store import MatchedReading
from rpm_portal.core.db.prepared_statements import prepared_rows


def lock_sender(sender_id: int, *, alone: bool) -> None:
    """Make retractions and amendments of a sender wait for its other bodies, until the transaction ends.

    A retraction is recorded for a reading that has not arrived yet: without the lock the two could miss each other.
    """
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    prepared_rows(f"SELECT {function}(hashtext('monitoring.sender'), %s::int)", [sender_id & 0x7FFFFFFF])


_FIELDS = """r.id, r.enrollment_id, r.device_id, r.metric, r.measured_at, r.local_day, r.value, r.value_2, r.value_3,
    r.bounds, r.source_kind, r.issued_at, r.amended, r.delivery_id, r.entry, r.voided_at IS NOT NULL,
    r.voided_by_id IS NOT NULL, coalesce(r.version_of_id, r.id), coalesce(r.version_of_measured_at, r.measured_at)"""


def _version(row: Sequence[Any]) -> Version:
    pk, enrollment_id, device_id, metric, measured_at, local_day, *values, bounds, source_kind = row[:11]
    issued, amended, delivery_id, entry, voided, by_person, root, root_measured_at = row[11:]
    return Version(
        pk,
        (root, root_measured_at),
        enrollment_id,
        device_id,
        metric,
        measured_at,
        local_day,
        content_of(device_id, metric, measured_at, values, bounds, source_kind),
        Rank(issued, amended, (delivery_id or 0, entry)),
        voided,
        by_person,
    )


_ANY_STORED = """
SELECT EXISTS (SELECT 1 FROM monitoring_vendorreading WHERE sender_id = %s::bigint AND vendor_id = ANY(%s::text[]))
    OR EXISTS (SELECT 1 FROM monitoring_senderstatement WHERE sender_id = %s::bigint AND vendor_id = ANY(%s::text[]))
"""


def _any_stored(sender_id: int, values: list[str]) -> bool:
    """Whether anything is stored for these identifiers; for nearly all that arrive, nothing is."""
    return bool(prepared_rows(_ANY_STORED, [sender_id, values, sender_id, values])[0][0])


def look_up(practice_id: int, sender_id: int, names: Iterable[Name]) -> dict[Name, KnownReadings]:
    """What is stored for identities; no key for an unknown one. One statement if none is known, else three.

    Raw: versions are found by a lateral join.
    """
    wanted = set(names)
    if not wanted:
        return {}
    values = [value for _, value in wanted]
    if not _any_stored(sender_id, values):
        return {}
    known_by_name: dict[Name, KnownReadings] = {}
    statements = [
        row
        for row in SenderStatement.objects.filter(practice=practice_id, sender=sender_id, vendor_id__in=values)
        if (row.vendor_system, row.vendor_id) in wanted
    ]
    versions_by_name: dict[Name, list[Version]] = {}
    with connection.cursor() as cursor:
        # An identifier refers to the first version of its reading, which all later versions refer to.
        cursor.execute(
            f"""
            SELECT n.vendor_system, n.vendor_id, {_FIELDS}
            FROM (SELECT DISTINCT v.vendor_system, v.vendor_id, coalesce(t.version_of_id, t.id) AS root,
                         coalesce(t.version_of_measured_at, t.measured_at) AS root_measured_at
                  FROM monitoring_vendorreading v
                  JOIN monitoring_reading t ON t.id = v.reading_id AND t.measured_at = v.reading_measured_at
                  WHERE v.sender_id = %s AND v.vendor_id = ANY(%s::text[])) n
            JOIN LATERAL (SELECT * FROM monitoring_reading WHERE id = n.root AND measured_at = n.root_measured_at
                          UNION ALL SELECT * FROM monitoring_reading WHERE version_of_id = n.root) r ON true
            ORDER BY r.id
            """,  # noqa: S608 - our own column names
            [sender_id, values],
        )
        for system, value, *row in cursor.fetchall():
            versions_by_name.setdefault((system, value), []).append(_version(row))
    for name, versions in versions_by_name.items():
        if name in wanted:
            known_by_name.setdefault(name, KnownReadings()).lines = lines_of(versions)
    for statement in statements:
        known = known_by_name.setdefault((statement.vendor_system, statement.vendor_id), KnownReadings())
        rank = Rank(statement.issued_at, statement.amended, (statement.delivery_id, statement.entry))
        if statement.kind == SenderStatement.Kind.RETRACTED:
            known.retractions.append(
                StoredRetraction(rank, statement.measured_at, statement.applied_at is not None, statement)
            )
        elif statement.kind == SenderStatement.Kind.CONFIRMED:
            for line in known.lines:
                if line.head is not None and line.head.pk == statement.reading_id:
                    line.confirmed.append(rank)
    return known_by_name


def sources_of(sender_id: int) -> list[int]:
    """The ids of a sender's sources: the first, and those that replaced its key."""
    return list(Source.objects.filter(Q(pk=sender_id) | Q(renews=sender_id)).values_list("pk", flat=True))


def existing_versions(matched: Sequence[MatchedReading]) -> dict[int, Version]:
    """The stored row of the same measurement, in force or voided by a person, by position. One statement.

    Raw: a join with a list of rows.
    """
    if not matched:
        return {}
    columns = zip(
        *(
            (
                e.holder.device_id,
                e.measured.metric,
                e.measured.measured_at,
                *e.values[:2],
                e.measured.source_kind,
                e.bounds,
            )
            for e in matched
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT t.place - 1, {_FIELDS}
            FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::numeric[], %s::numeric[], %s::text[],
                        %s::text[]) WITH ORDINALITY AS t(device, metric, at, v1, v2, kind, bounds, place)
            JOIN monitoring_reading r ON r.device_id = t.device AND r.metric = t.metric AND r.measured_at = t.at
              AND r.value = t.v1 AND r.value_2 = t.v2 AND r.source_kind = t.kind AND r.bounds = t.bounds
              AND (r.voided_at IS NULL OR r.voided_by_id IS NOT NULL)
            """,  # noqa: S608 - our own column names
            [list(column) for column in columns],
        )
        return {row[0]: _version(row[1:]) for row in cursor.fetchall()}


def has_identifiers(entries: Sequence[Entry]) -> bool:
    """Whether a body contains identifiers or retractions: the same body sent again may then have another result."""
    return any(
        isinstance(entry, Retraction) or (isinstance(entry, Measurement) and entry.vendor_id) for entry in entries
    )


def names_of(measured: Iterable[Measurement | RefusedEntry | Retraction]) -> set[Name]:
    """The identifiers of entries."""
    return {entry.name for entry in measured if entry.name[1]}


def taken_back_since(sender_id: int, delivery_id: int) -> bool:
    """Whether the sender retracted a measurement without an identifier after a delivery. One statement."""
    rows = SenderStatement.objects.filter(sender=sender_id, vendor_id="", delivery__gt=delivery_id)
    return rows.exists()
