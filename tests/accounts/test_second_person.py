"""Two persons: roles that sign, seal or approve, and a practice's security settings. One person never is both."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from rpm_portal.accounts import invitations, setting_changes
from rpm_portal.accounts.models import Invitation, Membership, SettingChange, SingleSignOn
from rpm_portal.accounts.security_settings import SECURITY
from rpm_portal.accounts.services import add_member, make_user
from rpm_portal.audit.models import Event
from rpm_portal.core.access import SECOND_PERSON_ROLES, Role
from rpm_portal.core.refusals import Refused
from tests.builders import NPI, PASSWORD, at
from tests.test_access import signed_in

WORDS = "copper-lantern-hollow"
FREE_NPI = "1003000126"


def typed(**fields):
    return {
        "given_name": "Nia", "family_name": "Newcomer", "email": "nia@example.org", "role": "physician",
        "credential": "MD", "npi": FREE_NPI, "password": PASSWORD, **fields,
    }  # fmt: skip


def invite(world, *, by="manager", **fields):
    """Invite through the page; returns the invitation."""
    answer = signed_in(world.user(by)).post("/people/invite/", typed(**fields))
    assert answer.status_code == 200, answer.content
    return Invitation.objects.get(withdrawn_at__isnull=True)


def approve(world, row, *, by="admin", password=PASSWORD):
    return signed_in(world.user(by)).post(f"/people/invitations/{row.public_id}/approve/", {"password": password})


def another(world, role, email="second@example.com"):
    """One more member of the practice with a role."""
    user = make_user(email=email, given_name="Second", family_name="Person", password=PASSWORD)
    return add_member(practice=world.practice, user=user, role=role, starts_on=at("2026-01-01").date(), by=None)


def events(world, action):
    rows = Event.objects.filter(practice=world.practice, action=action).order_by("number")
    return [(event.actor and event.actor.email, event.detail) for event in rows]


def test_the_roles_with_a_second_person_are_those_that_sign_lock_approve_or_grant():
    assert SECOND_PERSON_ROLES == ["admin", "manager", "physician", "qhp", "therapist"]


@pytest.mark.slow
@pytest.mark.parametrize("role", ["physician", "qhp", "therapist", "manager"])
def test_a_role_that_signs_has_no_link_before_a_second_person_approved_it(world, role):
    row = invite(world, role=role)
    assert mail.outbox == []
    assert row.secret_digest is None
    page = signed_in(world.user("admin")).get("/people/").content.decode()
    assert "waits for a second person" in page
    assert approve(world, row).status_code == 200
    assert mail.outbox[-1].to == ["nia@example.org"]
    link = re.search(r"http://testserver(/join/\S+)", mail.outbox[-1].body)[1]
    visitor = Client()
    visitor.get(link)
    assert visitor.post("/join/", {"password": WORDS, "again": WORDS}).status_code == 302
    assert Membership.objects.get(user__email="nia@example.org").role == role
    assert events(world, "approve_invitation") == [(world.user("admin").email, {"role": role})]
    assert approve(world, row).status_code == 422, "approved once"


@pytest.mark.parametrize("role", ["clinical_staff", "therapist_assistant", "biller"])
def test_a_role_that_signs_nothing_needs_one_person(world, role):
    row = invite(world, role=role, npi="")
    assert len(mail.outbox) == 1
    assert approve(world, row).status_code == 422


def test_whoever_invited_does_not_approve(world):
    row = invite(world)
    assert "approve/" not in signed_in(world.user("manager")).get("/people/").content.decode()
    answer = approve(world, row, by="manager")
    assert answer.status_code == 422
    assert "You invited this person" in answer.content.decode()
    assert mail.outbox == []


@pytest.mark.parametrize("by", ["physician", "qhp", "clinical_staff", "therapist", "biller", "auditor"])
def test_a_role_without_the_permission_does_not_approve(world, by):
    row = invite(world)
    assert approve(world, row, by=by).status_code == 403
    assert mail.outbox == []


def test_another_practices_manager_finds_no_invitation(world):
    row = invite(world)
    answer = signed_in(world.other.user("manager")).post(
        f"/people/invitations/{row.public_id}/approve/", {"password": PASSWORD}
    )
    assert answer.status_code == 404


def test_a_wrong_password_approves_nothing(world):
    row = invite(world)
    assert approve(world, row, password="wrong").status_code == 422
    assert mail.outbox == []


def test_only_an_administrator_approves_an_administrator(world):
    row = invite(world, by="admin", role="admin", npi="", credential="")
    answer = approve(world, row, by="manager")
    assert answer.status_code == 422
    assert "Only an administrator approves" in answer.content.decode()
    another(world, Role.ADMIN)
    answer = signed_in(Membership.objects.get(user__email="second@example.com").user).post(
        f"/people/invitations/{row.public_id}/approve/", {"password": PASSWORD}
    )
    assert answer.status_code == 200
    assert len(mail.outbox) == 1


def test_the_invited_person_does_not_approve_their_own_role(world):
    """A manager who moves to another role is invited under their own address."""
    now = timezone.now()
    row = Invitation(email="second@example.com", given_name="S", family_name="P", role="physician")
    invitations.invite(row=row, by=world.members["manager"], now=now)
    own = another(world, Role.MANAGER)
    with pytest.raises(Refused, match="a colleague decides"):
        invitations.approve(row=row, by=own, now=now)


def test_an_expired_or_withdrawn_invitation_is_not_approved(world):
    now = timezone.now()
    row = invite(world)
    with pytest.raises(Refused, match="does not wait"):
        invitations.approve(row=row, by=world.members["admin"], now=row.expires_at)
    invitations.withdraw(row=row, by=world.members["manager"], now=now)
    with pytest.raises(Refused, match="does not wait"):
        invitations.approve(row=row, by=world.members["admin"], now=now)


def test_the_database_refuses_a_signers_invitation_without_a_second_person(world):
    row = invite(world)
    for change in (
        "secret_digest = 'x'",
        "accepted_at = now()",
        f"approved_at = now(), approved_by_id = {row.invited_by_id}",
        "approved_at = now()",
        f"approved_by_id = {world.user('admin').pk}",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_invitation SET {change} WHERE id = %s", [row.pk])
    approve(world, row)
    with pytest.raises(ProgrammingError, match="set once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_invitation SET approved_at = now() WHERE id = %s", [row.pk])


def test_an_npi_belongs_to_one_person_of_a_practice(world):
    """One human with a second account would be their own second person."""
    answer = signed_in(world.user("manager")).post("/people/invite/", typed(npi=NPI))
    assert answer.status_code == 422
    assert f"{world.user('physician')} has this NPI" in answer.content.decode()
    assert not Invitation.objects.exists()
    with pytest.raises(ValidationError, match="Another person in the practice has this NPI"):
        add_member(
            practice=world.practice, user=make_user(email="x@example.com", given_name="A", family_name="B", password=None),
            role="physician", npi=NPI, starts_on=at("2026-01-01").date(), by=None,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=world.members["qhp"].pk).update(npi=NPI)


def test_an_npi_is_free_after_its_persons_last_day_and_in_another_practice(world):
    last = at("2026-06-30").date()
    Membership.objects.filter(pk=world.members["physician"].pk).update(ends_on=last)
    add = {"role": "physician", "npi": NPI, "by": None}
    first = make_user(email="x@example.com", given_name="A", family_name="B", password=None)
    with pytest.raises(ValidationError):
        add_member(practice=world.practice, user=first, starts_on=last, **add)
    assert add_member(practice=world.practice, user=first, starts_on=last + timedelta(days=1), **add)
    assert add_member(practice=world.other.practice, user=world.user("qhp"), starts_on=last, **add | {"npi": FREE_NPI})
    assert world.other.members["physician"].npi == NPI, "the same number in another practice"


def test_the_operator_approves_only_if_nobody_else_can(world):
    row = invite(world)
    for operator, message in (("Olga Operator", "has a second person"), (" x ", "Enter the name")):
        with pytest.raises(CommandError, match=message):
            call_command("approve", row.public_id, operator=operator, url="https://portal.example")
    Membership.objects.filter(pk=world.members["admin"].pk).update(ends_on="2026-01-01")
    call_command("approve", row.public_id, operator="Olga Operator", url="https://portal.example")
    assert "https://portal.example/join/" in mail.outbox[-1].body
    assert events(world, "approve_invitation") == [(None, {"role": "physician", "operator": "Olga Operator"})]
    with pytest.raises(CommandError, match="does not wait"):
        call_command("approve", row.public_id, operator="Olga Operator", url="https://portal.example")
    with pytest.raises(CommandError, match="no invitation and no change"):
        call_command("approve", "zzzzzzzzzzzz", operator="Olga Operator")


def test_the_operator_approves_an_administrator_while_there_is_one(world):
    row = invite(world, by="admin", role="admin", npi="", credential="")
    call_command("approve", row.public_id, operator="Olga Operator", url="https://portal.example")
    assert len(mail.outbox) == 1


# Security settings of a practice.

SETTINGS = {"second_factor": "everybody", "own_sign_in_only": "", "days_signed": "on", "reason": "After the audit."}


@pytest.fixture
def two_admins(world):
    return world.members["admin"], another(world, Role.ADMIN)


def enter(member, **fields):
    return signed_in(member.user).post("/settings/security/", SETTINGS | {"password": PASSWORD} | fields)


def decide(member, change, answer="approve", **fields):
    path = f"/settings/security/{change.public_id}/decide/"
    return signed_in(member.user).post(path, {"answer": answer, "password": PASSWORD} | fields)


def settings_of(world):
    world.practice.refresh_from_db()
    return world.practice.second_factor, world.practice.days_signed


def test_a_change_applies_only_after_a_second_administrator_approved_it(world, two_admins):
    first, second = two_admins
    assert enter(first).status_code == 200
    assert settings_of(world) == ("nobody", False)
    change = SettingChange.objects.get()
    page = signed_in(second.user).get("/settings/security/").content.decode()
    assert "Waiting for a second person" in page
    assert "Approve change" in page
    assert "Approve change" not in signed_in(first.user).get("/settings/security/").content.decode()
    answer = decide(first, change)
    assert answer.status_code == 422
    assert "another administrator decides" in answer.content.decode()
    assert settings_of(world) == ("nobody", False)
    assert decide(second, change).status_code == 200
    assert settings_of(world) == ("everybody", True)
    assert world.practice.history.first().history_change_reason == "After the audit."
    values = {"second_factor": "everybody", "days_signed": True}
    before = {"second_factor": "nobody", "days_signed": False}
    assert events(world, "apply_security_change") == [(second.user.email, {"values": values, "before": before})]
    with pytest.raises(Refused, match="decided already"):
        setting_changes.approve_change(change=change, by=second, now=timezone.now())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reason": "123456789"}, "at least 10 characters"),
        ({"second_factor": "perhaps"}, "Correct the marked fields"),
        ({"password": "wrong"}, "not your password"),
        ({"second_factor": "nobody", "days_signed": ""}, "Nothing is different"),
    ],
)
def test_a_wrong_change_of_security_settings_is_not_stored(world, two_admins, fields, message):
    answer = enter(two_admins[0], **fields)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not SettingChange.objects.exists()


def test_one_change_waits_at_a_time_and_can_be_withdrawn_or_refused(world, two_admins):
    first, second = two_admins
    enter(first)
    assert enter(second).status_code == 422
    change = SettingChange.objects.get()
    assert decide(first, change, "refuse").status_code == 200
    enter(first)
    assert decide(second, SettingChange.objects.get(outcome__isnull=True), "refuse").status_code == 200
    outcomes = SettingChange.objects.order_by("asked_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["withdrawn", "refused"]
    assert settings_of(world) == ("nobody", False)


@pytest.mark.parametrize("role", ["physician", "manager", "biller", "auditor", "clinical_staff"])
def test_only_administrators_see_and_decide_security_settings(world, two_admins, role):
    enter(two_admins[0])
    client = signed_in(world.user(role))
    assert client.get("/settings/security/").status_code == 403
    assert decide(world.members[role], SettingChange.objects.get()).status_code == 403
    assert settings_of(world) == ("nobody", False)


def test_another_practices_administrator_finds_no_change(world, two_admins):
    enter(two_admins[0])
    assert decide(world.other.members["admin"], SettingChange.objects.get()).status_code == 404


def test_a_setting_that_was_changed_in_the_meantime_is_not_overwritten(world, two_admins):
    first, second = two_admins
    enter(first)
    world.practice.days_signed = True
    world.practice.save()
    answer = decide(second, SettingChange.objects.get())
    assert answer.status_code == 422
    assert "changed in the meantime" in answer.content.decode()
    assert settings_of(world) == ("nobody", True)


def test_the_operator_is_the_second_person_only_of_a_single_administrator(world):
    enter(world.members["admin"])
    change = SettingChange.objects.get()
    page = signed_in(world.user("admin")).get("/settings/security/").content.decode()
    assert f"manage.py approve {change.public_id}" in page
    second = another(world, Role.ADMIN)
    with pytest.raises(CommandError, match="has a second person"):
        call_command("approve", change.public_id, operator="Olga Operator")
    Membership.objects.filter(pk=second.pk).update(ends_on="2026-01-01")
    call_command("approve", change.public_id, operator="Olga Operator")
    assert settings_of(world) == ("everybody", True)
    ((actor, detail),) = events(world, "apply_security_change")
    assert (actor, detail["operator"]) == (None, "Olga Operator")


def test_the_practices_own_sign_in_is_switched_on_by_two_who_saw_the_same_provider(world, two_admins):
    first, second = two_admins
    sso = SingleSignOn.objects.create(
        practice=world.practice, issuer="https://login.harbor.example", client_id="one", client_secret="x",
        domains=["harbor.example"],
    )  # fmt: skip
    enter(first, single_sign_on="on")
    change = SettingChange.objects.get()
    assert change.values["issuer"] == "https://login.harbor.example"
    assert "https://login.harbor.example" in signed_in(second.user).get("/settings/security/").content.decode()
    sso.issuer = "https://evil.example"
    sso.save()
    assert decide(second, change).status_code == 422, "the provider is another one now"
    sso.refresh_from_db()
    assert not sso.is_on
    decide(second, change, "refuse")
    enter(first, single_sign_on="on")
    assert decide(second, SettingChange.objects.get(outcome__isnull=True)).status_code == 200
    sso.refresh_from_db()
    assert sso.is_on


def test_the_database_refuses_a_change_applied_by_one_person(world):
    now = timezone.now()
    change = setting_changes.ask_change(
        SECURITY, values={"second_factor": "everybody"}, reason="After the audit.", by=world.members["admin"], now=now
    )
    for columns in (
        f"outcome = 'applied', decided_at = now(), decided_by_id = {change.asked_by_id}",
        "outcome = 'applied', decided_at = now()",
        f"outcome = 'applied', decided_by_id = {world.user('manager').pk}",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE accounts_settingchange SET {columns}")
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_settingchange SET values = '{}'")


def test_the_second_factor_of_a_new_practice_is_not_lowered_by_one_person(world):
    """The Django admin shows the setting and does not change it."""
    from tests.test_access import in_admin

    client = in_admin(world.user("admin"))
    page = f"/admin/accounts/practice/{world.practice.pk}/change/"
    form = {"name": world.practice.name, "zone": world.practice.zone, "close_day": 2, "second_factor": "everybody"}
    assert client.post(page, form | {"days_signed": "on", "own_sign_in_only": "on"}).status_code == 403
    assert settings_of(world) == ("nobody", False)
