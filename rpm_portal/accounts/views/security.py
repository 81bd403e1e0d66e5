"""Views: an administrator enters a change of the practice's security settings, and another one decides on it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from rpm_portal.accounts.models import SecondFactor
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.security_settings import SECURITY, SSO_ON
from rpm_portal.accounts.setting_kinds import SettingValues
from rpm_portal.accounts.views.setting_pages import ReasonForm, SettingPage, change_settings, decide_settings
from rpm_portal.core.access import Permission, allow


class SecurityForm(ReasonForm):
    """The security settings of a practice. The switch of its own sign-in exists only if one is set up."""

    second_factor = forms.ChoiceField(label="Second factor required of", choices=SecondFactor)
    days_signed = forms.BooleanField(label="Claim lines wait for signed days", required=False)
    own_sign_in_only = forms.BooleanField(
        label="Only the practice's own sign-in opens the practice",
        required=False,
        help_text="Counts while the own sign-in is on.",
    )
    single_sign_on = forms.BooleanField(label="Own sign-in (single sign-on) is on", required=False)

    def __init__(self, data: Any = None, *, current: SettingValues) -> None:
        super().__init__(data, current=current)
        if SSO_ON not in current:
            del self.fields[SSO_ON]


PAGE = SettingPage(
    kind=SECURITY, title="Security settings", form=SecurityForm, url="security", decide_url="decide_security"
)


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def security(request: PortalRequest) -> HttpResponse:
    """The settings, and a change of them, which waits for a second administrator."""
    return change_settings(request, PAGE)


@allow(Permission.CHANGE_SECURITY)
@sensitive_post_parameters("password", "code")
@require_POST
def decide_security(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another administrator's change, refuse it, or withdraw one's own."""
    return decide_settings(request, PAGE, public_id)
