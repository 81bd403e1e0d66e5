"""Views: a change of the practice's rules for time entries is entered, and a second person decides on it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rpm_portal.accounts.idle import longest_call_idle
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.setting_kinds import SettingValues
from rpm_portal.accounts.views.setting_pages import ReasonForm, SettingPage, change_settings, decide_settings
from rpm_portal.core.access import Permission, allow
from timetracking.models import LeavingRule, StartRule
from timetracking.models.policies import check_call_idle
from timetracking.staff_days.time_rules import START_ROLES, TIME_RULES


class RulesForm(ReasonForm):
    """The rules of `TimePolicy` with its limits, and what opening a chart starts, by role (`StartPolicy`)."""

    joint_work = forms.BooleanField(
        label=TIME_RULES.labels["joint_work"],
        required=False,
        help_text="An entry then needs a reason, which stays on the entry.",
    )
    time_approved = forms.BooleanField(
        label=TIME_RULES.labels["time_approved"],
        required=False,
        help_text="A claim line is not locked while a time entry it depends on waits for approval.",
    )
    day_limit_minutes = forms.IntegerField(
        label=TIME_RULES.labels["day_limit_minutes"],
        min_value=60,
        max_value=1440,
        help_text="For people without a shift of their own. Nothing is refused.",
    )
    call_idle_minutes = forms.IntegerField(
        label=TIME_RULES.labels["call_idle_minutes"],
        min_value=2,
        validators=[check_call_idle],
        help_text="A timer on a call without an answer is stopped at the last input.",
    )
    leaving = forms.ChoiceField(label=TIME_RULES.labels["leaving"], choices=LeavingRule)

    def __init__(self, data: Any = None, *, current: SettingValues) -> None:
        super().__init__(data, current=current)
        idle = self.fields["call_idle_minutes"]
        idle.help_text = f"At most {longest_call_idle()}. {idle.help_text}"
        for name in START_ROLES:
            self.fields[name] = forms.ChoiceField(label=TIME_RULES.labels[name], choices=StartRule)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


PAGE = SettingPage(
    kind=TIME_RULES,
    title="Rules for time entries",
    form=RulesForm,
    url="timetracking:rules",
    decide_url="timetracking:decide_rules",
)


@allow(Permission.CHANGE_TIME_RULES)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def rules(request: PortalRequest) -> HttpResponse:
    """The rules, and a change of them, which waits for a second person."""
    return change_settings(request, PAGE)


@allow(Permission.CHANGE_TIME_RULES)
@sensitive_post_parameters("password", "code")
@require_POST
def decide_rules(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another person's change, refuse it, or withdraw one's own."""
    return decide_settings(request, PAGE, public_id)
