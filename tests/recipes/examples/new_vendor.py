"""Recipe 1: a vendor of spirometers and thermometers that does not exist."""

from tests.recipes.workspace import Workspace

HEADING = "Recipe 1: a new device vendor"
TESTS = (
    "tests/monitoring/ingest/vendors/test_fixtures.py",
    "tests/monitoring/ingest/vendors/test_hostile_bodies.py",
    "tests/monitoring/ingest/test_simulated.py",
    "tests/monitoring/ingest/test_registry.py",
    "tests/monitoring/views/test_api.py",
    "tests/test_access.py",
)

_MODULE = '''"""Parser for webhooks of Breezy thermometers and spirometers (invented)."""

from datetime import datetime
from typing import Any

from monitoring.ingest.openapi import MOMENT, NUMBER, TEXT, object_schema, request_body
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import measured_second
from monitoring.ingest.units import UnknownUnit, number, unit_for
from monitoring.ingest.values import ContactEntry, Entry, Measurement, NoReading, RefusedEntry, checked, value_of
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor


def parse(body: Any, units: Units) -> list[Entry]:
    """The event of one device. Raises BadBody for anything else."""
    if not isinstance(body, dict) or not isinstance(body.get("unit_id"), str) or not body["unit_id"]:
        raise BadBody("Send an object with unit_id.")
    serial, kind = body["unit_id"][:60], body.get("kind")
    if kind == "demo":
        return [NoReading("A demo event.")]
    try:
        moment = measured_second(body.get("at"))
    except ValueError:
        return [RefusedEntry(body, "unreadable", "at must be a moment with its offset from UTC.", serial)]
    contact = ContactEntry(serial, moment)
    if kind == "ping":
        return [contact]
    try:
        if kind == "spiro":
            pairs = [value_of("peak_flow", body.get("pef"), "L/min"), (number(body.get("fev1", 0)), "")]
            metric = "peak_flow"
        elif kind == "temp":
            metric = "temperature"
            pairs = [value_of(metric, body.get("t"), unit_for(metric, body.get("t"), body.get("scale"), units))]
        else:
            return [RefusedEntry(body, "unreadable", "The kind is not understood.", serial), contact]
    except UnknownUnit as error:
        return [RefusedEntry(body, "unknown_unit", str(error), serial), contact]
    except ValueError:
        return [RefusedEntry(body, "unreadable", "pef, fev1 and t must be numbers.", serial), contact]
    values, bounds = zip(*pairs, strict=True)
    return [checked(Measurement(serial, metric, moment, values, bounds=bounds), body), contact]


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, Any]:
    """The body with which Breezy would send a measurement."""
    if metric == "peak_flow":
        return {"unit_id": serial, "at": at.isoformat(), "kind": "spiro", "pef": values[0]}
    return {"unit_id": serial, "at": at.isoformat(), "kind": "temp", "t": values[0], "scale": "C"}


VENDOR = Vendor(
    shape="breezy",
    label="Breezy",
    parse=parse,
    unit_settings=("temperature",),
    operations=(
        ApiOperation(
            path="breezy/",
            url_name="breezy",
            summary="Breezy",
            description="Take in an event of a Breezy device.",
            request_body=request_body(
                object_schema({"unit_id": TEXT, "kind": TEXT, "at": MOMENT, "pef": NUMBER}, "unit_id"),
                {"unit_id": "AS-1", "kind": "spiro", "at": "2026-11-21T08:14:00-06:00", "pef": 410, "fev1": 2.8},
            ),
        ),
    ),
    simulate=simulate,
    metrics=("peak_flow", "temperature"),
    contacts=("ping",),
)
'''
_FIXTURE = """[
 {"name": "a spirometer", "body": {"unit_id": "AS-1", "kind": "spiro", "at": "2026-06-01T08:00:00-05:00", "pef": 410, "fev1": 2.8},
  "entries": ["peak_flow 410/2.8 of AS-1 at 2026-06-01T08:00:00-05:00", "contact of AS-1"]},
 {"name": "a temperature without a unit", "body": {"unit_id": "AS-1", "kind": "temp", "at": "2026-06-01T08:00:00-05:00", "t": 98.6},
  "entries": ["refused unknown_unit: No unit of temperature was sent. Choose it on the source, then try again.", "contact of AS-1"]},
 {"name": "a temperature, the source in Fahrenheit", "body": {"unit_id": "AS-1", "kind": "temp", "at": "2026-06-01T08:00:00-05:00", "t": 98.6}, "units": {"temperature": "[degF]"},
  "entries": ["temperature 37 of AS-1 at 2026-06-01T08:00:00-05:00", "contact of AS-1"]},
 {"name": "a ping", "body": {"unit_id": "AS-1", "kind": "ping", "at": "2026-06-01T08:00:00-05:00"}, "entries": ["contact of AS-1"]},
 {"name": "a demo", "body": {"unit_id": "AS-1", "kind": "demo"}, "entries": ["no reading: A demo event."]},
 {"name": "no offset", "body": {"unit_id": "AS-1", "kind": "ping", "at": "2026-06-01T08:00:00"}, "entries": ["refused unreadable: at must be a moment with its offset from UTC."]},
 {"name": "no device", "body": {}, "entries": ["bad body: Send an object with unit_id."]}
]
"""


def add(workspace: Workspace) -> None:
    """Add the module and its fixture, and write the generated files again."""
    workspace.create("monitoring/ingest/vendors/breezy.py", _MODULE)
    workspace.create("tests/monitoring/ingest/vendors/fixtures/breezy.json", _FIXTURE)
    workspace.run("manage.py", "describe_api", into="docs/openapi.json")
    workspace.run("manage.py", "describe_vendors", into="docs/vendors.md")
    workspace.insert("CHANGELOG.md", after="### Added\n", text="\n- An example vendor.\n")
    workspace.run("-m", "ruff", "format", "--quiet", "monitoring/ingest/vendors/breezy.py")
