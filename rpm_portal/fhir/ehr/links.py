"""Services for EHR links: register, change, and remove an account's binding."""

from datetime import datetime
from typing import TypedDict

from django.db import IntegrityError, transaction

from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused
from rpm_portal.fhir.ehr.models import EhrLink, EhrUser


class LinkSettings(TypedDict):
    """What an administrator may change of a link."""

    client_id: str
    client_secret: str
    scopes: str
    mrn_system: str
    npi_system: str
    email_domains: list[str]
    vouches_for_factor: bool
    is_on: bool


_CHANGED_FIELDS = tuple(LinkSettings.__annotations__)


def register_link(*, name: str, fhir_base: str, values: LinkSettings, by: Membership, now: datetime) -> EhrLink:
    """Register an EHR. Raises Refused if the name or the address is taken."""
    try:
        with transaction.atomic():
            link = EhrLink.objects.create(
                practice=by.practice, name=name, fhir_base=fhir_base, made_at=now, made_by=by.user, **values
            )
            record_change(link, "register_ehr_link", by=by, now=now, is_on=link.is_on)
    except IntegrityError:
        raise Refused("Another link of this practice has this name or this FHIR address.", field="fhir_base") from None
    return link


@transaction.atomic
def change_link(*, link: EhrLink, values: LinkSettings, has_no_secret: bool, by: Membership, now: datetime) -> EhrLink:
    """Change a link. An empty secret keeps the stored one unless `has_no_secret`. Switched off, its sessions end."""
    link = EhrLink.objects.select_for_update().get(pk=link.pk)
    secret = "" if has_no_secret else values["client_secret"] or link.client_secret
    new = {**values, "client_secret": secret}
    changed = sorted(field for field in _CHANGED_FIELDS if getattr(link, field) != new[field])
    for field in _CHANGED_FIELDS:
        setattr(link, field, new[field])
    # What the EHR publishes is read again.
    link.configuration_at = link.key_set_at = None
    link.save()
    record_change(link, "change_ehr_link", by=by, now=now, changed=changed, is_on=link.is_on)
    return link


@transaction.atomic
def unbind_account(*, link: EhrLink, account: int, by: Membership, now: datetime) -> None:
    """Remove the binding of an EHR's account; the next launch asks for the password again. Raises Refused."""
    row = EhrUser.objects.for_practice(link.practice_id).filter(link=link, pk=account).first()
    if row is None:
        raise Refused("This account is not bound any more.")
    row.delete()
    record_change(link, "unbind_ehr_user", by=by, now=now)
