"""Celery task: delete old launches. Safe to run twice."""

from celery import shared_task
from django.utils import timezone

from rpm_portal.fhir.ehr import launches


@shared_task
def delete_old_launches() -> int:
    """Delete launches that expired, with what the EHR sent; returns how many."""
    return launches.delete_old(now=timezone.now())
