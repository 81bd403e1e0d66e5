"""Panels: Observations whose values are components, or members that they contain."""

from monitoring.ingest.fhir.codes import PRESSURE, is_vital_signs_panel, metrics_of, parts_of

_PRESSURE_KINDS = {"systolic", "diastolic", "pulse", ""}


def with_members(resource: dict[str, object]) -> dict[str, object]:
    """An Observation with the members that it contains as its components, and a panel of a pressure as a pressure."""
    contained, members = resource.get("contained"), resource.get("hasMember")
    rows = [row for row in contained if isinstance(row, dict)] if isinstance(contained, list) else []
    refs = [row.get("reference") for row in members if isinstance(row, dict)] if isinstance(members, list) else []
    own = [row for row in rows if row.get("resourceType") == "Observation" and f"#{row.get('id')}" in refs]
    if own and "component" not in resource:
        resource = {**resource, "component": own}
    components = resource.get("component")
    kinds = [_kind(row) for row in components if isinstance(row, dict)] if isinstance(components, list) else []
    if is_vital_signs_panel(resource.get("code")) and {"systolic", "diastolic"} <= set(kinds) <= _PRESSURE_KINDS:
        resource = {**resource, "code": {"coding": [{"code": PRESSURE}]}}
    return resource


def _kind(component: dict[str, object]) -> str:
    """What a component measures: a part of a blood pressure, another measure that is stored, or nothing of the two."""
    code = component.get("code")
    return next(iter(sorted(parts_of(code)) or sorted(metrics_of(code))), "")
