"""Environment variables, strictly parsed: an invalid value stops the start with its name in the message."""

import base64
import binascii
import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from rpm_portal.core.client_address import TrustedProxies, parse_proxies


def required(name: str, hint: str) -> str:
    """The value of a required variable. Raises ImproperlyConfigured with the hint."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """True or false. Raises ImproperlyConfigured for anything else."""
    raw = os.environ.get(name, str(default)).strip().lower()
    if raw not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}.")
    return raw in {"1", "true", "yes", "on"}


def number(name: str, *, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`. Raises ImproperlyConfigured for anything else."""
    raw = os.environ.get(name, str(default))
    if not raw.strip().isdigit() or not low <= int(raw) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {raw!r}.")
    return int(raw)


def public_url(name: str, *, default: str, secure: bool) -> str:
    """A base address without its last slash; with `secure` only https. Raises ImproperlyConfigured for any other."""
    address = os.environ.get(name, default).rstrip("/")
    parts = urlsplit(address)
    schemes = {"https"} if secure else {"http", "https"}
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or parts.username:
        kind = "an https address" if secure else "an http or https address"
        raise ImproperlyConfigured(f"{name} must be {kind} like https://portal.example.com, not {address!r}.")
    return address


def message_addresses(*, secure: bool) -> tuple[str, str, str]:
    """PORTAL_PUBLIC_URL, under which carriers reach the portal; PORTAL_CARRIER_URL and PORTAL_KANNEL_URL."""
    return (
        public_url("PORTAL_PUBLIC_URL", default="http://localhost:8000", secure=False),
        public_url("PORTAL_CARRIER_URL", default="https://api.twilio.com", secure=secure),
        public_url("PORTAL_KANNEL_URL", default="http://127.0.0.1:13013", secure=False),
    )


def kannel_networks() -> TrustedProxies:
    """PORTAL_KANNEL_NETWORKS: from where our own gateway reports; this machine if it is not set."""
    texts = os.environ.get("PORTAL_KANNEL_NETWORKS", "127.0.0.0/8").split(",")
    return parse_proxies(texts, name="PORTAL_KANNEL_NETWORKS")


def database(url: str) -> dict[str, object]:
    """Django's database settings for a postgresql:// URL. Raises ImproperlyConfigured for any other."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ImproperlyConfigured(
            "DATABASE_URL is not a PostgreSQL address. It looks like postgresql://user:password@host:5432/name."
        ) from None
    if not url.startswith(("postgresql://", "postgres://")) or not parts.get("dbname"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// and name a database.")
    own_settings = {"dbname", "user", "password", "host", "port"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts["dbname"],
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **{key: value for key, value in parts.items() if key not in own_settings},
            # Only explicitly prepared statements are prepared (core/db/prepared_statements.py); with None psycopg would
            # prepare nothing at all.
            "prepare_threshold": 1_000_000_000,
            # The timeouts keep a stuck transaction from locking a month. The planner settings fit tables in memory or
            # on flash storage and statements that are planned once per connection: with the defaults the bounded
            # lists took three times as long.
            "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s "
            "-c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan",
        },
    }


def neighbor_database(url: str) -> str:
    """The address of the next database of a Redis-protocol server: redis://127.0.0.1:6379/1 for .../0."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return urlunsplit(parts._replace(query="db=1"))
    number_text = parts.path.strip("/")
    return urlunsplit(parts._replace(path=f"/{int(number_text) + 1 if number_text.isdigit() else 1}"))


def shared_cache(*, broker: str) -> dict[str, object]:
    """Django's settings of the cache of all processes: PORTAL_CACHE_URL, or the next database of the broker's server.

    Keys get the prefix PORTAL_CACHE_PREFIX.
    """
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("PORTAL_CACHE_URL") or neighbor_database(broker),
        "KEY_PREFIX": os.environ.get("PORTAL_CACHE_PREFIX", "portal"),
        "OPTIONS": {
            "serializer": "rpm_portal.core.cache_serializer.JsonSerializer",
            # A cache that does not answer must not hold up the sign-in page.
            "socket_timeout": 0.25,
            "socket_connect_timeout": 0.25,
        },
    }


def keys(name: str, *, default: bytes) -> list[bytes]:
    """Keys of 32 bytes in base64, separated by commas; the default if none is set. Raises ImproperlyConfigured."""
    texts = [text.strip() for text in os.environ.get(name, "").split(",") if text.strip()]
    try:
        decoded = [base64.b64decode(text, validate=True) for text in texts]
    except binascii.Error:
        decoded = [b""]
    if any(len(key) != 32 for key in decoded):
        raise ImproperlyConfigured(
            f"{name} must be 32 random bytes in base64 each, as `openssl rand -base64 32` prints."
        )
    return decoded or [default]


def mail_server(name: str) -> dict[str, object]:
    """Django's mail settings for a URL like smtp+tls://user:password@host:587.

    Without one, mail is printed. Raises ImproperlyConfigured.
    """
    try:
        mail_settings: dict[str, Any] = environ.Env().email_url(name, default="consolemail://")
    except (ImproperlyConfigured, ValueError):
        # The URL contains a password: it is not repeated.
        raise ImproperlyConfigured(f"{name} must be like smtp+tls://user:password@host:587 or smtp+ssl://...") from None
    if "smtp" in mail_settings["EMAIL_BACKEND"] and not mail_settings["EMAIL_HOST"]:
        raise ImproperlyConfigured(f"{name} names no host: smtp+tls://user:password@host:587.")
    return mail_settings


def log_settings(log_format: str, *, level: str) -> dict[str, object]:
    """Django's log settings: one handler, without health information.

    A database error's DETAIL line contains the row, so it is removed.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_rows": {"()": "rpm_portal.core.logs.CutRowDetails"}},
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"},
            "json": {"()": "rpm_portal.core.logs.JsonLine"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": log_format, "filters": ["no_rows"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
    }
