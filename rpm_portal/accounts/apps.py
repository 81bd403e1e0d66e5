"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, practices, memberships."""

    name = "rpm_portal.accounts"
    label = "accounts"
    verbose_name = "People and practices"

    def ready(self) -> None:
        """Connect the receivers that record sign-ins in the audit."""
        from rpm_portal.accounts import signals  # noqa: F401 - the import connects them
