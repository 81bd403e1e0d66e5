"""What waits for a provider: prepared orders are sent, signed one after the other, or withdrawn."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from enrollment.models import CardDraft, Enrollment, Order
from enrollment.services.prepared_orders import orders_to_sign
from monitoring import services as monitoring
from monitoring.models import Alert, LimitProposal, Threshold
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.models import Event
from rpm_portal.core.days import local_day
from rpm_portal.pages.to_sign.queries import to_sign
from rpm_portal.pages.worklist.refresh import refresh_practice
from tests.builders import PASSWORD, a_patient, an_enrollment

pytestmark = pytest.mark.django_db
ORDER = {
    "measures": "blood pressure", "frequency": "daily", "device_kind": "cuff", "starts_on": "2026-11-18",
    "ends_on": "2027-11-17", "necessity": "Three office values above 150/90.", "goals": "Below 140/90.",
}  # fmt: skip


def client_of(world, role):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def today(world):
    return local_day(timezone.now(), world.practice.zone)


def prepare(world, row=None, **more):
    """The nurse fills in the order card and sends it."""
    row = row or world.enrollment
    return client_of(world, "clinical_staff").post(f"/enrollments/{row.public_id}/cards/order/", ORDER | more)


def waiting(world, role="physician"):
    member = world.members[role]
    return to_sign(member, now=timezone.now())


def sign(world, row=None, role="physician", **more):
    row = row or world.enrollment
    draft = CardDraft.objects.get(enrollment=row, card="order")
    form = {"saved_at": draft.saved_at.isoformat(), "password": PASSWORD, **more}
    return client_of(world, role).post(f"/to-sign/{row.public_id}/sign/", form)


def test_a_prepared_order_says_who_it_was_sent_to_and_waits_for_them(world):
    assert prepare(world).status_code == 302
    page = client_of(world, "clinical_staff").get(f"/enrollments/{world.enrollment.public_id}/").content.decode()
    assert f"Sent to {world.members['physician'].signature} for signature" in page
    assert "Withdraw" in page
    assert [row.enrollment for row in waiting(world).orders] == [world.enrollment]
    assert waiting(world, "qhp").orders == [], "another provider's"
    inbox = client_of(world, "physician").get("/to-sign/").content.decode()
    assert "Three office values above 150/90." in inbox
    assert "1 item to sign" in inbox
    counts = client_of(world, "physician").get("/navigation/counts/").content.decode()
    assert "to sign" in counts
    assert "ORTEGA" not in counts.upper()


def test_what_was_only_typed_waits_for_nobody(world):
    client_of(world, "clinical_staff").post(f"/enrollments/{world.enrollment.public_id}/drafts/order/", ORDER)
    assert CardDraft.objects.filter(card="order").exists()
    assert waiting(world).orders == []
    assert prepare(world, measures="").status_code == 422, "an order that lacks something is not sent"
    assert waiting(world).orders == []


def test_the_order_is_signed_and_the_next_one_is_shown(world):
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="N2", family="Next"), serial="n2")
    prepare(world)
    prepare(world, other)
    answer = sign(world)
    assert (answer.status_code, answer.url) == (302, "/to-sign/")
    order = Order.objects.filter(enrollment=world.enrollment).latest("number")
    assert (order.ordered_by, order.necessity) == (world.members["physician"], ORDER["necessity"])
    assert order.supersedes is not None
    assert Event.objects.filter(action="sign_order").exists()
    page = client_of(world, "physician").get("/to-sign/").content.decode()
    assert "NEXT, Miguel" in page
    assert f"/to-sign/{other.public_id}/sign/" in page
    again = client_of(world, "physician").post(f"/to-sign/{world.enrollment.public_id}/sign/", {"password": PASSWORD})
    assert (again.status_code, "signed or withdrawn already" in again.content.decode()) == (422, True)


def test_an_order_that_was_changed_meanwhile_or_a_wrong_password_is_not_signed(world):
    prepare(world)
    before = Order.objects.count()
    stale = CardDraft.objects.get(card="order").saved_at.isoformat()
    prepare(world, necessity="Another reason.")
    assert "changed after you opened it" in sign(world, saved_at=stale).content.decode()
    wrong = sign(world, password="wrong")
    assert (wrong.status_code, "Nothing was signed" in wrong.content.decode()) == (422, True)
    assert Event.objects.filter(action="signature_refused").count() == 1
    assert sign(world, role="clinical_staff").status_code == 403
    assert sign(world, role="qhp").status_code == 422, "it was sent to another provider"
    assert Order.objects.count() == before
    CardDraft.objects.filter(card="order").update(values={**ORDER, "starts_on": "soon"})
    assert "Not signed." in sign(world).content.decode()
    assert Order.objects.count() == before


def test_an_order_is_withdrawn_by_the_nurse_and_returned_by_the_provider(world):
    nurse, doctor = client_of(world, "clinical_staff"), client_of(world, "physician")
    address = f"/to-sign/{world.enrollment.public_id}/withdraw/"
    assert nurse.post(address).status_code == 422, "nothing was sent"
    prepare(world)
    assert nurse.post(address).status_code == 302
    assert waiting(world).orders == []
    assert CardDraft.objects.get(card="order").values["necessity"] == ORDER["necessity"], "the words stay"
    prepare(world)
    assert doctor.post(address, {"next": "inbox"}).url == "/to-sign/"
    assert waiting(world).orders == []
    prepare(world)
    assert client_of(world.other, "clinical_staff").post(address).status_code == 404
    assert client_of(world, "biller").post(address).status_code == 403


def test_an_order_sent_to_a_provider_who_has_left_waits_for_the_others(world):
    prepare(world)
    Membership.objects.filter(pk=world.members["physician"].pk).update(ends_on=today(world) - timedelta(days=1))
    rows = orders_to_sign(world.practice, world.members["qhp"], today=today(world))
    assert [row.enrollment for row in rows] == [world.enrollment]


def test_escalations_limits_days_and_what_ends_are_listed(world):
    doctor = world.members["physician"]
    monitoring.set_threshold(enrollment=world.enrollment, metric="weight", by=doctor.user, high=Decimal(90))
    world.read([today(world)], systolic=190, now=timezone.now())
    Alert.objects.update(owner=doctor, state="escalated", level=1)
    LimitProposal.objects.create(
        practice=world.practice, enrollment=world.enrollment, threshold=Threshold.objects.get(metric="weight"),
        metric="weight", bound="high", current_limit=90, seen=95, times=2, made_at=timezone.now(), made_by=doctor.user,
    )  # fmt: skip
    yesterday = today(world) - timedelta(days=1)
    world.work(yesterday, 300, by="physician")
    found = waiting(world)
    assert (len(found.escalations), len(found.proposals), len(found.days), found.count) == (1, 1, 1, 2)
    page = client_of(world, "physician").get("/to-sign/").content.decode()
    for words in ("1 escalation", "Escalated to you", "Limit proposals", "Days to sign"):
        assert words in page
    assert waiting(world, "qhp").count == 0


@pytest.mark.parametrize(("days", "listed"), [(0, True), (30, True), (31, False), (None, False)])
def test_documents_that_end_within_thirty_days_are_listed(world, days, listed):
    ends = today(world) + timedelta(days=days) if days is not None else None
    patient = a_patient(world.practice, world.user("clinical_staff"), mrn="E", family="Ending")
    an_enrollment(world, patient, serial="e", ordered_to=ends)
    refresh_practice(world.practice, now=timezone.now())
    rows = [row for row in waiting(world).endings if "order" in row.what]
    assert [row.on for row in rows] == ([ends] if listed else [])
    page = client_of(world, "physician").get("/to-sign/").content.decode()
    assert ("The order ends" in page) is listed
    Enrollment.objects.filter(patient=patient).update(billing_provider=world.members["qhp"], supervised_by=None)
    assert [row for row in waiting(world).endings if "order" in row.what] == []


def test_the_navigation_counts_the_members_own_readings(world):
    nurse = client_of(world, "clinical_staff")
    assert "open" not in nurse.get("/navigation/counts/").content.decode()
    monitoring.set_threshold(
        enrollment=world.enrollment, metric="blood_pressure", part=2, by=world.user("physician"), high=Decimal(90)
    )
    monitoring.look_after(
        enrollment=world.enrollment, member=world.members["clinical_staff"], by=world.user("physician")
    )
    world.read([today(world)], systolic=190, diastolic=110, now=timezone.now())
    counts = nurse.get("/navigation/counts/").content.decode()
    assert '1<span class="hidden"> open</span>' in counts
    assert "count-of-to_sign" not in counts, "a nurse signs no orders"
    assert "> open<" not in client_of(world, "therapist").get("/navigation/counts/").content.decode()
