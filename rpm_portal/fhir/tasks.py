"""Celery task: delete expired tokens. Safe to run twice."""

from celery import shared_task
from django.utils import timezone

from rpm_portal.fhir import tokens


@shared_task
def delete_expired_tokens() -> int:
    """Delete expired access tokens and used assertions; returns how many."""
    return tokens.delete_expired(now=timezone.now())
