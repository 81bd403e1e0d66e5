"""Changes of a sign-in address: who may make them, what they end, who is notified, and who must confirm them."""

import io
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts import email_change as changes
from rpm_portal.accounts.models import EmailChange, Membership, User
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link
from rpm_portal.core.access import Role
from rpm_portal.core.refusals import Refused
from tests.builders import PASSWORD
from tests.test_access import signed_in

NEW = "amara.stone@clinic.example"
REASON = "Changed her family name"


def typed(**fields):
    return {"email": NEW, "reason": REASON, "password": PASSWORD, **fields}


def page_of(member):
    return f"/people/{member.public_id}/address/"


def change(world, *, role="clinical_staff", client=None, **fields):
    return (client or signed_in(world.user("admin"))).post(page_of(world.members[role]), typed(**fields))


def add_other_role(world, role="clinical_staff", ends_on=None):
    return Membership.objects.create(
        practice=world.other.practice, user=world.user(role), role=Role.BILLER, starts_on="2020-01-01", ends_on=ends_on
    )


def link_in(message):
    return re.search(r"http://testserver(/sign-in-address/\S+/\S+/)", message.body)[1]


def sign_in(email, password=PASSWORD):
    client = Client()
    return client, client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR="192.0.2.50")


def reset_link(email):
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": email})
    return re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)[1]


@pytest.mark.slow
def test_an_administrator_changes_an_address_and_both_addresses_are_mailed(world):
    nurse = world.user("clinical_staff")
    old, session = nurse.email, signed_in(nurse)
    assert session.get("/").status_code == 200
    answer = change(world)
    assert answer.status_code == 200
    assert NEW in answer.content.decode()
    nurse.refresh_from_db()
    assert nurse.email == NEW
    assert [message.to for message in mail.outbox] == [[old], [NEW]]
    bodies = [message.body for message in mail.outbox]
    assert not any(world.patient.family_name in body or PASSWORD in body for body in bodies)
    event = Event.objects.get(practice=world.practice, action="change_email")
    assert (event.actor, event.role) == (world.user("admin"), Role.ADMIN)
    assert event.subject == f"membership:{world.members['clinical_staff'].public_id}"
    assert event.detail == {"from": old, "to": NEW, "reason": REASON}
    assert not Event.objects.filter(practice=world.other.practice, action="change_email").exists()
    assert first_broken_link(world.practice) is None
    # Sessions have ended; the person signs in with the new address and the old password.
    assert session.get("/").status_code == 302
    assert sign_in(old)[1].status_code == 200
    assert sign_in(NEW.upper())[1]["Location"] == "/"


@pytest.mark.slow
def test_an_open_reset_link_is_invalid_after_a_change_of_the_address(world):
    old = world.user("clinical_staff").email
    link = reset_link(old)
    assert Client().get(link).status_code == 302
    earlier = Client()
    earlier.get(link)  # opened before the change, and stored in a session
    change(world)
    assert b"Bad Token" in Client().get(link).content
    form = re.sub(r"-[^/]+/$", "-set-password/", link)
    earlier.post(form, {"password1": "copper-lantern-hollow", "password2": "copper-lantern-hollow"})
    assert world.user("clinical_staff").check_password(PASSWORD)
    assert User.objects.get(email=NEW).check_password(PASSWORD)
    # The old address belongs to no account.
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": old})
    assert "no account has this address" in mail.outbox[-1].body
    assert "/reset/key/" not in mail.outbox[-1].body


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"password": ""}, "Enter your password"),
        ({"password": "wrong"}, "not your password"),
        ({"reason": ""}, "at least 10 characters"),
        ({"reason": "  nine char "}, "at least 10 characters"),
        ({"email": ""}, "Enter an e-mail address"),
        ({"email": "no address"}, "Enter an e-mail address"),
        ({"email": "a@example.com\nBcc: b@example.com"}, "Enter an e-mail address"),
        ({"email": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example"}, "address"),
    ],
)
def test_a_refused_change_shows_the_reason_and_changes_nothing(world, fields, word):
    answer = change(world, **fields)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not EmailChange.objects.exists()
    assert mail.outbox == []


