"""Refusals of an unsafe start: secrets, hosts, cache and mail of a production, and a trial that is reachable."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

# Texts of at least 50 characters; the others are 32 bytes in base64.
TEXT_SECRETS = ("PORTAL_SECRET_KEY", "PORTAL_AUDIT_KEY")
KEY_SECRETS = ("PORTAL_COLUMN_KEYS", "PORTAL_SEAL_KEYS", "PORTAL_BACKUP_KEY", "PORTAL_LINK_KEYS")
SECRETS = (*TEXT_SECRETS, *KEY_SECRETS)
# The same limits as in Django's check security.W009.
MIN_SECRET_LENGTH = 50
MIN_SECRET_CHARACTERS = 5
# "testserver" is the name of Django's test client and resolves to nothing.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1", "testserver")


def check_production(environment: Mapping[str, str], *, hosts: list[str], debug: bool) -> None:
    """Raise ImproperlyConfigured, naming the variable, if the portal may not be served over TLS with these values."""
    for name in SECRETS:
        if not environment.get(name):
            raise ImproperlyConfigured(f"{name} is not set. `manage.py make_secrets FILE` writes new values.")
    for name in TEXT_SECRETS:
        _check_secret(environment, name)
    values = [environment[name] for name in TEXT_SECRETS]
    # Keys that are being replaced are lists: each key belongs to one variable.
    values += [key.strip() for name in KEY_SECRETS for key in environment[name].split(",") if key.strip()]
    if len(set(values)) != len(values):
        raise ImproperlyConfigured(f"{', '.join(SECRETS)} must be different, so that each can be replaced alone.")
    if not environment.get("PORTAL_CACHE_URL"):
        raise ImproperlyConfigured(
            "PORTAL_CACHE_URL is not set. Set it to a Redis-protocol address that all processes use."
        )
    if not environment["PORTAL_CACHE_URL"].startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("PORTAL_CACHE_URL must begin with redis://, rediss:// or unix://.")
    mail = environment.get("PORTAL_EMAIL_URL", "")
    if not mail.startswith("smtp"):
        raise ImproperlyConfigured(
            "PORTAL_EMAIL_URL is not set to a mail server. Links of invitations would be in the log."
        )
    if debug:
        raise ImproperlyConfigured("PORTAL_DEBUG must be false under HTTPS: error pages would show data.")
    if any(host == "*" or host.startswith(".") for host in hosts):
        raise ImproperlyConfigured(
            "PORTAL_HOSTS must list each host name: links in mails contain the name of the request."
        )


def check_trial(environment: Mapping[str, str], *, hosts: list[str], debug: bool) -> None:
    """Raise ImproperlyConfigured if a portal without TLS can be reached under a name that is not loopback."""
    if environment.get("PORTAL_SECRET_KEY"):
        _check_secret(environment, "PORTAL_SECRET_KEY")
    others = [host for host in hosts if host not in LOOPBACK and not host.endswith(".localhost")]
    if others:
        raise ImproperlyConfigured(
            f"PORTAL_HOSTS contains {others[0]}, but PORTAL_HTTPS is false. Without TLS only loopback names are served."
        )


def _check_secret(environment: Mapping[str, str], name: str) -> None:
    secret = environment[name]
    if len(secret) < MIN_SECRET_LENGTH or len(set(secret)) < MIN_SECRET_CHARACTERS:
        raise ImproperlyConfigured(f"{name} must be at least {MIN_SECRET_LENGTH} random characters.")
