"""The diagnoses of a line: that of its enrollment, or the conditions of the care plan for care management."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from billing.models import ClaimLine
from billing.rules.decision import CARE_MANAGEMENT
from enrollment.models import CarePlan

MAX_POINTERS = 4  # of one line on an 837P


class CarePlanConditions:
    """The conditions of the care plans of some patients. One statement when it is made."""

    def __init__(self, patients: Collection[int]) -> None:
        self._plans: dict[int, list[tuple[date, date | None, list[str]]]] = defaultdict(list)
        rows = CarePlan.objects.filter(patient__in=patients, voided_at__isnull=True).order_by("starts_on", "pk")
        columns = rows.values_list("patient", "starts_on", "ends_on", "conditions")
        for patient, first, last, conditions in columns:
            self._plans[patient].append((first, last, conditions))

    def on(self, patient: int, dos: date) -> tuple[str, ...]:
        """The conditions of the plan in force on a date of service, at most four; empty without one."""
        for first, last, conditions in reversed(self._plans[patient]):
            if first <= dos and (last is None or dos <= last):
                return tuple(conditions[:MAX_POINTERS])
        return ()


def diagnoses_of(line: ClaimLine) -> tuple[str, ...]:
    """The diagnoses of one line as it would be sent. One statement for care management, else none."""
    if line.component != CARE_MANAGEMENT:
        return (line.enrollment.diagnosis,)
    return CarePlanConditions([line.patient_id]).on(line.patient_id, line.dos)
