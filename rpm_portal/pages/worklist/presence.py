"""Who has a chart open now, derived from what people did last; nothing is stored for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from rpm_portal.accounts.models import Practice
from rpm_portal.audit.services import Link

FOR = timedelta(minutes=10)
_RECENT = 600  # events looked at, so that the cost is bounded


# The last page each colleague opened, where it is a patient's, and the timers that run; these come last and win.
# The chain's last link is in every row, and in a row of its own if nobody is there.
_HERE = """
WITH head AS MATERIALIZED (SELECT number, digest FROM audit_chainhead WHERE practice_id = %(practice)s::bigint),
last AS (
  SELECT DISTINCT ON (v.actor_id) v.actor_id, v.action, v.subject, v.at
  FROM audit_event v
  WHERE v.practice_id = %(practice)s::bigint AND v.number > (SELECT number FROM head) - %(recent)s::bigint
    AND v.at > %(since)s::timestamptz AND v.actor_id <> %(me)s::bigint
    AND (v.action LIKE 'list_%%' OR v.action LIKE 'read_%%')
  ORDER BY v.actor_id, v.number DESC),
here AS (
  SELECT p.public_id, u.given_name, u.family_name, t.started_at AS at, true AS timer
  FROM timetracking_timeentry t
  JOIN enrollment_enrollment e ON e.id = t.enrollment_id JOIN enrollment_patient p ON p.id = e.patient_id
  JOIN accounts_user u ON u.id = t.staff_id
  WHERE t.practice_id = %(practice)s::bigint AND t.stopped_at IS NULL AND t.voided_at IS NULL
    AND t.staff_id <> %(me)s::bigint
  UNION ALL
  SELECT substr(last.subject, 9), u.given_name, u.family_name, last.at, false
  FROM last JOIN accounts_user u ON u.id = last.actor_id WHERE last.subject LIKE 'patient:%%')
SELECT head.number, head.digest, here.* FROM head FULL JOIN here ON true ORDER BY here.timer, here.at
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


class Company(NamedTuple):
    """Colleagues by the public id of the patient whose chart is open, and the last link of the audit at that time.

    No link where the practice has no event yet.
    """

    here: dict[str, Here]
    link: Link | None


def colleagues_here(practice: Practice, *, but: int, now: datetime) -> Company:
    """Whose chart each colleague looks at (the last page they opened, within ten minutes), and whose timer runs.

    A running timer counts before an open page. One statement.

    Raw: the head of the audit, the last pages and the timers in one statement, for every worklist page.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HERE, {"practice": practice.pk, "me": but, "since": now - FOR, "recent": _RECENT})
        rows = cursor.fetchall()
    here = {
        public_id: Here(f"{given[:1]}. {family}".strip(), at, timer)
        for _, _, public_id, given, family, at, timer in rows
        if public_id is not None
    }
    number, digest = rows[0][:2] if rows else (None, "")
    return Company(here, None if number is None else Link(number, digest))
