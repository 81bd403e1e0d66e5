"""What an EHR publishes: its addresses (smart-configuration) and public keys, each stored with the link.

SMART App Launch 2.2, section "Conformance" (https://hl7.org/fhir/smart-app-launch/conformance.html).
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import jwt

from rpm_portal.fhir.ehr.models import EhrLink
from rpm_portal.fhir.ehr.requests_out import LaunchRefused, check_address, request_json

VALID_FOR = timedelta(hours=1)
_ASK = "Nothing was opened. Ask your administrator to speak to the EHR's vendor."
_KEY_TYPES = {"RS256": "RSA", "RS384": "RSA", "ES256": "EC", "ES384": "EC"}
ALGORITHMS = tuple(_KEY_TYPES)


class Configuration(NamedTuple):
    """The addresses of an EHR that a launch needs, and the issuer of its id_tokens."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    issuer: str


def configuration_of(link: EhrLink, *, now: datetime) -> Configuration:
    """The configuration of an EHR, read at most once an hour. Raises LaunchRefused with what it lacks."""
    if link.configuration_at is not None and now - link.configuration_at < VALID_FOR:
        return _checked(link, link.configuration)
    value = request_json(f"{link.fhir_base.rstrip('/')}/.well-known/smart-configuration")
    configuration = _checked(link, value)
    link.configuration, link.configuration_at = value, now
    link.save(update_fields=["configuration", "configuration_at"])
    return configuration


def _checked(link: EhrLink, value: dict[str, object]) -> Configuration:
    authorization, token, keys = (
        _address(value, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    methods = value.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        raise LaunchRefused(f"The EHR does not support PKCE with S256. {_ASK}", why="no_s256", status=502)
    issuer = value.get("issuer")
    return Configuration(authorization, token, keys, issuer if isinstance(issuer, str) and issuer else link.fhir_base)


def _address(value: dict[str, object], name: str) -> str:
    address = value.get(name)
    if not isinstance(address, str) or not address:
        raise LaunchRefused(f"The EHR's smart-configuration has no {name}. {_ASK}", why=f"no_{name}", status=502)
    check_address(address)
    return address


def key_of(link: EhrLink, jwks_uri: str, *, kid: str, algorithm: str, now: datetime) -> jwt.PyJWK:
    """The EHR's public key with this kid. An unknown kid makes the keys be read again, once.

    Raises LaunchRefused.
    """
    if link.key_set_at is not None and now - link.key_set_at < VALID_FOR:
        key = _find(link.key_set, kid=kid, algorithm=algorithm)
        if key is not None:
            return key
    link.key_set, link.key_set_at = request_json(jwks_uri), now
    link.save(update_fields=["key_set", "key_set_at"])
    key = _find(link.key_set, kid=kid, algorithm=algorithm)
    if key is None:
        raise LaunchRefused(f"The EHR signed with a key that it does not publish. {_ASK}", why="unknown_key")
    return key


def _find(key_set: dict[str, object], *, kid: str, algorithm: str) -> jwt.PyJWK | None:
    keys = key_set.get("keys")
    for row in keys if isinstance(keys, list) else []:
        if not isinstance(row, dict) or row.get("kid") != kid or row.get("kty") != _KEY_TYPES[algorithm]:
            continue
        if row.get("use", "sig") != "sig" or row.get("alg", algorithm) != algorithm:
            continue
        try:
            return jwt.PyJWK(row, algorithm=algorithm)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            return None
    return None
