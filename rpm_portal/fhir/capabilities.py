"""What the server can do: the CapabilityStatement and the SMART configuration. No database access."""

from rpm_portal.fhir.key_sets import KEY_TYPES
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.registry import ResourceType
from rpm_portal.fhir.search import SETTLED_AFTER

FHIR_VERSION = "4.0.1"
PUBLISHED_ON = "2026-12-01"
_SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def capability_statement(types: list[ResourceType], *, base: str) -> JsonObject:
    """The CapabilityStatement. Without OAuth addresses: a client that finds one there waits for a person to sign in."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED_ON,
        "kind": "instance",
        "implementation": {"description": "RPM Portal", "url": base},
        "software": {"name": "RPM Portal"},
        "fhirVersion": FHIR_VERSION,
        "format": ["json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": (
                    "Send searches with names or birth dates as POST [type]/_search. A search with _lastUpdated "
                    f"returns nothing of the last {SETTLED_AFTER.seconds} seconds."
                ),
                "security": {
                    "service": [{"coding": [{"system": _SECURITY_SERVICE, "code": "SMART-on-FHIR"}]}],
                    "description": "SMART Backend Services; see .well-known/smart-configuration.",
                },
                "resource": [_resource(kind) for kind in types],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
            }
        ],
    }


def _resource(kind: ResourceType) -> JsonObject:
    codes = ["read"]
    codes += ["search-type"] if kind.is_searched else []
    codes += ["vread", "create", "update"] if kind.is_created else []
    resource: JsonObject = {
        "type": kind.name,
        "documentation": kind.about,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned" if kind.is_created else "no-version",
        "conditionalCreate": kind.is_created,
        "updateCreate": False,
    }
    if kind.includes:
        resource["searchInclude"] = sorted(kind.includes)
    if kind.is_searched:
        names = [("_id", "token"), *((row.name, row.kind) for row in kind.parameters)]
        names += [("_lastUpdated", "date")] if kind.updated else []
        resource["searchParam"] = [{"name": name, "type": form} for name, form in names]
    return resource


def smart_configuration(types: list[ResourceType], *, token_url: str) -> JsonObject:
    """The SMART configuration of a server with Backend Services only."""
    return {
        "token_endpoint": token_url,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(KEY_TYPES),
        "scopes_supported": [f"system/{kind.name}.{kind.letters}" for kind in types if not kind.scope_of],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }
