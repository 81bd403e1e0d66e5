"""Practitioner resources: members of the practice with an NPI."""

from collections.abc import Sequence

from django.db.models import QuerySet

from enrollment.fhir import NPI
from rpm_portal.accounts.models import Membership
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, text_in, token_in
from rpm_portal.fhir.registry import ResourceType, public
from rpm_portal.fhir.tokens import Caller


def _rows(caller: Caller) -> QuerySet:
    return Membership.objects.filter(practice=caller.practice_id).exclude(npi="").select_related("user")


def _resource(row: Membership) -> JsonObject:
    resource: JsonObject = {
        "resourceType": "Practitioner",
        "id": row.public_id,
        "identifier": [{"system": NPI, "value": row.npi}],
        "active": row.ended_at is None and row.ends_on is None,
        "name": [{"use": "official", "family": row.user.family_name, "given": [row.user.given_name]}],
    }
    if row.credential:
        resource["qualification"] = [{"code": {"text": row.credential}}]
    return resource


def _resources(rows: Sequence[Membership]) -> list[JsonObject]:
    return [_resource(row) for row in rows]


PRACTITIONER = ResourceType(
    name="Practitioner",
    about="Members of the practice who have an NPI. Not active once a last day is set.",
    rows=_rows,
    find=public,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: None,
    parameters=(
        Parameter("identifier", "token", token_in("npi", system=NPI)),
        Parameter("family", "string", text_in("user__family_name")),
    ),
)
