"""A practice's rules for time entries. They change what is billed, so a second person approves each change."""

from rpm_portal.accounts.models import Practice, SettingChange
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues
from rpm_portal.core.access import Permission, Role, may
from rpm_portal.core.db.history import save_with_reason
from timetracking.models import LeavingRule, StartPolicy, StartRule, TimePolicy
from timetracking.queries import time_policy

POLICY_NAMES = ("joint_work", "time_approved", "day_limit_minutes", "call_idle_minutes", "leaving")
# What opening a chart starts, by the name of its rule: the roles that track time.
START_ROLES = {f"start_{role}": role for role in Role if may(role, Permission.TRACK_TIME)}


def current_rules(practice: Practice, subject: str = "") -> SettingValues:
    """The practice's rules by name; the defaults if it has none of its own. Two statements."""
    policy = time_policy(practice.pk)
    starts = dict(StartPolicy.objects.for_practice(practice).values_list("role", "starts"))
    return {
        **{name: getattr(policy, name) for name in POLICY_NAMES},
        **{name: starts.get(role, StartRule.OFF.value) for name, role in START_ROLES.items()},
    }


def _apply(change: SettingChange) -> None:
    if names := [name for name in POLICY_NAMES if name in change.values]:
        rows = TimePolicy.objects.for_practice(change.practice_id)
        _save(rows.select_for_update().first() or TimePolicy(practice=change.practice), change, names)
    for name in START_ROLES.keys() & change.values.keys():
        mine = StartPolicy.objects.for_practice(change.practice_id).filter(role=START_ROLES[name])
        row = mine.select_for_update().first() or StartPolicy(practice=change.practice, role=START_ROLES[name])
        row.starts = change.values[name]
        _save(row, change, [])


def _save(row: TimePolicy | StartPolicy, change: SettingChange, names: list[str]) -> None:
    for name in names:
        setattr(row, name, change.values[name])
    row.full_clean()
    save_with_reason(row, reason=change.reason[:90], by=change.asked_by)


TIME_RULES = SettingKind(
    name="time",
    words="rules for time entries",
    permission=Permission.CHANGE_TIME_RULES,
    decider="manager or physician",
    labels={
        "joint_work": "Two people may work on one patient for two programs at once",
        "time_approved": "A second person approves time entries",
        "day_limit_minutes": "Minutes a day after which a person's day is flagged",
        "call_idle_minutes": "Minutes of a call without input after which the portal asks",
        "leaving": "If someone leaves the patient's pages while a timer runs",
        **{name: f"Opening a chart, {Role(role).label.lower()}" for name, role in START_ROLES.items()},
    },
    current=current_rules,
    apply=_apply,
    choices={"leaving": dict(LeavingRule.choices), **{name: dict(StartRule.choices) for name in START_ROLES}},
)
