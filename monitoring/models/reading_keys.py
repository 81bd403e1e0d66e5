"""References to readings: the id and, in a separate column, the moment of measuring.

Readings are to be partitioned by `measured_at`. A foreign key to a partitioned table needs the partition's column, so
every reference contains it now: (practice_id, x_id, x_measured_at) refers to (practice_id, id, measured_at). The key is
derived from `Reading.key_also` (`core/db/schema.py`).
"""

from datetime import datetime

from django.db.models import CheckConstraint, Q

# A reference to a reading: its id and the moment of measuring.
ReadingKey = tuple[int, datetime]


def both_or_neither(reference: str, *, name: str) -> CheckConstraint:
    """The check that `<reference>` and `<reference>_measured_at` are both set or both null.

    The database does not check a composite foreign key of which one column is null.
    """
    at = f"{reference}_measured_at"
    empty = Q(**{f"{reference}__isnull": True, f"{at}__isnull": True})
    full = Q(**{f"{reference}__isnull": False, f"{at}__isnull": False})
    return CheckConstraint(name=name, condition=empty | full)
