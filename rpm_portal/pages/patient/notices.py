"""The notice that a message waits on the patient's page: the practice's outside name and the link, by text or e-mail.

It has no name, condition or program. The link's address is made at sending, so that no row has its secret.
"""

from datetime import datetime

from enrollment.models import ContactPoint, Patient
from enrollment.services.contacts.messages import queue_message, refusal_now
from enrollment.services.contacts.points import points_of
from enrollment.services.contacts.purposes import MessageText, Purpose
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.patient.links import LINK_DAYS, link_for_message, link_path, page_origin
from rpm_portal.pages.patient.models import PatientLink
from timetracking.models import PatientMessage, ThreadRead
from timetracking.threads.events import MessageWritten

THREAD_NOTICE = "thread_notice"
# One segment of GSM characters, whatever the practice's name: no accents.
_TEXTS = {
    "en": "{name}: you have a message. {link} Reply STOP to end texts.",
    "es": "{name}: tiene un mensaje. {link} Responda STOP para no recibir mas.",
}
_MAIL = {
    "en": "You have a message from {name}. Open this link to read it:\n\n{link}\n\nTo end these mails, call {phone}.",
    "es": "Tiene un mensaje de {name}. Abra este enlace:\n\n{link}\n\nPara no recibirlos, llame a {phone}.",
}
_SUBJECTS = {"en": "You have a message from {name}", "es": "Tiene un mensaje de {name}"}


def write_notice(row: OutboxRow, point: ContactPoint, account: ChannelAccount) -> MessageText:
    """The text of a notice with the address of its link."""
    link = PatientLink.objects.for_practice(row.practice_id).get(public_id=row.params["link"])
    address = f"{page_origin()}{link_path(link)}"
    values = {"name": account.outside_name, "link": address, "phone": account.help_phone}
    if point.kind != ContactPoint.Kind.EMAIL:
        return MessageText(_TEXTS[point.language].format(**values))
    return MessageText(_MAIL[point.language].format(**values), _SUBJECTS[point.language].format(**values))


def not_needed(row: OutboxRow) -> str:
    """Why the notice is no longer needed: the patient has opened the thread, or the link was ended."""
    message = PatientMessage.objects.for_practice(row.practice_id).get(public_id=row.params["message"])
    reads = ThreadRead.objects.for_practice(row.practice_id).filter(thread=message.thread_id, member__isnull=True)
    if reads.filter(read_at__gte=message.written_at).exists():
        return "The patient has opened the message."
    links = PatientLink.objects.for_practice(row.practice_id).filter(public_id=row.params["link"])
    return "" if links.filter(revoked_at__isnull=True).exists() else "The link was ended."


NOTICE = Purpose(THREAD_NOTICE, write_notice, not_needed=not_needed)


def usable_points(patient: Patient) -> list[ContactPoint]:
    """The patient's own numbers and addresses that receive messages, mobile phones first."""
    rows = [point for point in points_of(patient) if point.caregiver_id is None]
    return sorted(
        (point for point in rows if point.kind != ContactPoint.Kind.LANDLINE),
        key=lambda point: (point.kind != ContactPoint.Kind.MOBILE, point.pk),
    )


def refusals(patient: Patient, *, now: datetime) -> list[tuple[str, str]]:
    """Each kind of the patient's points with the reason why no notice goes there; the reason is empty if one does."""
    return [(point.get_kind_display(), refusal_now(point, THREAD_NOTICE, now=now)) for point in usable_points(patient)]


def announce_message(event: MessageWritten) -> None:
    """Make the link of a message of the care team, and queue its notice to the first point that may be reached."""
    message, link = event.message, link_for_message(event)
    for point in usable_points(message.thread.enrollment.patient):
        try:
            queue_message(
                point,
                purpose=THREAD_NOTICE,
                key=f"{THREAD_NOTICE}:{message.public_id}",
                params={"message": message.public_id, "link": link.public_id},
                not_after=event.at + LINK_DAYS,
                now=event.at,
            )
        except Refused:
            continue
        return
