"""Services for clients of the FHIR server: register, change, revoke."""

from datetime import datetime

from django.db import IntegrityError, transaction

from enrollment.models import Clinic
from monitoring.services import open_source
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Role
from rpm_portal.core.refusals import Refused
from rpm_portal.fhir.key_sets import parse_key_set
from rpm_portal.fhir.models import FhirClient
from rpm_portal.fhir.registry import registry
from rpm_portal.fhir.scopes import letters_by_type

_SAME_NAME = "Another client has this name. Choose another name."


def check_scopes(scopes: list[str], *, by: Membership) -> None:
    """Raises Refused for no scope, one that this server does not have, or one that only an administrator gives."""
    if not scopes:
        raise Refused("Choose at least one scope.", field="scopes")
    types = registry()
    for kind, letters in letters_by_type(scopes).items():
        if kind not in types or types[kind].scope_of or not letters <= set(types[kind].letters):
            raise Refused(f"This server has no scope {kind}.{''.join(sorted(letters))}.", field="scopes")
        if types[kind].is_restricted and by.role != Role.ADMIN:
            raise Refused(f"Only an administrator can give access to {kind}.", field="scopes")


def _check_clinics(clinics: list[int], *, practice_id: int) -> None:
    known = Clinic.objects.for_practice(practice_id).filter(pk__in=clinics).count()
    if known != len(set(clinics)):
        raise Refused("Choose clinics of this practice.", field="clinics")


def register_client(
    *, name: str, jwks: str, scopes: list[str], clinics: list[int], per_minute: int, by: Membership, now: datetime
) -> FhirClient:
    """Register a client with its public keys, and the source through which it writes. Raises Refused."""
    keys = parse_key_set(jwks)
    check_scopes(scopes, by=by)
    _check_clinics(clinics, practice_id=by.practice_id)
    try:
        with transaction.atomic():
            # Nobody gets the key of this source.
            source, _ = open_source(practice=by.practice, name=name, shape="fhir", now=now, by=by.user)
            client = FhirClient.objects.create(
                practice=by.practice,
                name=name,
                source=source,
                jwks=keys,
                scopes=scopes,
                clinics=clinics,
                per_minute=per_minute,
                made_at=now,
                made_by=by.user,
            )
            record_change(client, "register_fhir_client", by=by, now=now, scopes=scopes, clinics=len(clinics))
    except IntegrityError:
        raise Refused(_SAME_NAME, field="name") from None
    return client


@transaction.atomic
def change_client(
    *,
    client: FhirClient,
    jwks: str,
    scopes: list[str],
    clinics: list[int],
    per_minute: int,
    by: Membership,
    now: datetime,
) -> FhirClient:
    """Change keys, scopes, clinics and rate. An empty `jwks` keeps the keys. Tokens end, so it counts at once.

    Raises Refused.
    """
    client = FhirClient.objects.select_for_update().get(pk=client.pk)
    if client.revoked_at is not None:
        raise Refused("This client was revoked already. Register a new one.")
    check_scopes(scopes, by=by)
    _check_clinics(clinics, practice_id=client.practice_id)
    if jwks:
        client.jwks = parse_key_set(jwks)
    client.scopes, client.clinics, client.per_minute = scopes, clinics, per_minute
    client.save(update_fields=["jwks", "scopes", "clinics", "per_minute"])
    client.tokens.all().delete()
    changes = {"scopes": scopes, "clinics": len(clinics), "new_keys": bool(jwks)}
    record_change(client, "change_fhir_client", by=by, now=now, **changes)
    return client


@transaction.atomic
def revoke_client(*, client: FhirClient, by: Membership, now: datetime) -> FhirClient:
    """Revoke a client and its source at once. What it wrote stays. Raises Refused."""
    client = FhirClient.objects.select_for_update().select_related("source").get(pk=client.pk)
    if client.revoked_at is not None:
        raise Refused("This client was revoked already.")
    client.revoked_at, client.revoked_by = now, by.user
    client.save(update_fields=["revoked_at", "revoked_by"])
    client.tokens.all().delete()
    if client.source.revoked_at is None:
        client.source.revoked_at, client.source.revoked_by = now, by.user
        client.source.save(update_fields=["revoked_at", "revoked_by"])
    record_change(client, "revoke_fhir_client", by=by, now=now)
    return client
