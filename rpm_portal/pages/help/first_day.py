"""The steps of a new practice until its first patient is monitored, each with whether it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from billing.models import Rate
from enrollment.models import Device, Enrollment, Payer
from monitoring.models import Reading, Source
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.access import Permission, Role

Check = Callable[[Practice, date], bool]


@dataclass(frozen=True, slots=True)
class ChecklistStep:
    """One step: what to do, why, the page, who can open it, and the check that it is done (one statement)."""

    title: str
    why: str
    view: str
    needs: Permission
    is_done: Check


def _has_role(*roles: Role, least: int = 1) -> Check:
    def check(practice: Practice, today: date) -> bool:
        """Whether enough members have one of the roles today."""
        rows = Membership.objects.filter(practice=practice, role__in=roles)
        return sum(row.holds_on(today) for row in rows) >= least

    return check


def _exists(model: type[Rate | Payer | Source | Device | Enrollment | Reading], **conditions: object) -> Check:
    return lambda practice, today: model._default_manager.filter(practice=practice, **conditions).exists()


STEPS = (
    ChecklistStep(
        "Invite a second administrator",
        "Security settings and roles that sign or lock need a second person.",
        "people",
        Permission.MANAGE_PEOPLE,
        _has_role(Role.ADMIN, least=2),
    ),
    ChecklistStep(
        "Invite a billing provider and a nurse",
        "Orders need a signature, and alerts need a person who receives them.",
        "people",
        Permission.MANAGE_PEOPLE,
        _has_role(Role.CLINICAL_STAFF, Role.QHP),
    ),
    ChecklistStep(
        "Check the payers",
        "Each patient's coverage names a payer, and its rules decide what is billable.",
        "billing:payer_profiles",
        Permission.SEE_MONTHS,
        _exists(Payer),
    ),
    ChecklistStep(
        "Load rates",
        "Without rates no page shows dollars. Everything else works.",
        "billing:fee_schedules",
        Permission.SEE_MONTHS,
        _exists(Rate),
    ),
    ChecklistStep(
        "Connect a data source",
        "Readings arrive through the key of a device vendor.",
        "monitoring:sources",
        Permission.MANAGE_SOURCES,
        _exists(Source),
    ),
    ChecklistStep(
        "Add devices",
        "A device is assigned to a patient by its serial number.",
        "enrollment:devices",
        Permission.ENROLL,
        _exists(Device),
    ),
    ChecklistStep(
        "Enroll the first patient",
        "Coverage, order, consent, device, and limits are on one page.",
        "enroll:start",
        Permission.ENROLL,
        _exists(Enrollment, state="active"),
    ),
    ChecklistStep(
        "Wait for the first reading",
        "It starts the first device period and appears on the worklist.",
        "worklist",
        Permission.SEE_PATIENTS,
        _exists(Reading),
    ),
)


def steps_of(practice: Practice, *, today: date) -> list[tuple[ChecklistStep, bool]]:
    """Each step and whether it is done. One statement a step."""
    return [(step, step.is_done(practice, today)) for step in STEPS]
