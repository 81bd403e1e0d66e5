"""Invitations by mail: who may send them, what a link opens and how often; and the end of roles."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts import invitations
from rpm_portal.accounts.models import Invitation, Membership, User
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import PASSWORD
from tests.test_access import signed_in

WORDS = "copper-lantern-hollow"


def typed(**fields):
    return {
        "given_name": "Nia", "family_name": "Newcomer", "email": "Nia@Example.org", "role": "clinical_staff",
        "credential": "RN", "password": PASSWORD, **fields,
    }  # fmt: skip


def invited(world, *, by="manager", **fields):
    """Invite through the page; returns the path of the link."""
    answer = signed_in(world.user(by)).post("/people/invite/", typed(**fields))
    assert answer.status_code == 200, answer.content
    return re.search(r"http://testserver(/join/\S+)", mail.outbox[-1].body)[1]


def joined(link, **fields):
    visitor = Client()
    assert visitor.get(link).headers["Location"] == "/join/"
    return visitor, visitor.post("/join/", {"password": WORDS, "again": WORDS, **fields})


def test_a_new_nurse_joins_by_the_link_and_has_the_invited_role(world):
    link = invited(world)
    assert mail.outbox[-1].to == ["nia@example.org"]
    visitor, answer = joined(link)
    assert answer.headers["Location"] == "/"
    member = Membership.objects.get(user__email="nia@example.org")
    assert (member.practice, member.role, member.credential, member.user.given_name) == (
        world.practice, "clinical_staff", "RN", "Nia",
    )  # fmt: skip
    answer = visitor.post("/accounts/login/", {"login": "nia@example.org", "password": WORDS})
    assert answer.headers["Location"] == "/"
    assert visitor.get("/").status_code == 200
    actions = Event.objects.filter(practice=world.practice, subject__startswith="invitation:").values_list(
        "action", flat=True
    )
    assert list(actions.order_by("number")) == ["invite", "accept_invitation"]


def test_a_link_opens_once_and_every_other_link_gets_the_same_answer(world):
    link = invited(world)
    joined(link)
    used = Client().get(link, follow=True)
    wrong = Client().get(link[:-6] + "aaaaa/", follow=True)
    unknown = Client().get("/join/zzzzzzzzzzzz/whatever/", follow=True)
    bare = Client().get("/join/")
    assert [answer.status_code for answer in (used, wrong, unknown, bare)] == [404] * 4
    assert User.objects.filter(email="nia@example.org").count() == 1
    assert "Nia" not in used.content.decode()


def test_an_invitation_link_is_valid_for_exactly_seven_days(world):
    now = timezone.now()
    row = Invitation(email="a@example.org", given_name="A", family_name="B", role="biller")
    secret = invitations.invite(row=row, by=world.members["manager"], now=now)
    last = now + timedelta(days=7)
    assert invitations.open_invitation(row.public_id, secret, now=last - timedelta(seconds=1)) is not None
    assert invitations.open_invitation(row.public_id, secret, now=last) is None
    with pytest.raises(Refused, match="not open any more"):
        invitations.accept(row=row, user=None, password=WORDS, now=last)


def test_inviting_again_or_withdrawing_invalidates_the_link(world):
    first = invited(world)
    second = invited(world)
    assert Client().get(first, follow=True).status_code == 404
    assert Client().get(second, follow=True).status_code == 200
    row = Invitation.objects.get(withdrawn_at__isnull=True)
    assert signed_in(world.user("manager")).post(f"/people/invitations/{row.public_id}/withdraw/").status_code == 302
    assert Client().get(second, follow=True).status_code == 404


def test_the_secret_is_stored_nowhere(world):
    secret = invited(world).rstrip("/").rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_invitation i WHERE i::text LIKE %s", [f"%{secret}%"])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM audit_event e WHERE e::text LIKE %s", [f"%{secret}%"])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"password": "wrong"}, "not your password"),
        ({"password": ""}, "Enter your password"),
        ({"role": "auditor"}, "last day"),
        ({"role": "auditor", "ends_on": "2001-01-01"}, "over already"),
        ({"role": "admin"}, "Only an administrator"),
        ({"npi": "1234567890"}, "NPI"),
        ({"email": "no address"}, "valid email"),
        ({"role": "emperor"}, "valid choice"),
    ],
)
def test_a_refused_invitation_shows_the_reason(world, fields, word):
    answer = signed_in(world.user("manager")).post("/people/invite/", typed(**fields))
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert mail.outbox == []
    assert not Invitation.objects.exists()


def test_a_person_with_a_role_here_is_refused_and_one_with_a_role_elsewhere_is_invited(world):
    taken = world.user("biller").email
    answer = signed_in(world.user("manager")).post("/people/invite/", typed(email=taken))
    assert answer.status_code == 422
    assert b"has a role in the practice already" in answer.content

    stranger = world.other.user("biller")
    link = invited(world, email=stranger.email, role="biller")
    visitor, answer = joined(link)
    assert answer.status_code == 422  # a person with an account signs in first; a link sets no password
    assert not User.objects.get(pk=stranger.pk).check_password(WORDS)
    visitor.force_login(stranger)
    visitor.get(link)
    assert visitor.post("/join/").status_code == 302
    assert Membership.objects.filter(user=stranger, practice=world.practice, role="biller").exists()


def test_another_person_cannot_accept_an_invitation(world):
    link = invited(world)
    nurse = signed_in(world.user("clinical_staff"))
    assert b"Another person is signed in" in nurse.get(link, follow=True).content
    assert nurse.post("/join/", {"password": WORDS, "again": WORDS}).status_code == 422
    assert not User.objects.filter(email="nia@example.org").exists()


@pytest.mark.parametrize(
    ("password", "again"), [("short", "short"), ("password1234", "password1234"), (WORDS, WORDS + "x")]
)
def test_a_weak_password_or_two_different_ones_are_refused(world, password, again):
    link = invited(world)
    _, answer = joined(link, password=password, again=again)
    assert answer.status_code == 422
    assert not User.objects.filter(email="nia@example.org").exists()


def test_a_failing_mail_server_is_reported_and_the_invitation_remains_open(world, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("rpm_portal.accounts.views.people.send_mail", fail)
    answer = signed_in(world.user("manager")).post("/people/invite/", typed())
    assert answer.status_code == 422
    assert b"could not be sent" in answer.content
    assert Invitation.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_a_person_whose_role_was_ended_is_refused_at_the_next_request(world):
    member = world.members["biller"]
    biller, manager = signed_in(member.user), signed_in(world.user("manager"))
    assert biller.get("/months/").status_code == 200
    end = f"/people/{member.public_id}/end/"
    assert manager.post(end, {"reason": "Left", "password": "wrong"}).status_code == 422
    assert manager.post(end, {"reason": "", "password": PASSWORD}).status_code == 422
    assert biller.get("/months/").status_code == 200
    assert manager.post(end, {"reason": "Left", "password": PASSWORD}).status_code == 200
    assert biller.get("/months/").status_code == 403
    assert manager.post(end, {"reason": "Left", "password": PASSWORD}).status_code == 422
    member.refresh_from_db()
    assert member.history.first().history_change_reason == "Left"


def test_a_role_that_began_today_ends_at_once_and_can_be_given_again(world):
    link = invited(world)
    visitor, _ = joined(link)
    visitor.post("/accounts/login/", {"login": "nia@example.org", "password": WORDS})
    assert visitor.get("/").status_code == 200
    member, manager = Membership.objects.get(user__email="nia@example.org"), signed_in(world.user("manager"))
    answer = manager.post(f"/people/{member.public_id}/end/", {"reason": "Wrong person", "password": PASSWORD})
    assert b"no longer has access" in answer.content
    assert visitor.get("/").status_code == 403
    assert "Left: 1" in manager.get("/people/").content.decode()

    visitor.get(invited(world))
    assert visitor.post("/join/").status_code == 302
    assert visitor.get("/").status_code == 200


def test_nobody_ends_their_own_role_and_no_manager_ends_an_administrators(world):
    manager = signed_in(world.user("manager"))
    for role in ("manager", "admin"):
        answer = manager.post(f"/people/{world.members[role].public_id}/end/", {"reason": "Why", "password": PASSWORD})
        assert answer.status_code == 422
        world.members[role].refresh_from_db()
        assert world.members[role].ends_on is None


def test_a_stored_invitation_cannot_be_modified(world):
    invited(world)
    for change in ("role = 'admin'", "secret_digest = 'x'", "expires_at = now()"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_invitation SET {change}")
