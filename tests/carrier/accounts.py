"""Accounts and contact points for tests of messages."""

from datetime import date

from enrollment.models import ContactChannel, ContactPoint
from enrollment.services.contacts import ledger, points
from rpm_portal.core.outbox.channels.models import ChannelAccount
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
