"""The ledger of consents: what a person agreed to, by channel. Rows are added, never changed.

The state of a contact point and channel is the last row about the point, or about all points of its person. Without a
row texts, automated calls and e-mail are not allowed; calls by a person are, unless the patient asked for none.
"""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q, QuerySet

from enrollment.models import ConsentAct, ConsentEvent, ContactChannel, ContactPoint
from enrollment.services.contacts.business_days import honor_by
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import day_words, local_day
from rpm_portal.core.refusals import Refused

AUTOMATED = (ContactChannel.SMS, ContactChannel.CALL_AUTO)
STOPPED = (ConsentAct.WITHDRAWN, ConsentAct.BLOCKED)
ALLOWED = (ConsentAct.GIVEN, ConsentAct.RESUMED)


def _about(point: ContactPoint, channel: str) -> QuerySet[ConsentEvent]:
    """The rows about a point and channel, the last one first."""
    rows = ConsentEvent.objects.filter(Q(point=point) | Q(point__isnull=True), patient=point.patient_id)
    return rows.filter(caregiver=point.caregiver_id, channel=channel).order_by("-pk")


def last_event(point: ContactPoint, channel: str) -> ConsentEvent | None:
    """The row that decides about a point and channel; None if there is none. One statement."""
    return _about(point, channel).first()


def was_allowed(point: ContactPoint, channel: str) -> bool:
    """Whether the person ever agreed to the channel at this point. One statement."""
    return _about(point, channel).filter(act__in=ALLOWED).exists()


def refusal(point: ContactPoint, channel: str) -> str:
    """Why the point may not be reached by the channel now, for the user; empty if it may. One statement."""
    label = ContactChannel(channel).label
    event = last_event(point, channel)
    if event is None:
        is_asked = channel == ContactChannel.CALL_HUMAN and not point.patient.no_calls
        return "" if is_asked else f"No consent for {label} is recorded."
    since = day_words(local_day(event.received_at, point.patient.zone))
    if event.act == ConsentAct.ASKED:
        return f"A message of {since} may ask to stop {label}. A person has to decide first."
    if event.act in STOPPED:
        return f"No consent for {label} since {since}: {event.get_act_display()}."
    return ""


@transaction.atomic
def record_act(
    point: ContactPoint,
    *,
    channel: str,
    act: str,
    how: str,
    now: datetime,
    received_at: datetime | None = None,
    by: Membership | None = None,
    text: str = "",
    whole_person: bool = False,
) -> ConsentEvent:
    """Add a row about a point, or with `whole_person` about all points of its person, with an audit event.

    A withdrawal is honored by this row itself. Raises Refused for a moment of receipt in the future.
    """
    received_at = received_at or now
    if received_at > now:
        raise Refused("The request cannot have been received in the future.", field="received_at")
    is_request = act in (ConsentAct.WITHDRAWN, ConsentAct.ASKED)
    event = ConsentEvent.objects.create(
        practice_id=point.practice_id,
        patient_id=point.patient_id,
        caregiver_id=point.caregiver_id,
        point=None if whole_person else point,
        channel=channel,
        act=act,
        how=how,
        text=text[:1000],
        received_at=received_at,
        recorded_at=now,
        by=by.user if by else None,
        honor_by=honor_by(local_day(received_at, point.patient.zone)) if is_request else None,
        honored_at=now if act == ConsentAct.WITHDRAWN else None,
    )
    record_change(point.patient, "record_channel_consent", by=by, now=now, channel=channel, consent=act, how=how)
    return event


def open_requests(practice: models.Model | int) -> QuerySet[ConsentEvent]:
    """Messages that may ask to stop and that nobody decided about, oldest last day first."""
    rows = ConsentEvent.objects.for_practice(practice).filter(honor_by__isnull=False, honored_at__isnull=True)
    return rows.select_related("patient", "caregiver", "point").order_by("honor_by", "pk")


@transaction.atomic
def decide_request(event: ConsentEvent, *, stop: bool, by: Membership, now: datetime) -> None:
    """A person's answer about a message that may ask to stop: it does, or messages go on. Raises Refused."""
    found = ConsentEvent.objects.select_for_update(of=("self",)).select_related("point__patient").get(pk=event.pk)
    if found.honored_at is not None or found.point is None:
        raise Refused("This request was decided already.")
    open_rows = ConsentEvent.objects.filter(point=found.point, act=ConsentAct.ASKED, honored_at__isnull=True)
    for row in open_rows.select_for_update():
        row.honored_at = now
        row.save(update_fields=["honored_at"])
    before = _about(found.point, found.channel).exclude(act=ConsentAct.ASKED).first()
    if stop:
        for channel in AUTOMATED:
            _record_decision(found, channel, ConsentAct.WITHDRAWN, by, now, whole_person=True)
    elif before is not None and before.act in ALLOWED:
        _record_decision(found, found.channel, ConsentAct.RESUMED, by, now)
    else:
        _record_decision(found, found.channel, ConsentAct.WITHDRAWN, by, now)


def _record_decision(
    event: ConsentEvent, channel: str, act: str, by: Membership, now: datetime, *, whole_person: bool = False
) -> None:
    """The row of a decision, with the moment at which the message was received."""
    if event.point is not None:
        record_act(
            event.point,
            channel=channel,
            act=act,
            how="words",
            now=now,
            received_at=event.received_at,
            by=by,
            whole_person=whole_person,
        )
