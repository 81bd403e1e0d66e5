"""Voiding of readings, with a recount of their days. The readings stay stored."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db.models import DateTimeField, Func, Min

from monitoring.models import Reading, ReadingDay
from monitoring.queries import COUNTED_KINDS, counts_by_kind
from monitoring.readings.store import refresh_last
from rpm_portal.accounts.models import User


def void_readings(
    practice_id: int, reading_ids: Sequence[int], *, reason: str, now: datetime, by: User | None = None
) -> int:
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
    """Recount days (enrollment, device, local day) from the readings that are not voided. Two statements.

    The caller has locked the standings.
    """
    wanted = sorted(keys)
    if not wanted:
        return
    enrollments, devices, days = (set(column) for column in zip(*wanted, strict=True))
    readings = Reading.objects.filter(enrollment__in=enrollments, device__in=devices, local_day__in=days)
    counts = {
        (row["enrollment_id"], row["device_id"], row["local_day"]): row
        for row in readings.filter(voided_at__isnull=True)
        .values("enrollment_id", "device_id", "local_day")
        .annotate(**counts_by_kind(), first_received_at=Min("received_at"))
    }
    empty = {**dict.fromkeys(COUNTED_KINDS, 0), "first_received_at": now}
    changed_at = Func(function="clock_timestamp", output_field=DateTimeField())
    ReadingDay.objects.bulk_create(
        [
            ReadingDay(
                practice_id=practice_id,
                changed_at=changed_at,
                **(dict(zip(("enrollment_id", "device_id", "local_day"), key, strict=True)) | counts.get(key, empty)),
            )
            for key in wanted
        ],
        update_conflicts=True,
        unique_fields=["enrollment", "local_day", "device"],
        update_fields=[*COUNTED_KINDS, "changed_at"],
    )
