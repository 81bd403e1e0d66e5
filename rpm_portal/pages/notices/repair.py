"""What a person does about a message that did not go out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from enrollment.models import ContactPoint
from enrollment.services.contacts.messages import KIND, queue_message, refusal_now
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.outbox import registry, services
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.refusals import Refused

UNSURE_SHOWN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class ProblemRow:
    """A row with the words of its kind."""

    row: OutboxRow
    label: str
    purpose: str
    may_arrive_twice: bool


def problem_rows(rows: Iterable[OutboxRow], *, now: datetime) -> list[ProblemRow]:
    """The rows for the page; one that is unsure is settled by its carrier in the first hour."""
    shown = []
    for row in rows:
        is_unsure = row.state == OutboxRow.State.UNSURE
        if is_unsure and row.changed_at > now - UNSURE_SHOWN_AFTER:
            continue
        kind = registry.kind_of(row.kind)
        purpose = str(row.params.get("purpose", "")).replace("_", " ")
        shown.append(ProblemRow(row, kind.label if kind else row.kind, purpose, is_unsure))
    return shown


@transaction.atomic
def repair(row: OutboxRow, action: str, *, reason: str, by: Membership, now: datetime) -> None:
    """Send again, send by another channel, or close. Raises Refused with the reason."""
    if action == "again":
        services.send_again(row, now=now)
    elif action == "other":
        _other_channel(row, by=by, now=now)
    elif action == "close":
        services.close(row, reason=reason, by_id=by.user_id, now=now)
    else:
        raise Refused("Choose what to do with the message.")
    record_change(row, "repair_message", by=by, now=now, choice=action)


def _other_channel(row: OutboxRow, *, by: Membership, now: datetime) -> None:
    """Queue the same message to another point of the same person, and close this row."""
    if row.kind != KIND:
        raise Refused("This message has no other channel.")
    purpose = str(row.params["purpose"])
    points = ContactPoint.objects.for_practice(row.practice_id).select_related("patient", "caregiver__patient")
    point = points.get(public_id=row.reference.removeprefix("point:"))
    others = points.filter(patient=point.patient_id, caregiver=point.caregiver_id, ended_at__isnull=True)
    reachable = others.exclude(kind__in=[point.kind, ContactPoint.Kind.LANDLINE]).order_by("pk")
    for other in reachable:
        if not refusal_now(other, purpose, now=now):
            queue_message(other, purpose=purpose, key=f"{row.key}:{other.public_id}", params=row.params, now=now)
            services.close(row, reason=f"Sent by {other.get_kind_display()}.", by_id=by.user_id, now=now)
            return
    raise Refused("The person has no other number or address with consent. Add one on the page Contact and consent.")
