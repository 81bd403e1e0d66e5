"""The medications, allergies and caregivers of a patient, as the chart and its page of lists show them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from enrollment.models import ClinicalItem, ItemKind


@dataclass(frozen=True, slots=True)
class ClinicalLists:
    """The entries of a patient that have not ended, by list."""

    medications: list[ClinicalItem] = field(default_factory=list)
    allergies: list[ClinicalItem] = field(default_factory=list)
    caregivers: list[ClinicalItem] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[ClinicalItem]) -> "ClinicalLists":
        """The lists of these entries."""
        by_kind: dict[str, list[ClinicalItem]] = {kind: [] for kind in ItemKind}
        for row in rows:
            by_kind[row.kind].append(row)
        return cls(by_kind[ItemKind.MEDICATION], by_kind[ItemKind.ALLERGY], by_kind[ItemKind.CAREGIVER])


def lists_of(patient_id: int) -> ClinicalLists:
    """The lists of a patient. One statement."""
    rows = ClinicalItem.objects.filter(patient=patient_id, ended_on__isnull=True).select_related("recorded_by")
    return ClinicalLists.of(rows)


def ended_items(patient_id: int, *, most: int = 100) -> list[ClinicalItem]:
    """The entries that have ended, the latest first. One statement."""
    rows = ClinicalItem.objects.filter(patient=patient_id, ended_on__isnull=False).select_related("ended_by")
    return list(rows.order_by("-ended_on", "-pk")[:most])
