"""App configuration of the Django admin. It is apart from `apps.py`, which may have one configuration only."""

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """The Django admin with the product's own site."""

    default_site = "rpm_portal.accounts.admin_site.PortalAdminSite"
