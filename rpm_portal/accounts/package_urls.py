"""URLs of the django-allauth pages that the product uses, one by one.

A page that a new release of the package adds is not reachable until it is listed here. Left out on purpose: sign-up,
e-mail addresses and their confirmation, a first password, sign-in by a mailed code or by a passkey alone, trusted
browsers, and all of the social sign-in except the redirects to and from a practice's own provider.
tests/test_access.py compares both lists with what the installed release offers.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as key
from allauth.usersessions import views as sessions
from django.db import transaction
from django.urls import path, re_path

from rpm_portal.accounts.views import sso
from rpm_portal.accounts.views.account import password_change, password_reset

# The password and its audit event are written in one transaction.
reset_from_key = transaction.atomic(account.password_reset_from_key)

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", transaction.atomic(password_change), name="account_change_password"),
    path("password/reset/", password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", factor.index, name="mfa_index"),
    path("2fa/authenticate/", factor.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("2fa/webauthn/", key.list_webauthn, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", key.add_webauthn, name="mfa_add_webauthn"),
    path("2fa/webauthn/reauthenticate/", key.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/remove/", key.remove_webauthn, name="mfa_remove_webauthn"),
    path("2fa/webauthn/keys/<int:pk>/edit/", key.edit_webauthn, name="mfa_edit_webauthn"),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("own/<slug:public_id>/", sso.sign_on_page, name="practice_sign_in"),
    path("own/<slug:provider_id>/go/", sso.start_sign_on, name="openid_connect_login"),
    path("own/<slug:provider_id>/back/", sso.finish_sign_on, name="openid_connect_callback"),
]
