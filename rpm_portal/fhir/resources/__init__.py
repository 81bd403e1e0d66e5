"""The resource types of this server, one module for each."""

from rpm_portal.fhir.registry import ResourceType
from rpm_portal.fhir.resources.alerts import TASK
from rpm_portal.fhir.resources.communications import COMMUNICATION
from rpm_portal.fhir.resources.consents import CONSENT
from rpm_portal.fhir.resources.coverages import COVERAGE
from rpm_portal.fhir.resources.devices import DEVICE
from rpm_portal.fhir.resources.documents import BINARY, DOCUMENT_REFERENCE
from rpm_portal.fhir.resources.encounters import ENCOUNTER
from rpm_portal.fhir.resources.observations import OBSERVATION
from rpm_portal.fhir.resources.orders import SERVICE_REQUEST
from rpm_portal.fhir.resources.patients import PATIENT
from rpm_portal.fhir.resources.practitioners import PRACTITIONER

TYPES: tuple[ResourceType, ...] = (
    PATIENT,
    OBSERVATION,
    DEVICE,
    COVERAGE,
    SERVICE_REQUEST,
    CONSENT,
    PRACTITIONER,
    ENCOUNTER,
    COMMUNICATION,
    TASK,
    DOCUMENT_REFERENCE,
    BINARY,
)
