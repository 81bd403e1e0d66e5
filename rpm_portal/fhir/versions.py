"""Versions of an Observation: reading one by its number, and the headers that name a version."""

from datetime import datetime

from django.db.models import Model
from django.utils.http import http_date

from monitoring.fhir import ReadingReferences, observation
from monitoring.readings.states import ReadingState, states_of
from rpm_portal.fhir.outcomes import JsonObject, not_found
from rpm_portal.fhir.registry import ResourceType
from rpm_portal.fhir.resources.observations import all_rows, first_row_of, of_reading
from rpm_portal.fhir.search import require
from rpm_portal.fhir.tokens import Caller


def states_visible(caller: Caller, own: str) -> list[ReadingState]:
    """The states of a reading that the caller sees; empty if it sees none."""
    first = first_row_of(own)
    return states_of(list(all_rows(caller).filter(of_reading(first)))) if first is not None else []


def read_version(caller: Caller, kind: ResourceType, own: str, number: str) -> tuple[JsonObject, Model]:
    """One version of an Observation, and its row. Raises FhirError."""
    require(caller, kind, "r")
    for state in states_visible(caller, own):
        if str(state.number) == number:
            return observation(state, ReadingReferences(caller.practice_id, [state.row])), state.row
    raise not_found(f"version of an {kind.name}")


def last_modified(moment: datetime) -> str:
    """A moment as the header Last-Modified has it."""
    return http_date(moment.timestamp())


def version_headers(resource: JsonObject) -> dict[str, str]:
    """ETag and Last-Modified of a resource, as far as it has a version."""
    meta = resource.get("meta")
    headers: dict[str, str] = {}
    if isinstance(meta, dict):
        if "versionId" in meta:
            headers["ETag"] = f'W/"{meta["versionId"]}"'
        if "lastUpdated" in meta:
            headers["Last-Modified"] = last_modified(datetime.fromisoformat(str(meta["lastUpdated"])))
    return headers