def test_a_reason_of_ten_characters_is_enough(world):
    assert change(world, reason="ten letter").status_code == 200
    assert User.objects.filter(email=NEW).exists()


def test_an_address_of_another_person_is_refused_in_any_case(world):
    for taken in (
        world.user("biller").email.upper(),
        world.other.user("biller").email,
        world.user("clinical_staff").email,
    ):
        assert change(world, email=taken).status_code == 422
    assert not EmailChange.objects.exists()


@pytest.mark.parametrize("role", ["manager", "physician", "biller", "auditor", "clinical_staff"])
def test_only_an_administrator_changes_addresses(world, role):
    client = signed_in(world.user(role))
    for member in (world.members["clinical_staff"], world.members[role]):
        assert client.get(page_of(member)).status_code == 403
        assert client.post(page_of(member), typed()).status_code == 403
    assert not EmailChange.objects.exists()
    assert "Change sign-in address" not in client.get("/people/").content.decode()


def test_another_practices_person_is_not_found(world):
    client = signed_in(world.other.user("admin"))
    assert client.get(page_of(world.members["clinical_staff"])).status_code == 404
    assert client.post(page_of(world.members["clinical_staff"]), typed()).status_code == 404


def test_the_address_of_a_person_whose_role_has_ended_cannot_be_changed(world):
    member = world.members["clinical_staff"]
    member.ends_on = timezone.now().date() - timedelta(days=2)
    member.save()
    assert change(world).status_code == 422
    assert not User.objects.filter(email=NEW).exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_requires_the_second_factor(live_world, code_of):
    admin, secret = live_world.user("admin"), generate_totp_secret()
    TOTP.activate(admin, secret)
    client = signed_in(admin)
    assert "The code from your phone" in client.get(page_of(live_world.members["clinical_staff"])).content.decode()
    assert change(live_world, client=client).status_code == 422
    assert change(live_world, client=client, code="000000").status_code == 422
    assert not User.objects.filter(email=NEW).exists()
    assert change(live_world, client=client, code=code_of(secret)).status_code == 200
    assert User.objects.filter(email=NEW).exists()


def test_changing_the_own_address_waits_for_the_old_one_and_then_ends_the_own_session(world):
    client = signed_in(world.user("admin"))
    answer = change(world, role="admin", client=client)
    assert b"Waiting for confirmation" in answer.content
    assert client.get("/people/").status_code == 200
    client.get(link_in(mail.outbox[-1]))
    assert b"Sign-in address changed" in client.post("/sign-in-address/", {"answer": "confirm"}).content
    assert client.get("/people/").status_code == 302
    assert User.objects.get(email=NEW).pk == world.user("admin").pk


