"""A practice's rules for time entries are changed by two persons, on their page; the Django admin only shows them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from rpm_portal.accounts import setting_changes
from rpm_portal.accounts.models import Membership, SettingChange
from rpm_portal.accounts.security_settings import SECURITY
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import PASSWORD
from tests.test_access import in_admin, signed_in
from timetracking.models import StartPolicy, TimePolicy
from timetracking.staff_days.time_rules import START_ROLES, TIME_RULES, current_rules

PAGE = "/settings/time/"
DEFAULTS = {
    "joint_work": False, "time_approved": False, "day_limit_minutes": 600, "call_idle_minutes": 10, "leaving": "ask",
    **dict.fromkeys(START_ROLES, "off"),
}  # fmt: skip
FORM = {
    "day_limit_minutes": "600", "call_idle_minutes": "10", "leaving": "ask", "reason": "After the audit.",
    **dict.fromkeys(START_ROLES, "off"),
}  # fmt: skip


def enter(world, *, by="manager", **fields):
    form = FORM | {"time_approved": "on", "password": PASSWORD} | fields
    return signed_in(world.user(by)).post(PAGE, form)


def decide(member, change, answer="approve", **fields):
    address = reverse("timetracking:decide_rules", args=[change.public_id])
    return signed_in(member.user).post(address, {"answer": answer, "password": PASSWORD} | fields)


def test_a_rule_applies_only_after_a_second_person_approved_it(world):
    assert current_rules(world.practice) == DEFAULTS
    assert enter(world).status_code == 200
    change = SettingChange.objects.get()
    assert (current_rules(world.practice), change.values) == (DEFAULTS, {"time_approved": True})

    page = signed_in(world.user("physician")).get(PAGE).content.decode()
    assert "A second person approves time entries" in page
    assert "Approve change" in page
    assert "Approve change" not in signed_in(world.user("manager")).get(PAGE).content.decode()
    own = decide(world.members["manager"], change)
    assert own.status_code == 422
    assert "another manager or physician decides" in own.content.decode()
    assert not TimePolicy.objects.exists()

    assert decide(world.members["physician"], change).status_code == 200
    assert current_rules(world.practice) == DEFAULTS | {"time_approved": True}
    assert current_rules(world.other.practice) == DEFAULTS
    history = TimePolicy.objects.get().history.get()
    assert (history.history_change_reason, history.history_user) == ("After the audit.", world.user("manager"))
    event = Event.objects.get(practice=world.practice, action="apply_time_change")
    assert (event.actor, event.detail["values"]) == (world.user("physician"), {"time_approved": True})


def test_an_existing_rule_is_changed_and_others_stay(world):
    TimePolicy.objects.create(practice=world.practice, call_idle_minutes=5, joint_work=True)
    enter(world, joint_work="on", call_idle_minutes="6")
    assert decide(world.members["physician"], SettingChange.objects.get()).status_code == 200

    row = TimePolicy.objects.get()
    assert (row.joint_work, row.time_approved, row.call_idle_minutes) == (True, True, 6)


def test_what_opening_a_chart_starts_is_a_rule_of_each_role_that_tracks_time(world):
    assert {"start_clinical_staff", "start_physician"} <= set(START_ROLES)
    assert not {"start_biller", "start_manager", "start_auditor"} & set(START_ROLES)
    assert enter(world, start_clinical_staff="perhaps").status_code == 422
    for rule in ("automatic", "ask"):
        assert enter(world, time_approved="", start_clinical_staff=rule).status_code == 200
        assert decide(world.members["physician"], SettingChange.objects.latest("pk")).status_code == 200
        row = StartPolicy.objects.get()
        assert (row.practice, row.role, row.starts) == (world.practice, "clinical_staff", rule)
    assert not TimePolicy.objects.exists()
    assert StartPolicy.objects.get().history.count() == 2


@pytest.mark.slow
@pytest.mark.parametrize(("name", "lowest", "highest"), [("day_limit_minutes", 60, 1440), ("call_idle_minutes", 2, 13)])
def test_minutes_are_accepted_up_to_their_limits(world, name, lowest, highest):
    for value in (lowest - 1, highest + 1, "", "ten"):
        answer = enter(world, **{name: value})
        assert answer.status_code == 422
        assert "Correct the marked fields" in answer.content.decode()
    assert not SettingChange.objects.exists()
    for value in (lowest, highest):
        assert enter(world, **{name: value}).status_code == 200
        assert decide(world.members["physician"], SettingChange.objects.latest("pk")).status_code == 200
        assert getattr(TimePolicy.objects.get(), name) == value


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"reason": "123456789"}, "at least 10 characters"),
        ({"leaving": "perhaps"}, "Correct the marked fields"),
        ({"password": "wrong"}, "not your password"),
        ({"time_approved": ""}, "Nothing is different"),
    ],
)
def test_a_wrong_change_is_not_stored(world, fields, message):
    answer = enter(world, **fields)

    assert (answer.status_code, SettingChange.objects.count()) == (422, 0)
    assert message in answer.content.decode()


@pytest.mark.parametrize("role", ["admin", "biller", "auditor", "clinical_staff"])
def test_only_managers_and_physicians_open_the_rules(world, role):
    enter(world)
    change = SettingChange.objects.get()

    assert signed_in(world.user(role)).get(PAGE).status_code == 403
    assert decide(world.members[role], change).status_code == 403
    change.refresh_from_db()
    assert change.outcome is None


def test_another_practice_and_the_page_of_other_settings_find_no_change(world):
    enter(world)
    change = SettingChange.objects.get()
    assert decide(world.other.members["physician"], change).status_code == 404
    other_page = reverse("decide_security", args=[change.public_id])
    assert signed_in(world.user("admin")).post(other_page, {"answer": "approve"}).status_code == 404
    security = setting_changes.ask_change(
        SECURITY, values={"days_signed": True}, reason="After the audit.", by=world.members["admin"],
        now=timezone.now(),
    )  # fmt: skip
    assert decide(world.members["physician"], security).status_code == 404
    world.practice.refresh_from_db()
    assert not world.practice.days_signed


@pytest.mark.slow
def test_a_change_is_withdrawn_refused_and_not_applied_to_changed_rules(world):
    enter(world)
    decide(world.members["manager"], SettingChange.objects.get(), "refuse")
    enter(world)
    assert enter(world, by="physician", joint_work="on").status_code == 422, "one change of a kind waits at a time"
    TimePolicy.objects.create(practice=world.practice, time_approved=True)
    answer = decide(world.members["physician"], SettingChange.objects.get(outcome=None))
    assert (answer.status_code, "changed in the meantime" in answer.content.decode()) == (422, True)
    decide(world.members["physician"], SettingChange.objects.get(outcome=None), "refuse")

    outcomes = SettingChange.objects.order_by("asked_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["withdrawn", "refused"]


def test_the_operator_is_the_second_person_only_if_there_is_none(world):
    enter(world)
    change = SettingChange.objects.get()
    with pytest.raises(CommandError, match="has a second person"):
        call_command("approve", change.public_id, operator="Olga Operator")
    Membership.objects.filter(practice=world.practice, role="physician").update(ends_on=date(2026, 11, 1))
    call_command("approve", change.public_id, operator="Olga Operator")

    assert TimePolicy.objects.get().time_approved


def test_the_admin_shows_the_rules_and_changes_none(world):
    row = TimePolicy.objects.create(practice=world.practice)
    boss = in_admin(world.user("admin"))
    address = reverse("admin:timetracking_timepolicy_change", args=[row.pk])
    form = {"practice": world.practice.pk, "joint_work": "on", **FORM}

    assert boss.get(address).status_code == 200
    assert boss.post(address, form).status_code == 403
    assert boss.post(reverse("admin:timetracking_timepolicy_add"), form).status_code == 403
    row.refresh_from_db()
    assert not row.joint_work


def test_values_outside_the_limits_are_refused_when_they_are_applied(world):
    change = setting_changes.ask_change(
        TIME_RULES, values={"call_idle_minutes": 1}, reason="After the audit.", by=world.members["manager"],
        now=timezone.now(),
    )  # fmt: skip
    with pytest.raises((Refused, ValidationError)):
        setting_changes.approve_change(change=change, by=world.members["physician"], now=timezone.now())
    assert not TimePolicy.objects.exists()


@pytest.mark.parametrize(("seconds", "longest"), [(5 * 60, 3), (15 * 60, 13), (60 * 60, 58)])
def test_a_call_is_asked_about_two_minutes_before_the_session_ends(world, settings, seconds, longest):
    """A minute for the answer, and a minute for the session's own warning: later, nobody would see the question."""
    settings.IDLE_SECONDS = seconds
    answer = enter(world, call_idle_minutes=str(longest + 1))
    assert answer.status_code == 422
    assert f"at most {longest} minutes" in answer.content.decode()
    assert f"At most {longest}." in signed_in(world.user("manager")).get(PAGE).content.decode()
    assert enter(world, call_idle_minutes=str(longest)).status_code == 200
    change = SettingChange.objects.get()

    settings.IDLE_SECONDS = seconds - 60  # the operator shortened it before the approval
    assert decide(world.members["physician"], change).status_code == 422
    settings.IDLE_SECONDS = seconds
    assert decide(world.members["physician"], change).status_code == 200
    assert TimePolicy.objects.get().call_idle_minutes == longest
