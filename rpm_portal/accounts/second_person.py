"""The second person of an action: who may be it, and when the operator of the installation may take their place."""

from datetime import datetime

from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.access import PERMISSIONS_BY_ROLE, Permission, Role, may
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MIN_OPERATOR_LENGTH = 3
MAX_OPERATOR_LENGTH = 80


def possible_deciders(practice: Practice, permission: Permission, *, now: datetime, role: str = "") -> int:
    """How many people of the practice may decide today: those with the permission; for an administrator's role, the
    administrators.
    """
    roles = [name for name in PERMISSIONS_BY_ROLE if may(name, permission)]
    if role == Role.ADMIN:
        roles = [Role.ADMIN]
    rows = Membership.objects.for_practice(practice).in_force(local_day(now, practice.zone))
    return rows.filter(role__in=roles).values("user").distinct().count()


def check_operator(operator: str, practice: Practice, permission: Permission, *, now: datetime, role: str = "") -> str:
    """The operator's name as stored. Raises Refused if the practice has a second person, or the name is missing."""
    name = " ".join(operator.split())[:MAX_OPERATOR_LENGTH]
    if len(name) < MIN_OPERATOR_LENGTH:
        raise Refused("Enter the name of the operator who decides.")
    if possible_deciders(practice, permission, now=now, role=role) > 1:
        raise Refused(f"{practice} has a second person who can decide this. The operator does not decide for them.")
    return name
