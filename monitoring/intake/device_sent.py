"""Rows of a file that the device sent by itself before: each measurement is stored once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitoring.models import Reading, SourceKind
from monitoring.readings.store import MatchedReading

SENT_ALREADY = "The device sent this reading itself."
_MINUTE = timedelta(minutes=1)


def sent_by_device(matched: Mapping[int, MatchedReading]) -> set[int]:
    """The positions of file rows whose values the patient's devices sent in the same minute. One statement, or none.

    The minute, because exports often have no seconds.
    """
    rows = {n: row for n, row in matched.items() if row.measured.source_kind == SourceKind.FILE}
    if not rows:
        return set()
    moments = [row.measured.measured_at for row in rows.values()]
    sent = Reading.objects.filter(
        enrollment__in={row.holder.enrollment_id for row in rows.values()},
        source_kind=SourceKind.AUTOMATIC,
        measured_at__range=(min(moments) - _MINUTE, max(moments) + _MINUTE),
        voided_at__isnull=True,
    )
    fields = ("enrollment", "metric", "measured_at", "value", "value_2", "bounds")
    known = {_key(*values) for values in sent.values_list(*fields)}
    return {n for n, row in rows.items() if _key_of(row) in known}


def _key_of(row: MatchedReading) -> tuple[object, ...]:
    measured, (first, second, _) = row.measured, row.values
    return _key(row.holder.enrollment_id, measured.metric, measured.measured_at, first, second, row.bounds)


def _key(enrollment: int, metric: str, measured_at: datetime, *values: object) -> tuple[object, ...]:
    return enrollment, metric, measured_at.replace(second=0, microsecond=0), *values
