"""Bodies of writes: what is read of a request, and what is given to the intake. No database access."""

import json

from monitoring.ingest import BadBody, parse_json
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject

# In a Bundle in place of an entry that is answered without the intake, so that the others keep their positions.
PLACEHOLDER: JsonObject = {"resourceType": "Basic"}


def parse_resource(body: bytes) -> JsonObject:
    """The resource of a body. Raises BadBody."""
    value = parse_json(body)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise BadBody("Send one FHIR resource, as a JSON object with its resourceType. Send several in a Bundle.")
    return value


def parse_observation(body: bytes) -> JsonObject:
    """The Observation of a body. Raises BadBody, or FhirError for another type."""
    resource = parse_resource(body)
    if resource["resourceType"] != "Observation":
        text = f"This address takes an Observation, and the body is a {str(resource['resourceType'])[:40]}."
        raise FhirError(400, Issue("invalid", text, expression="resourceType"))
    return resource


def to_bytes(resource: JsonObject) -> bytes:
    """A resource as the bytes of a body."""
    return json.dumps(resource, ensure_ascii=False).encode()


def body_of_update(own: str, resource: JsonObject) -> bytes:
    """The body that the intake reads as an update of one reading: a Bundle with one entry."""
    entry = {"request": {"method": "PUT", "url": f"Observation/{own}"}, "resource": resource}
    return to_bytes({"resourceType": "Bundle", "type": "batch", "entry": [entry]})
