"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, practices, memberships."""

    name = "rpm_portal.accounts"
    label = "accounts"
    verbose_name = "People and practices"

    def ready(self) -> None:
        """Connect the receivers that record sign-ins in the audit, and register the security settings."""
        from rpm_portal.accounts import signals  # noqa: F401 - the import connects them
        from rpm_portal.accounts.security_settings import SECURITY
        from rpm_portal.accounts.setting_kinds import register_kind

        register_kind(SECURITY)
