"""When devices last had contact, with their battery, signal, and the lag of their clock."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from monitoring.ingest import ContactEntry
from rpm_portal.core.identifiers import plain_serial


def note_contact(practice_id: int, heard: Sequence[ContactEntry], *, now: datetime) -> None:
    """Store when devices last had contact, with battery, signal and lag of the clock if known. One statement.

    Raw: an upsert of the ORM cannot keep the later time.
    """
    latest: dict[str, ContactEntry] = {}
    for contact in heard:
        serial = plain_serial(contact.serial)
        previous = latest.get(serial)
        if previous is None or (contact.at or now) >= (previous.at or now):
            latest[serial] = contact
    if not latest:
        return
    columns = zip(*((c.at or now, c.battery, c.signal, c.clock_lag_seconds) for c in latest.values()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO monitoring_devicecontact (practice_id, device_id, heard_at, battery, signal, clock_lag_seconds)
            SELECT d.practice_id, d.id, least(t.at, %s), t.battery, t.signal, t.lag
            FROM unnest(%s::text[], %s::timestamptz[], %s::int[], %s::int[], %s::int[])
              AS t(serial, at, battery, signal, lag)
            JOIN enrollment_device d ON d.practice_id = %s AND d.serial = t.serial
            ORDER BY d.id
            ON CONFLICT (device_id) DO UPDATE SET
              heard_at = greatest(monitoring_devicecontact.heard_at, excluded.heard_at),
              battery = coalesce(excluded.battery, monitoring_devicecontact.battery),
              signal = coalesce(excluded.signal, monitoring_devicecontact.signal),
              clock_lag_seconds = coalesce(excluded.clock_lag_seconds, monitoring_devicecontact.clock_lag_seconds)
            """,
            [now, list(latest), *map(list, columns), practice_id],
        )
