"""A practice's security settings: second factor, signed days, and its own sign-in. Two administrators change them."""

from rpm_portal.accounts.models import Practice, SecondFactor, SettingChange, SingleSignOn
from rpm_portal.accounts.setting_kinds import SettingKind, SettingValues
from rpm_portal.core.access import Permission
from rpm_portal.core.db.history import save_with_reason

PRACTICE_SETTINGS = ("second_factor", "days_signed", "own_sign_in_only")
SSO_ON = "single_sign_on"
# What the second person sees and confirms with the switch of the practice's own sign-in.
_SSO_FACTS = ("issuer", "client_id", "domains", "vouches_for_factor")


def current_settings(practice: Practice, subject: str = "") -> SettingValues:
    """The practice's security settings by name; those of its own sign-in only if it has one. Two statements."""
    practice = Practice.objects.get(pk=practice.pk)
    values: SettingValues = {name: getattr(practice, name) for name in PRACTICE_SETTINGS}
    sso = SingleSignOn.objects.filter(practice=practice).first()
    if sso is not None:
        values |= {SSO_ON: sso.is_on, **{name: getattr(sso, name) for name in _SSO_FACTS}}
    return values


def _apply(change: SettingChange) -> None:
    practice = Practice.objects.select_for_update(no_key=True).get(pk=change.practice_id)
    names = [name for name in PRACTICE_SETTINGS if name in change.values]
    for name in names:
        setattr(practice, name, change.values[name])
    if names:
        practice.full_clean()
        save_with_reason(practice, reason=change.reason[:90], by=change.asked_by, fields=names)
    if SSO_ON in change.values:
        sso = SingleSignOn.objects.select_for_update().get(practice=practice)
        sso.is_on = change.values[SSO_ON]
        save_with_reason(sso, reason=change.reason[:90], by=change.asked_by, fields=["is_on"])


SECURITY = SettingKind(
    name="security",
    words="security settings",
    permission=Permission.CHANGE_SECURITY,
    decider="administrator",
    labels={
        "second_factor": "Second factor required of",
        "days_signed": "Claim lines wait for signed days",
        "own_sign_in_only": "Only the practice's own sign-in opens the practice",
        SSO_ON: "Own sign-in (single sign-on) is on",
        "issuer": "Sign-in provider",
        "client_id": "Client ID at the provider",
        "domains": "E-mail domains that the provider confirms",
        "vouches_for_factor": "The provider's second factor is accepted",
    },
    current=current_settings,
    apply=_apply,
    choices={"second_factor": dict(SecondFactor.choices)},
    confirmed_with={SSO_ON: _SSO_FACTS},
)
