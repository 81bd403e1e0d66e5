"""Voiding of readings, with a recount of their days. The readings stay stored."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection

from monitoring.models import Reading
from monitoring.readings.store import refresh_last
from rpm_portal.accounts.models import User


def strike(practice_id: int, reading_ids: Sequence[int], *, reason: str, now: datetime, by: User | None = None) -> int:
    """Void readings and recount days and standings; returns how many. The caller has locked the standings."""
    if not reading_ids:
        return 0
    rows = Reading.objects.filter(practice=practice_id, pk__any_of=list(reading_ids), voided_at__isnull=True)
    touched = list(rows.select_for_update().values_list("enrollment_id", "device_id", "local_day"))
    rows.update(voided_at=now, void_reason=reason[:200], voided_by=by)
    recount_days(practice_id, set(touched), now=now)
    refresh_last({row[0] for row in touched})
    return len(touched)


def recount_days(practice_id: int, keys: Iterable[tuple[int, int, date]], *, now: datetime) -> None:
    """Recount days (enrollment, device, local day) from the readings that are not voided. One statement."""
    wanted = sorted(keys)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_readingday (practice_id, enrollment_id, device_id, local_day, automatic, reported,
                typed, first_received_at, changed_at)
            SELECT %s, k.e, k.d, k.day, count(r.id) FILTER (WHERE r.source_kind = 'automatic'),
                   count(r.id) FILTER (WHERE r.source_kind = 'patient'),
                   count(r.id) FILTER (WHERE r.source_kind IN ('staff', 'file')),
                   coalesce(min(r.received_at), %s), clock_timestamp()
            FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS k(e, d, day)
            LEFT JOIN monitoring_reading r ON r.enrollment_id = k.e AND r.device_id = k.d AND r.local_day = k.day
                 AND r.voided_at IS NULL
            GROUP BY k.e, k.d, k.day ORDER BY k.e, k.d, k.day
            ON CONFLICT (enrollment_id, local_day, device_id) DO UPDATE SET automatic = excluded.automatic,
                reported = excluded.reported, typed = excluded.typed, changed_at = excluded.changed_at
            """,
            [practice_id, now, [k[0] for k in wanted], [k[1] for k in wanted], [k[2] for k in wanted]],
        )
