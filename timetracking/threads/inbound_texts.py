"""Texts of patients: a text from a number of exactly one patient joins that patient's thread, marked as not secure."""

from enrollment.events import TextReceived
from enrollment.models import ContactPoint, Enrollment
from rpm_portal.core.refusals import Refused
from timetracking.models import MessageThread, MessageVia, PatientMessage, ThreadState, ThreadSubject
from timetracking.threads import conversations


def store_text(event: TextReceived) -> PatientMessage | None:
    """Store a text in the patient's newest open thread, or in a new one; None if nobody knows whose text it is.

    A number that several people have (a household), a caregiver's number, and a patient without an active program are
    left to a person: the text is on no chart.
    """
    points = ContactPoint.objects.for_practice(event.practice_id).filter(pk__in=event.point_ids)
    owners = set(points.values_list("patient", "caregiver"))
    if len(owners) != 1:
        return None
    ((patient, caregiver),) = owners
    rows = Enrollment.objects.for_practice(event.practice_id).filter(patient=patient, state="active")
    enrollment = rows.select_related("patient", "practice").order_by("-started_on", "-pk").first()
    if caregiver is not None or enrollment is None:
        return None
    threads = MessageThread.objects.for_practice(event.practice_id).filter(enrollment=enrollment)
    thread = threads.exclude(state=ThreadState.CLOSED).order_by("-last_at", "-pk").first()
    common = {"text": event.text, "now": event.received_at, "via": MessageVia.SMS, "form_key": f"sms:{event.hook_id}"}
    try:
        if thread is None:
            return conversations.receive_new(enrollment=enrollment, subject=ThreadSubject.GENERAL, **common)
        return conversations.receive(thread=thread, **common)
    except Refused:  # an empty text, or one that is too long for a text message
        return None
