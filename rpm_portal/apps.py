"""App configuration of the portal: loads Celery and registers database extensions."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The app of the management commands and template tags."""

    name = "rpm_portal"
    label = "rpm_portal"

    def ready(self) -> None:
        """Load the Celery application; register the lookup `any_of`, the timestamp loader, and kinds of rows."""
        from billing.ledger.money_rules import MONEY_RULES
        from billing.policies.billing_settings import KINDS
        from enrollment.services.contacts.messages import PATIENT_MESSAGE
        from rpm_portal import celery  # noqa: F401 - the import binds shared tasks to our application
        from rpm_portal.accounts.setting_kinds import register_kind
        from rpm_portal.core.db import any_of, timestamp_loader
        from rpm_portal.core.outbox.registry import register_kind as register_outbox_kind
        from rpm_portal.ops import server_log  # noqa: F401 - the import registers its check
        from timetracking.staff_days.time_rules import TIME_RULES

        any_of.register()
        timestamp_loader.register()
        register_outbox_kind(PATIENT_MESSAGE)
        for kind in (TIME_RULES, MONEY_RULES, *KINDS):
            register_kind(kind)
