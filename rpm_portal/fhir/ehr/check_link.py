"""What is wrong with an EHR link, in one sentence each, for `manage.py ehr_check`."""

from collections.abc import Iterator
from datetime import datetime

from rpm_portal.core.refusals import Refused
from rpm_portal.fhir.ehr.discovery import configuration_of
from rpm_portal.fhir.ehr.id_tokens import ALGORITHMS
from rpm_portal.fhir.ehr.models import EhrLink
from rpm_portal.fhir.ehr.requests_out import request_json

_CAPABILITIES = {
    "launch-ehr": "It does not list launch-ehr: it may not open the portal with a patient.",
    "sso-openid-connect": "It does not list sso-openid-connect: it may not say who launched.",
    "context-ehr-patient": "It does not list context-ehr-patient: it may not say which patient.",
}


def problems_of(link: EhrLink, *, now: datetime) -> Iterator[str]:
    """One sentence for each problem; none if a launch should work. Reads the EHR's addresses and keys now."""
    if not link.is_on:
        yield "The link is switched off: launches are refused."
    link.configuration_at = None
    try:
        configuration = configuration_of(link, now=now)
    except Refused as refusal:
        yield f"smart-configuration: {refusal.message}"
        return
    yield from _lacks(link)
    try:
        keys = request_json(configuration.jwks_uri).get("keys")
    except Refused as refusal:
        yield f"Keys: {refusal.message}"
    else:
        yield from _key_problems(keys)
    try:
        request_json(f"{link.fhir_base.rstrip('/')}/metadata")
    except Refused as refusal:
        yield f"CapabilityStatement: {refusal.message}"


def _lacks(link: EhrLink) -> Iterator[str]:
    listed = link.configuration.get("capabilities")
    capabilities = listed if isinstance(listed, list) else []
    yield from (sentence for name, sentence in _CAPABILITIES.items() if name not in capabilities)
    needed = "client-confidential-symmetric" if link.client_secret else "client-public"
    if needed not in capabilities:
        yield f"It does not list {needed}: enter a client secret only if it gave one."
    words = link.scopes.split()
    yield from (f"The scopes lack {word}." for word in ("launch", "openid", "fhirUser") if word not in words)


def _key_problems(keys: object) -> Iterator[str]:
    rows = [row for row in (keys if isinstance(keys, list) else []) if isinstance(row, dict)]
    if not any(row.get("kid") and row.get("kty") in {"RSA", "EC"} for row in rows):
        yield f"Keys: it publishes no key with a kid for one of {', '.join(ALGORITHMS)}."
