"""A check of the deployment: the heads of the audit chains are stored where nobody of the portal can change them."""

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_heads_are_stored(**_: object) -> list[CheckMessage]:
    """`manage.py check --deploy`: a warning if a chain that was cut together with its head would not be noticed."""
    if settings.AUDIT_HEADS_FILE or settings.AUDIT_HEADS_TO:
        return []
    return [
        Warning(
            "The heads of the audit chains are stored nowhere besides the database.",
            hint="Set PORTAL_AUDIT_HEADS_FILE to a file on another machine, or PORTAL_AUDIT_HEADS_TO to an address.",
            id="portal.W001",
        )
    ]
