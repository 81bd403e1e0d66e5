"""Messages to contact points: the kind `patient_message` of the outbox.

`queue_message` writes the row. Whether it may be sent is decided when the sending begins, in one transaction with the
mark: the point, the caregiver's days, the ledger, the account, the budget, quiet hours and caps. So a request to stop
that arrives between writing and sending wins.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from enrollment.events import MessageFailed
from enrollment.models import ConsentAct, ContactChannel, ContactPoint
from enrollment.services.contacts import ledger, points
from enrollment.services.contacts.purposes import Purpose, automated_purposes, check_text, purpose_of
from enrollment.services.contacts.send_times import next_allowed
from rpm_portal.core import events
from rpm_portal.core.days import day_words, local_day, midnight, time_words
from rpm_portal.core.outbox import registry, services
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.channels.send import account_in_use, limit_verdict, send_message, settle_message
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import OutboxKind, SendOutcome, SendVerdict
from rpm_portal.core.refusals import Refused

KIND = "patient_message"
MOST_A_DAY, MOST_A_WEEK = (
    1,
    3,
)  # automated messages to a person: the FCC's health care exemption, 47 CFR 64.1200(a)(9)(iv)
RETRY_HELD = timedelta(hours=1)
# Codes after which a number is no number, or a mailbox none: twice, and the point is suspended.
GONE = frozenset({"21211", "21614", "550", "30003", "30004", "30005", "30006"})
STOPPED_AT_CARRIER = "21610"
_SENT = ("sending", "unsure", "accepted", "delivered", "undelivered")


def channel_of(point: ContactPoint) -> str:
    """The channel of messages to a point. Raises Refused for a landline."""
    if point.kind == ContactPoint.Kind.LANDLINE:
        raise Refused("A landline receives no texts. Add a mobile number.")
    return ContactChannel.EMAIL if point.kind == ContactPoint.Kind.EMAIL else ContactChannel.SMS


def _account_of(point: ContactPoint) -> ChannelAccount | None:
    kind = ChannelAccount.Kind.MAIL if point.kind == ContactPoint.Kind.EMAIL else ChannelAccount.Kind.SMS
    return account_in_use(point.practice_id, kind)


def queue_message(
    point: ContactPoint,
    *,
    purpose: str,
    key: str,
    now: datetime,
    params: Mapping[str, object] | None = None,
    not_after: datetime | None = None,
) -> OutboxRow:
    """Queue a message in the transaction of its act. Raises Refused if it may not be sent at all, with the reason.

    `params` has ids and codes only. Quiet hours, caps and budgets only hold it.
    """
    reason = refusal_now(point, purpose, now=now)
    if reason:
        raise Refused(reason)
    return services.queue(
        practice=point.practice_id,
        kind=KIND,
        reference=f"point:{point.public_id}",
        key=key,
        params={**(params or {}), "purpose": purpose},
        not_after=not_after,
        now=now,
    )


def refusal_now(point: ContactPoint, purpose: str, *, now: datetime) -> str:
    """Why no message of this purpose may go to the point, for the user; empty if one may. At most three statements."""
    wanted, account = purpose_of(purpose), _account_of(point)
    if wanted is None:
        raise LookupError(purpose)
    if account is None:
        return "The practice has no account for these messages. A manager opens one under Settings, Channels."
    if account.baa_signed_on is None:
        return "Enter the date of the business associate agreement first (Settings, Channels)."
    return _refusal_of(point, wanted, now)


def _refusal_of(point: ContactPoint, purpose: Purpose, now: datetime) -> str:
    """Why the person or the number is not to be reached; empty if it is."""
    if point.ended_at is not None:
        return "This number or address was removed."
    if point.suspended_because:
        return f"This number or address is suspended: {point.get_suspended_because_display()}."
    if point.caregiver is not None and (why := points.caregiver_refusal(point.caregiver, now=now)):
        return why
    return ledger.refusal(point, channel_of(point)) if purpose.needs_consent else ""


def _point_of(row: OutboxRow) -> ContactPoint:
    rows = ContactPoint.objects.for_practice(row.practice_id).select_related(
        "patient", "caregiver__patient", "practice"
    )
    return rows.get(public_id=row.reference.removeprefix("point:"))


def may_send(row: OutboxRow, now: datetime) -> SendVerdict:
    """Whether the message may be sent now."""
    point, purpose = _point_of(row), purpose_of(str(row.params["purpose"]))
    if purpose is None:
        return registry.hold_until(now + RETRY_HELD, "This version of the portal does not know the purpose.")
    if why := purpose.not_needed(row):
        return registry.drop(why)
    if why := _refusal_of(point, purpose, now):
        event = ledger.last_event(point, channel_of(point))
        is_asked = event is not None and event.act == ConsentAct.ASKED
        return registry.hold_until(now + RETRY_HELD, why) if is_asked else registry.drop(why)
    account = _account_of(point)
    if account is None or account.baa_signed_on is None:
        return registry.hold_until(now + RETRY_HELD, refusal_now(point, purpose.name, now=now))
    verdict = limit_verdict(account, zone=point.practice.zone, now=now)
    if verdict.state == OutboxRow.State.SENDING and purpose.is_automated:
        verdict = _time_verdict(row, point, now)
    return verdict


def _time_verdict(row: OutboxRow, point: ContactPoint, now: datetime) -> SendVerdict:
    """Quiet hours and caps of the person."""
    zone = point.patient.zone
    allowed = _next_allowed(point, now)
    if allowed != now:
        local = allowed.astimezone(ZoneInfo(zone))
        return registry.hold_until(allowed, f"Quiet hours until {day_words(local.date())}, {time_words(local)} there.")
    today = local_day(now, zone)
    for days, most in ((1, MOST_A_DAY), (7, MOST_A_WEEK)):
        since = midnight(today - timedelta(days=days - 1), zone)
        if _sent_to_person(row, point).filter(begun_at__gte=since).count() >= most:
            tomorrow = midnight(today + timedelta(days=1), zone)
            return registry.hold_until(
                _next_allowed(point, tomorrow), f"Most automated messages in {days} days: {most}."
            )
    return registry.send_now()


def _next_allowed(point: ContactPoint, moment: datetime) -> datetime:
    """The first moment from this one on in the hours of the point, in the patient's zone."""
    return next_allowed(moment, point.patient.zone, opens=point.opens, closes=point.closes, weekends=point.weekends)