def test_a_failing_mail_server_is_reported_and_the_change_remains(world, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("rpm_portal.accounts.notices.send_mail", fail)
    answer = change(world)
    assert answer.status_code == 200
    assert b"could not be sent" in answer.content
    assert User.objects.filter(email=NEW).exists()


def test_a_person_with_a_role_in_another_practice_confirms_from_the_old_address(world):
    elsewhere = add_other_role(world)
    old = world.user("clinical_staff").email
    answer = change(world)
    assert answer.status_code == 200
    assert b"Waiting for confirmation" in answer.content
    assert world.user("clinical_staff").email == old == User.objects.get(pk=world.user("clinical_staff").pk).email
    assert [message.to for message in mail.outbox] == [[old]]
    link = link_in(mail.outbox[-1])
    asked = Event.objects.filter(action="ask_email_change")
    assert {event.practice for event in asked} == {world.practice, world.other.practice}
    theirs = asked.get(practice=world.other.practice)
    assert theirs.subject == f"membership:{elsewhere.public_id}"
    assert "reason" not in theirs.detail, "a reason is not shown to another practice"

    # A mail scanner opens the link and follows it; nothing is confirmed.
    scanner = Client()
    assert scanner.get(link)["Location"] == "/sign-in-address/"
    assert scanner.get("/sign-in-address/").status_code == 200
    assert scanner.head("/sign-in-address/").status_code in {200, 405}
    assert not User.objects.filter(email=NEW).exists()

    person = Client()
    page = person.get(link, follow=True).content.decode()
    assert link.split("/")[-2] not in page, "the page is shown without the secret in its URL"
    assert person.post("/sign-in-address/").status_code == 422, "neither answer"
    mail.outbox.clear()
    assert b"Sign-in address changed" in person.post("/sign-in-address/", {"answer": "confirm"}).content
    assert User.objects.get(pk=world.user("clinical_staff").pk).email == NEW
    assert [message.to for message in mail.outbox] == [[old], [NEW]]
    done = Event.objects.filter(action="change_email")
    assert {event.practice for event in done} == {world.practice, world.other.practice}
    assert {event.detail["confirmed_by"] for event in done} == {"old_address"}
    assert {event.actor for event in done} == {None}
    # The link works once.
    assert Client().get(link, follow=True).status_code == 404
    assert person.post("/sign-in-address/", {"answer": "confirm"}).status_code == 404


def test_the_old_address_can_refuse_the_change(world):
    add_other_role(world)
    change(world)
    person = Client()
    person.get(link_in(mail.outbox[-1]))
    assert b"Change refused" in person.post("/sign-in-address/", {"answer": "refuse"}).content
    assert not User.objects.filter(email=NEW).exists()
    assert Event.objects.filter(practice=world.practice, action="refuse_email_change").count() == 1
    assert person.post("/sign-in-address/", {"answer": "confirm"}).status_code == 404


def test_a_forged_confirmation_is_refused(world):
    add_other_role(world)
    change(world)
    person = Client(enforce_csrf_checks=True)
    person.get(link_in(mail.outbox[-1]), follow=True)
    assert person.post("/sign-in-address/", {"answer": "confirm"}).status_code == 403
    assert not User.objects.filter(email=NEW).exists()


@pytest.mark.parametrize(("ends", "waits"), [(None, True), (0, True), (-2, False)])
def test_a_role_in_another_practice_requires_confirmation_until_its_last_day(world, ends, waits):
    add_other_role(world, ends_on=None if ends is None else timezone.now().date() + timedelta(days=ends))
    change(world)
    assert User.objects.filter(email=NEW).exists() is not waits


@pytest.mark.parametrize(
    ("role", "waits"),
    [("physician", True), ("qhp", True), ("therapist", True), ("manager", True), ("biller", False), ("auditor", False)],
)
def test_the_address_of_a_person_who_signs_or_approves_is_not_changed_by_one_administrator(world, role, waits):
    """With the address of a second approver, one administrator would be both persons."""
    old = world.user(role).email
    answer = change(world, role=role)
    assert answer.status_code == 200
    assert User.objects.filter(email=NEW).exists() is not waits
    assert (b"Waiting for confirmation" in answer.content) is waits
    assert mail.outbox[0].to == [old]


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_a_person_with_access_to_the_django_admin_must_confirm(world, right):
    nurse = world.user("clinical_staff")
    setattr(nurse, right, True)
    nurse.save()
    change(world)
    assert not User.objects.filter(email=NEW).exists()
    assert EmailChange.objects.filter(applied_at__isnull=True).count() == 1


def test_a_confirmation_link_is_valid_for_exactly_seven_days(world):
    add_other_role(world)
    now = timezone.now()
    row, secret = changes.ask_email_change(
        member=world.members["clinical_staff"], email=NEW, reason=REASON, by=world.members["admin"], now=now
    )
    last = now + timedelta(days=7)
    assert changes.open_email_change(row.public_id, secret, now=last - timedelta(seconds=1)) is not None
    assert changes.open_email_change(row.public_id, secret, now=last) is None
    assert changes.open_email_change(row.public_id, secret + "x", now=now) is None
    assert changes.open_email_change("zzzzzzzzzzzz", secret, now=now) is None
    with pytest.raises(Refused, match="not open anymore"):
        changes.confirm_email_change(change=row, confirmed_by="operator", now=last)


def test_a_second_change_or_a_withdrawal_invalidates_the_link(world):
    add_other_role(world)
    change(world)
    first = link_in(mail.outbox[-1])
    change(world, email="second@clinic.example")
    second = link_in(mail.outbox[-1])
    assert Client().get(first, follow=True).status_code == 404
    assert Client().get(second, follow=True).status_code == 200
    row = EmailChange.objects.get(withdrawn_at__isnull=True)
    address = f"/people/address-changes/{row.public_id}/withdraw/"
    assert signed_in(world.user("manager")).post(address).status_code == 403
    assert signed_in(world.other.user("admin")).post(address).status_code == 404
    assert signed_in(world.user("admin")).post(address).status_code == 302
    assert Client().get(second, follow=True).status_code == 404
    assert signed_in(world.user("admin")).post(address).status_code == 422


def test_a_confirmation_checks_again_what_may_have_changed(world):
    """The address was taken, another practice changed the person's address, or the role here has ended."""
    add_other_role(world)
    now, member = timezone.now(), world.members["clinical_staff"]
    ask = {"member": member, "email": NEW, "reason": REASON, "by": world.members["admin"], "now": now}
    row, _ = changes.ask_email_change(**ask)
    other = User.objects.create_user(NEW)
    with pytest.raises(Refused, match="Another person"):
        changes.confirm_email_change(change=row, confirmed_by="operator", now=now)
    other.email = "moved@clinic.example"
    other.save()
    User.objects.filter(pk=member.user_id).update(email="third@clinic.example")
    with pytest.raises(Refused, match="in the meantime"):
        changes.confirm_email_change(change=row, confirmed_by="operator", now=now)
    User.objects.filter(pk=member.user_id).update(email=row.old_email)
    Membership.objects.filter(pk=member.pk).update(ends_on="2020-01-02")
    with pytest.raises(Refused, match="has ended"):
        changes.confirm_email_change(change=row, confirmed_by="operator", now=now)
    assert not User.objects.filter(email=NEW).exists()


def test_the_operator_confirms_by_command(world):
    add_other_role(world)
    change(world)
    row, out = EmailChange.objects.get(), io.StringIO()
    mail.outbox.clear()
    call_command("confirm_email_change", row.public_id, stdout=out)
    assert NEW in out.getvalue()
    assert User.objects.filter(email=NEW).exists()
    assert len(mail.outbox) == 2
    assert {event.detail["confirmed_by"] for event in Event.objects.filter(action="change_email")} == {"operator"}
    for wrong in (row.public_id, "zzzz"):
        with pytest.raises(CommandError):
            call_command("confirm_email_change", wrong)


def test_a_stored_change_cannot_be_modified(world):
    change(world)
    for values in ({"new_email": "x@example.com"}, {"reason": "Another one"}, {"applied_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            EmailChange.objects.update(**values)
    with pytest.raises(DatabaseError), transaction.atomic():
        EmailChange.objects.all().delete()


def test_the_secret_is_stored_nowhere(world):
    add_other_role(world)
    change(world)
    secret = link_in(mail.outbox[-1]).split("/")[-2]
    assert secret not in str(list(EmailChange.objects.values()))
    assert secret not in str(list(Event.objects.values("detail", "subject")))


def test_an_address_belongs_to_one_person_in_every_table(world):
    """A further address in allauth's table would be a second user name, and could be a colleague's."""
    biller, nurse = world.user("biller"), world.user("clinical_staff")
    for foreign in (nurse.email, nurse.email.upper(), "future.colleague@example.com"):
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailAddress.objects.create(user=biller, email=foreign)
    own = EmailAddress.objects.create(user=biller, email=biller.email)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(biller.email.title())
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=nurse.pk).update(email="Nurse@Example.com")
    change(world, role="biller")
    assert not EmailAddress.objects.filter(pk=own.pk).exists()
    assert sign_in(nurse.email)[0].get("/").context["membership"].user == nurse


def test_a_session_alone_cannot_take_over_an_account(world):
    """A signed-in browser without password or factor cannot redirect a reset link."""
    nurse = world.user("clinical_staff")
    client = signed_in(nurse)
    client.post("/accounts/email/", {"action_add": "", "email": "attacker@evil.example"})
    client.post("/accounts/email/", {"action_primary": "", "email": "attacker@evil.example"})
    nurse.refresh_from_db()
    assert "evil" not in nurse.email
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": "attacker@evil.example"})
    assert not any("/reset/key/" in message.body for message in mail.outbox)
