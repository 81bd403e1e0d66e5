"""Audit events of what clients read and wrote, and the disclosures of patients' data to them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Model

from rpm_portal.audit.services import record
from rpm_portal.fhir.models import FhirDisclosure
from rpm_portal.fhir.registry import ResourceType
from rpm_portal.fhir.tokens import Caller


def record_given(
    caller: Caller, kind: ResourceType, rows: Sequence[Model], action: str, *, now: datetime, **detail: object
) -> None:
    """Record that rows were given to a client: an event, and a disclosure for each patient.

    The subject is the patient if it is one, else the client. `detail` has counts and names of parameters, no values.
    """
    patients = Counter(found for row in rows if (found := kind.patient_of(row)) is not None)
    subject = f"fhirclient:{caller.client.public_id}"
    if len(patients) == 1:
        subject = f"patient:{next(iter(patients))[1]}"
    about = {"client": caller.client.public_id, "type": kind.name, "count": len(rows)}
    record(practice=caller.client.practice, by=None, action=action, subject=subject, detail=about | detail, now=now)
    FhirDisclosure.objects.bulk_create(
        FhirDisclosure(
            practice_id=caller.practice_id,
            client=caller.client,
            patient_id=patient[0],
            resource=kind.name,
            count=count,
            at=now,
        )
        for patient, count in patients.items()
    )