def _sent_to_person(row: OutboxRow, point: ContactPoint) -> QuerySet[OutboxRow]:
    """The automated messages that the same person got, or may have got.

    The person's points are locked until the sending is marked as begun, so that two workers do not both count none.
    """
    own = ContactPoint.objects.filter(patient=point.patient_id, caregiver=point.caregiver_id).order_by("pk")
    references = [f"point:{row.public_id}" for row in own.select_for_update()]
    rows = OutboxRow.objects.for_practice(row.practice_id).filter(kind=KIND, reference__in=references, state__in=_SENT)
    return rows.filter(params__purpose__in=automated_purposes(), begun_at__isnull=False).exclude(pk=row.pk)


def send(row: OutboxRow, now: datetime) -> SendOutcome:
    """Make the text and send it through the practice's account."""
    point, purpose = _point_of(row), purpose_of(str(row.params["purpose"]))
    account = _account_of(point)
    if account is None or purpose is None:
        return registry.try_later("The account was switched off meanwhile.")
    text = purpose.write(row, point, account)
    if point.kind != ContactPoint.Kind.EMAIL and (why := check_text(text.body)):
        return registry.refused(why)
    subject = text.subject or f"Message from {account.outside_name}"
    return send_message(account, row, OutgoingMessage(point.value, text.body, subject), now=now)


def settle(row: OutboxRow, now: datetime) -> SendOutcome:
    """Ask the carrier about a message that may have been sent."""
    point = _point_of(row)
    account = ChannelAccount.objects.filter(public_id=row.destination.removeprefix("channel:")).first()
    if account is None:
        return registry.unsure(row.why)
    outcome = settle_message(account, row, point.value, now=now)
    # One more try; what is not found after it is for a person.
    return registry.unsure(row.why) if outcome.state == OutboxRow.State.READY and row.tries > 1 else outcome


def on_change(row: OutboxRow, now: datetime) -> None:
    """Keep what a failure shows about the number, and announce it."""
    if row.state not in (OutboxRow.State.REFUSED, OutboxRow.State.UNDELIVERED, OutboxRow.State.DEAD):
        return
    point = _point_of(row)
    if row.code == STOPPED_AT_CARRIER:
        ledger.record_act(
            point, channel=channel_of(point), act=ConsentAct.BLOCKED, how="provider", now=now, text=row.code
        )
    elif row.code in GONE and _failures(row) >= points.FAILURES_TO_SUSPEND:
        points.suspend_point(point, because="bounced", now=now)
    events.announce(MessageFailed(row.practice_id, row.pk, point.pk, now))


def _failures(row: OutboxRow) -> int:
    """How many messages to the point failed for good, this one included, since the last that arrived."""
    rows = OutboxRow.objects.for_practice(row.practice_id).filter(kind=KIND, reference=row.reference)
    last = rows.filter(state=OutboxRow.State.DELIVERED).order_by("-changed_at").values_list("changed_at", flat=True)
    failed = rows.filter(code__in=GONE, state__in=[OutboxRow.State.REFUSED, OutboxRow.State.UNDELIVERED])
    return (failed.filter(changed_at__gt=last[0]) if last else failed).count()


PATIENT_MESSAGE = OutboxKind(
    name=KIND, label="Message to a patient", may_send=may_send, send=send, settle=settle, on_change=on_change
)
