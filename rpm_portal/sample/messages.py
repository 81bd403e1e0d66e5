"""Messages of the sample practice: a local account, numbers with consent, and two threads. They leave to no carrier."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings

from enrollment.models import ContactChannel, ContactPoint, Enrollment
from enrollment.services.contacts import ledger, points
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.outbox.channels.change import save_account
from rpm_portal.core.outbox.channels.models import ChannelAccount
from timetracking.models.threads import ThreadSubject
from timetracking.threads import conversations


def open_messages(practice: Practice, members: Mapping[str, Membership], *, now: datetime) -> None:
    """Open an account for texts that stay on a page of the portal, and let the first three patients be written to.

    The first has asked something, the second was asked something.
    """
    nurse = members["nurse"]
    if settings.LOCAL_CHANNELS:
        account = ChannelAccount(
            practice=practice,
            kind=ChannelAccount.Kind.SMS,
            provider=ChannelAccount.Provider.LOCAL,
            sender="312-555-0100",
            outside_name="Prairie Lakes",
            help_phone="312-555-0100",
            baa_signed_on=date(now.year, 1, 5),
            made_at=now,
            made_by=members["manager"].user,
        )
        save_account(account, secret="", now=now, local_allowed=True)
    active = Enrollment.objects.filter(practice=practice, state="active").select_related("patient").order_by("pk")
    enrollments = list(active[:3])
    for enrollment in enrollments:
        patient = enrollment.patient
        point = points.add_point(patient=patient, kind=ContactPoint.Kind.MOBILE, value=patient.phone, by=nurse, now=now)
        ledger.record_act(point, channel=ContactChannel.SMS, act="given", how="spoken", now=now, by=nurse)
    conversations.receive_new(
        enrollment=enrollments[0],
        subject=ThreadSubject.DEVICE,
        text="The cuff shows a battery sign. Do I need a new battery?",
        now=now - timedelta(hours=2),
    )
    conversations.start_thread(
        enrollment=enrollments[1],
        subject=ThreadSubject.MEDICINE,
        text="Did you take the new tablet this morning, and how do you feel?",
        by=nurse,
        now=now - timedelta(hours=1),
    )
