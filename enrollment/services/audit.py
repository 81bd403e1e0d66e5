"""What was done to an enrollment, told to the audit in the transaction of the act."""

from datetime import datetime
from typing import Any

from enrollment.models import Enrollment
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record


def tell(enrollment: Enrollment, action: str, *, by: User, now: datetime, **detail: Any) -> None:
    """One event about an enrollment; `detail` holds reasons, counts and codes only."""
    subject = f"enrollment:{enrollment.public_id}"
    record(practice=enrollment.practice, by=by, action=action, subject=subject, now=now, detail=detail)
