"""Accounts and contact points for tests of messages."""

from datetime import date

from enrollment.models import ContactChannel, ContactPoint
from enrollment.services.contacts import ledger, points
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.models import OutboxRow
from tests.clock import TEST_DAY

NUMBER = "+13125550142"


def an_account(world, **more):
    """A texts account of the practice at the fake carrier."""
    values = {
        "practice": world.practice, "kind": "sms", "provider": "twilio_shaped", "account_name": "AC1",
        "secret": "carrier-secret", "hook_secret": "h" * 32, "sender": "+13125550199", "outside_name": "Lakeside Clinic",
        "help_phone": "312-555-0100", "baa_signed_on": date(2026, 1, 5), "made_at": TEST_DAY,
        "made_by": world.user("manager"),
    }  # fmt: skip
    return ChannelAccount.objects.create(**values | more)


def a_point(world, value=NUMBER, *, kind="mobile", consent=True, **more):
    """A contact point of the patient, with consent for its channel."""
    by = world.members["clinical_staff"]
    patient = more.pop("patient", world.patient)
    point = points.add_point(patient=patient, kind=kind, value=value, by=by, now=TEST_DAY, **more)
    if consent:
        channel = ContactChannel.EMAIL if kind == ContactPoint.Kind.EMAIL else ContactChannel.SMS
        ledger.record_act(point, channel=channel, act="given", how="spoken", now=TEST_DAY, by=by)
    return point


def add_contact_rows(one):
    """An account, a point with consent, a caregiver, a message that may ask to stop, and one that did not go out."""
    by = one.members["clinical_staff"]
    one.account, one.point = an_account(one), a_point(one)
    one.caregiver, _ = points.allow_caregiver(
        patient=one.patient, name=f"Rosa {one.patient.family_name}", relation="daughter", since=date(2026, 1, 1), until=None,
        basis="patient_agreed", document="", may_answer=True, may_sign=False, by=by, now=TEST_DAY,
    )  # fmt: skip
    one.stop_request = ledger.record_act(
        one.point, channel="sms", act="asked", how="words", now=TEST_DAY, text="No more messages"
    )
    one.not_sent = OutboxRow.objects.create(
        practice=one.practice, kind="patient_message", reference=f"point:{one.point.public_id}", key="n1",
        params={"purpose": "help_answer"}, state="refused", due_at=TEST_DAY, made_at=TEST_DAY, changed_at=TEST_DAY,
    )  # fmt: skip
