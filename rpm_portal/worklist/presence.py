"""Who has a chart open now, told by what people did last; nothing is kept for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rpm_portal.accounts.models import Practice
from rpm_portal.hot import hot_cursor

FOR = timedelta(minutes=10)
_RECENT = 600  # events looked at, so that the cost is bounded


# The last page each colleague opened, where it is a patient's, and the timers that run; these come last and win.
_HERE = """
WITH last AS (
  SELECT DISTINCT ON (v.actor_id) v.actor_id, v.action, v.subject, v.at
  FROM audit_event v JOIN audit_chainhead h ON h.practice_id = v.practice_id
  WHERE v.practice_id = %(practice)s::bigint AND v.number > h.number - %(recent)s::bigint
    AND v.at > %(since)s::timestamptz AND v.actor_id <> %(me)s::bigint
    AND (v.action LIKE 'list_%%' OR v.action LIKE 'read_%%')
  ORDER BY v.actor_id, v.number DESC)
SELECT p.public_id, u.given_name, u.family_name, t.started_at AS at, true
FROM timetracking_timeentry t
JOIN enrollment_enrollment e ON e.id = t.enrollment_id JOIN enrollment_patient p ON p.id = e.patient_id
JOIN accounts_user u ON u.id = t.staff_id
WHERE t.practice_id = %(practice)s::bigint AND t.stopped_at IS NULL AND t.voided_at IS NULL
  AND t.staff_id <> %(me)s::bigint
UNION ALL
SELECT substr(last.subject, 9), u.given_name, u.family_name, last.at, false
FROM last JOIN accounts_user u ON u.id = last.actor_id WHERE last.subject LIKE 'patient:%%'
ORDER BY 5, 4
"""


@dataclass(frozen=True, slots=True)
class Here:
    """A colleague at a patient, since a moment; `timer` where their timer runs."""

    who: str
    at: datetime
    timer: bool

    def words(self, now: datetime) -> str:
        """timer by R. Cole, 2 min."""
        minutes = max(0, int((now - self.at).total_seconds())) // 60
        return f"{'timer by' if self.timer else 'open by'} {self.who}, {minutes} min"


def colleagues_here(practice: Practice, *, but: int, now: datetime) -> dict[str, Here]:
    """Whose chart each colleague looks at (the last page they opened, within ten minutes), and whose timer runs.

    By the patient's public id; a running timer counts before an open page. One statement.
    """
    with hot_cursor() as cursor:
        cursor.execute(_HERE, {"practice": practice.pk, "me": but, "since": now - FOR, "recent": _RECENT})
        rows = cursor.fetchall()
    return {
        public_id: Here(f"{given[:1]}. {family}".strip(), at, timer) for public_id, given, family, at, timer in rows
    }
